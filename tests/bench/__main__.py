"""Runs the benchmark; see README.md."""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import structlog
import uvloop
from rich.console import Console

from tests.bench import adapters, alm_jobs, first_sync, idle_peers, management, report, rules
from tests.bench.engines import EMBEDDED, SERVERS, started
from tests.bench.field import open_field
from tests.bench.figures import FULL, QUICK, Figures, measure

LONGEST = 1_200.0
"""Seconds for one way to run, whatever happens."""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        description="Measures two nodes with simulated trackers. The table goes to standard error, "
        "the JSON to standard output.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer issues and samples")
    parser.add_argument(
        "--engine", choices=(EMBEDDED, SERVERS), action="append", help="only this way to run"
    )
    parser.add_argument(
        "--only",
        choices=("idle-peers", "management", "alm", "adapters", "first-sync", "rules"),
        help="100 connections to 20 peers at rest, the management API, jobs of ALM connections,"
        " what each adapter's calls cost, the first sync of 10,000 issues, or rules; and no more",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="the JSON goes to this file")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep data and logs here")
    return parser.parse_args(arguments)


async def run(
    engines: list[str], quick: bool, folder: Path, console: Console
) -> dict[str, Figures]:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    size = QUICK if quick else FULL
    found = {}
    for name in engines:
        began = time.monotonic()

        def tell(line: str, name: str = name, began: float = began) -> None:
            console.print(f"{name} {time.monotonic() - began:5.0f} s  {line}", highlight=False)

        place = folder / name
        place.mkdir(parents=True)
        async with asyncio.timeout(LONGEST):
            with started(name) as engine:
                async with open_field(engine, place, size.issues, tell) as field:
                    found[name] = await measure(field, engine, size, tell)
    return found


def main() -> int:
    given = parse(sys.argv[1:])
    console = Console(stderr=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if given.only == "management":
        return managed(given, console)
    if given.only == "adapters":
        return adapted(given, console)
    if given.only == "first-sync":
        return synced(given, console)
    if given.only == "alm":
        return jobs(given, console)
    if given.only == "rules":
        return ruled(given, console)
    if given.only:
        return idle(given, console)
    engines = given.engine or [EMBEDDED, SERVERS]
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as scratch:
        folder = (given.keep or Path(scratch)).resolve()
        try:
            found = uvloop.run(run(engines, given.quick, folder, console))
        except (asyncio.CancelledError, KeyboardInterrupt):
            return 130
    report.show(found, console)
    write(report.document(found), given)
    return 0


def idle(given: argparse.Namespace, console: Console) -> int:
    plan = idle_peers.QUICK if given.quick else idle_peers.FULL
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as scratch:
        folder = (given.keep or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        found = uvloop.run(idle_peers.measure(plan, folder))
    idle_peers.show(found, console)
    write(found, given)
    return 0


def managed(given: argparse.Namespace, console: Console) -> int:
    plan = management.QUICK if given.quick else management.FULL
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as scratch:
        found = uvloop.run(management.measure(plan, Path(scratch)))
    management.show(found, console)
    write(found, given)
    return 0


def adapted(given: argparse.Namespace, console: Console) -> int:
    found = uvloop.run(adapters.measure(40 if given.quick else 200))
    adapters.show(found, console)
    write(found, given)
    return 0


def synced(given: argparse.Namespace, console: Console) -> int:
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as scratch:
        issues = 500 if given.quick else 10_000
        found = uvloop.run(first_sync.measure(issues, Path(scratch)))
    first_sync.show(found, console)
    write(found, given)
    return 0


def jobs(given: argparse.Namespace, console: Console) -> int:
    plan = alm_jobs.QUICK if given.quick else alm_jobs.FULL
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as scratch:
        found = uvloop.run(alm_jobs.measure(plan, Path(scratch)))
    alm_jobs.show(found, console)
    write(found, given)
    return 0


def ruled(given: argparse.Namespace, console: Console) -> int:
    found = uvloop.run(rules.measure(rules.QUICK if given.quick else rules.FULL))
    rules.show(found, console)
    write(found, given)
    return 0


def write(document: object, given: argparse.Namespace) -> None:
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    if given.json:
        given.json.write_bytes(text + b"\n")
    else:
        sys.stdout.buffer.write(text + b"\n")


if __name__ == "__main__":
    sys.exit(main())

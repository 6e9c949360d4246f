"""Prints what arrives between every two systems; see README.md."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import msgspec
import structlog

from tests.pairs import table
from tests.pairs.campaign import campaign
from tests.pairs.systems import PAIRS, SITES
from tests.pairs.tour import Trip, trips


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/pairs/run",
        description="An issue with everything goes from each simulated tracker to each other one.",
    )
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help="only pairs of these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every finding with its reason")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="the table as Markdown")
    parser.add_argument(
        "--accidents", action="store_true", help="cut off each write of each receiver instead"
    )
    given = parser.parse_args(arguments)
    if unknown := set(given.systems) - SITES.keys():
        parser.error(f"no such system: {', '.join(sorted(unknown))}; there are {', '.join(SITES)}")
    return given


async def travel(systems: list[str]) -> list[Trip]:
    wanted = [pair for pair in PAIRS if not systems or set(pair) <= set(systems)]
    found = []
    async for trip in trips(wanted):
        print(f"{trip.sender} → {trip.receiver}", file=sys.stderr)
        found.append(trip)
    return found


async def survive(systems: list[str]) -> bool:
    whole = True
    async for told in campaign(systems or list(SITES)):
        print(f"{told.receiver}: {told.writes} writes, {told.accidents} accidents,", end=" ")
        print(f"{len(told.wrong)} wrong", *told.wrong, sep="\n    ", flush=True)
        whole = whole and not told.wrong
    return whole


def main() -> int:
    given = parse(sys.argv[1:])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if given.accidents:
        return 0 if asyncio.run(survive(given.systems)) else 1
    found = asyncio.run(travel(given.systems))
    print(table.text(found))
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(table.document(found))))
    if given.markdown:
        given.markdown.write_text(table.markdown(found))
    return 1 if any(trip.broken for trip in found) else 0


if __name__ == "__main__":
    sys.exit(main())

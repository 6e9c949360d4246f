"""A node that is killed in the middle of a large file: after its restart the rest goes, not all."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from service.quickstart.stage import Stage
from tests.e2e.companies import companies, eventually, people
from tests.e2e.people import Alice, Bob, expected_fingerprint

SIZE = 50_000_000
ENOUGH = 4 << 20
TRIES = 5
"""A file may be through before it is caught on its way."""


class Both(msgspec.Struct, frozen=True):
    stage: Stage
    alice: Alice
    bob: Bob


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Both]:
    async with companies(tmp_path_factory.mktemp("r")) as stage, people(stage) as (alice, bob):
        yield Both(stage, alice, bob)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("killed", ["lagoon", "harbor"], ids=["who asks", "who gives"])
async def test_a_killed_node_goes_on_where_it_was(both: Both, killed: str) -> None:
    stage, alice, bob = both.stage, both.alice, both.bob
    title = f"Large, {killed} is killed"
    key = await alice.create(title, "A large file comes.")
    item = await eventually(lambda: _titled(bob, title), "at Bob's", stage=stage)
    name, kept = await _killed_on_the_way(stage, alice, key, killed)
    await _start(stage, killed)
    await eventually(lambda: _has_file(bob, item, name), name, seconds=120)
    expected = await asyncio.to_thread(expected_fingerprint, SIZE)
    assert await bob.fingerprint(item, name) == expected
    resumed = [line["resumed_at"] for line in _arrivals(stage.folder)][-1]
    print(f"{killed} killed after {kept:,} of {SIZE:,} bytes; went on at {resumed:,}")
    assert resumed >= kept
    assert not [*stage.folder.glob("lagoon/attachments/*")], "a content was left behind"


async def _killed_on_the_way(stage: Stage, alice: Alice, key: str, killed: str) -> tuple[str, int]:
    """The file, and how much of it Lagoon has."""
    parts = stage.folder / "lagoon" / "attachments"
    for attempt in range(TRIES):
        name = f"{killed}-{attempt}.bin"
        before = len(_arrivals(stage.folder))
        await alice.attach_large(key, name, SIZE)
        while len(_arrivals(stage.folder)) == before:
            if max(map(_size, parts.glob("*.part")), default=0) >= ENOUGH:
                await _kill(stage, killed)
                left = max(map(_size, parts.glob("*.part")), default=0)
                if left:
                    return name, left
                raise AssertionError("The file was through when the node was killed.")
            await asyncio.sleep(0.001)
    raise AssertionError(f"No file of {SIZE} bytes could be caught on its way.")


async def _kill(stage: Stage, name: str) -> None:
    """Stopped first, so that what is measured is what is left."""
    process = stage.processes.running(name)
    process.send_signal(signal.SIGSTOP)
    process.kill()
    await process.wait()
    stage.processes.forget(process)


async def _start(stage: Stage, name: str) -> None:
    config = str(stage.folder / f"{name}.toml")
    command = (sys.executable, "-m", "service.cli", "run", "--config", config)
    await stage.processes.start(name, *command)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _arrivals(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "lagoon.log").read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if '"attachment.arrived"' in line]


async def _titled(bob: Bob, title: str) -> str | None:
    for key in await bob.keys():
        if (await bob.look(key)).summary == title:
            return key
    return None


async def _has_file(bob: Bob, item: str, name: str) -> bool:
    return name in [file for file, _ in (await bob.look(item)).attachments]

"""A proxy of the private company cuts whoever waits ten seconds for an answer."""

import time
from pathlib import Path

import msgspec

from tests.e2e.companies import eventually
from tests.e2e.people import Alice, Bob
from tests.e2e.rig import Rig, open_rig
from tests.support.ports import free_port
from tests.support.proxy import FaultProxy

PATIENCE = 10.0


class Cut(msgspec.Struct, frozen=True):
    cuts: int
    """Until requests were held for a shorter time."""
    took: list[float]
    """Seconds until an edit was seen on the private side."""


async def edited_through_cuts(folder: Path) -> Cut:
    """Edits before, and after the node has noticed that its requests are cut."""
    lagoon_port = free_port()
    async with FaultProxy(lagoon_port) as proxy:
        proxy.patience = PATIENCE
        async with open_rig(
            folder, lagoon_port=lagoon_port, public_port=proxy.port, settle_ms=0
        ) as rig:
            item = await rig.bob.create("Written in Azure DevOps", "")
            key = await eventually(lambda: _titled(rig.alice, "Written in Azure DevOps"), "there")
            took = [await _news(rig, item, key, f"Before the cut {n}") for n in range(3)]
            # Nobody edits: the first held request is cut, and the next.
            await eventually(lambda: _shorter(rig), "shorter holds", seconds=45, pause=0.2)
            cuts = proxy.cuts
            took += [await _news(rig, item, key, f"After the cut {n}") for n in range(5)]
            await _attachments(rig, item, key)
            return Cut(cuts, took)


async def _news(rig: Rig, item: str, key: str, summary: str) -> float:
    await rig.bob.rename(item, summary)
    began = time.monotonic()
    await eventually(lambda: _is(rig.alice, key, summary), summary)
    return time.monotonic() - began


async def _attachments(rig: Rig, item: str, key: str) -> None:
    await rig.bob.attach(item, "from-azure.bin", bytes(300_000))
    await rig.alice.attach(key, "from-jira.bin", bytes(200_000))
    await eventually(lambda: _has(rig.alice, key, "from-azure.bin"), "at Alice's")
    await eventually(lambda: _has(rig.bob, item, "from-jira.bin"), "at Bob's")


async def _titled(alice: Alice, title: str) -> str | None:
    for key in await alice.keys():
        if await _is(alice, key, title):
            return key
    return None


async def _is(alice: Alice, key: str, summary: str) -> bool:
    return (await alice.look(key)).summary == summary


async def _has(person: Alice | Bob, key: str, name: str) -> bool:
    return name in [file for file, _ in (await person.look(key)).attachments]


async def _shorter(rig: Rig) -> bool:
    log = (rig.stage.folder / "harbor.log").read_text()
    return '"peer.polls_cut"' in log

"""A node's folder is put back from a backup, or copied and run twice."""

import asyncio
import shutil
from pathlib import Path

import msgspec

from service.quickstart.admin import Admin
from tests.e2e.chaos.stage import NodeProcess
from tests.e2e.companies import CONNECTION, eventually
from tests.e2e.keepers import Keepers, keepers
from tests.e2e.terminal import Terminal
from tests.support.ports import free_port

DOUBT = "probation_seconds = 2.0\n"


class Seen(msgspec.Struct, frozen=True):
    """What both trackers hold: a double would be one more."""

    issues: tuple[int, int]
    parts: tuple[tuple[int, int], tuple[int, int]]
    """Comments and attachments of the first issue."""


async def seen(at: Keepers) -> Seen:
    alice, bob = at.rig.alice, at.rig.bob
    here, there = await alice.look(at.issue), await bob.look(at.work_item)
    return Seen(
        (len(await alice.keys()), len(await bob.keys())),
        (
            (len(here.comments), len(here.attachments)),
            (len(there.comments), len(there.attachments)),
        ),
    )


async def becomes(at: Keepers, wanted: Seen) -> None:
    async def look() -> bool:
        return await seen(at) == wanted

    try:
        await eventually(look, "both trackers hold the same", stage=at.rig.stage, seconds=40)
    except AssertionError as error:
        raise AssertionError(f"{await seen(at)} is not {wanted}") from error


async def test_a_restored_node_goes_on_without_a_double(folder: Path) -> None:
    async with keepers(folder, DOUBT) as at:
        data, backup = folder / "harbor", folder / "backup"
        await at.rig.harbor.stop()
        await asyncio.to_thread(copy_folder, data, backup)
        await at.rig.harbor.start()
        await at.rig.wait_until_ready()
        full = await forgotten_work(at)

        await at.rig.harbor.stop()
        await asyncio.to_thread(shutil.rmtree, data)
        await asyncio.to_thread(copy_folder, backup, data)
        await at.rig.alice.rename(at.issue, "after the restore")
        await at.rig.harbor.start()
        await at.rig.wait_until_ready()
        await at.harbor("sync", at.issue, "--connection", CONNECTION)
        await at.arrives("after the restore")
        await at.travels("once more")
        await becomes(at, full)
        for terminal, event in ((at.harbor, "node.restored"), (at.lagoon, "peer.restored")):
            noted = (await terminal("activity"))["results"]
            assert event in [each["event"] for each in noted]
        notes = (await at.harbor("activity"))["results"]
        assert {"event": "files.known_again", "files": ["theirs.txt"]} in [
            note for each in notes for note in each["detail"].get("notes", ())
        ]
        for terminal in (at.harbor, at.lagoon):
            assert (await terminal("errors", "list"))["results"] == []


async def forgotten_work(at: Keepers) -> Seen:
    """What the backup does not have: issues of both sides, words and a file."""
    alice, bob = at.rig.alice, at.rig.bob
    await alice.create("late", "words")
    await bob.create("theirs", "words")
    await alice.comment(at.issue, "a word")
    await bob.comment(at.work_item, "from afar")
    await alice.attach(at.issue, "notes.txt", b"content")
    await bob.attach(at.work_item, "theirs.txt", b"other content")
    full = Seen((3, 3), ((2, 2), (2, 2)))
    await becomes(at, full)
    return full


async def test_two_copies_stop_and_the_one_that_is_claimed_goes_on(folder: Path) -> None:
    async with keepers(folder) as at:
        await at.rig.harbor.stop()
        await asyncio.to_thread(copy_folder, folder / "harbor", folder / "copy")
        await at.rig.harbor.start()
        await at.rig.wait_until_ready()
        await at.travels("after its restart")
        config = await asyncio.to_thread(config_of_copy, folder)
        copy = NodeProcess("harbor", config, folder / "copy.log")
        await copy.start()
        try:
            async with Admin("copy", folder / "copy" / "tidegate.sock") as admin:
                await admin.wait_until_ready(at.rig.stage.processes)
            await two_copies(at, Terminal(config))
        finally:
            await copy.stop()


async def two_copies(at: Keepers, copy: Terminal) -> None:
    for terminal in (copy, at.harbor):
        halted = await terminal.becomes(CONNECTION, "broken")
        assert "tidegate node claim" in halted["reason"]
        await warned(terminal, "peer:lagoon", "two copies of this node")
    assert (await at.lagoon("peer", "show", "harbor"))["state"] == "forked"
    await warned(at.lagoon, "peer:harbor", "Two copies of it run")
    await at.harbor("node", "claim")
    await at.harbor.becomes(CONNECTION, "active")
    await at.travels("claimed")
    assert "state" not in await at.lagoon("peer", "show", "harbor"), "trusted is left out"
    assert (await copy.show(CONNECTION))["status"] == "broken"


async def warned(terminal: Terminal, check: str, words: str) -> None:
    async def look() -> bool:
        found = (await terminal("health"))["checks"].get(check, [])
        return any(each["status"] == "warn" and words in each["output"] for each in found)

    await eventually(look, f"{check}: {words} is told in {terminal.config}", seconds=30)


def copy_folder(source: Path, to: Path) -> None:
    """As a backup tool does of a node that rests; its socket is none of it."""
    shutil.copytree(source, to, ignore=shutil.ignore_patterns("*.sock"))


def config_of_copy(folder: Path) -> Path:
    """The same node in another place, at a port of its own."""
    text = (folder / "harbor.toml").read_text()
    address = next(line for line in text.splitlines() if line.startswith("address"))
    text = text.replace(address, f'address = "127.0.0.1:{free_port()}"')
    text = text.replace(f'data = "{folder}/harbor"', f'data = "{folder}/copy"')
    config = folder / "copy.toml"
    config.write_text(text)
    return config

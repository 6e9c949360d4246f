"""Two companies of which neither can be reached: their issues go through a relay."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.quickstart.people import Person
from tests.e2e.companies import eventually
from tests.e2e.meeting import Meeting, meeting

SUMMARY = "Pumpe klemmt: SECRETWORD-Öl 🛢️"
COMMENT = "SECRETWORD: wer weiß mehr?"
SHOUTING = """def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary.upper())
"""
FILE = b"SECRETWORD in a file. " * 200_000


@pytest.fixture
async def stage(folder: Path) -> AsyncIterator[Meeting]:
    async with meeting(folder) as opened:
        yield opened


async def test_two_private_companies_sync_through_a_relay(stage: Meeting) -> None:
    here, there = await stage.pair()
    assert (here["status"], there["status"]) == ("active", "active")
    assert here["check"]
    assert here["check"] == there["check"]
    assert here["type"] == there["type"] == "private"
    assert here["via"] == there["via"] == stage.relay_url.removeprefix("http://")

    key = await stage.jira.create(SUMMARY, "SECRETWORD in the description")
    item = await eventually(lambda: _titled(stage.azure, SUMMARY), "at the other side")
    await _talk(stage, stage.jira, key, stage.azure, item)
    await _talk(stage, stage.azure, item, stage.jira, key)
    await _latency(stage, key, item)

    await _asks(stage, key)

    await stage.kill_relay()
    await stage.jira.rename(key, SUMMARY + " noch immer")
    await stage.start_relay()
    await eventually(lambda: _is_titled(stage.azure, item, SUMMARY + " noch immer"), "a restart")

    _check_that_the_relay_knows_nothing(stage)
    (shown,) = (await stage.cli("relay", "relay", "pass", "list"))["results"]
    assert (shown["name"], shown["channels"], shown["status"]) == ("harbor", 1, "active")
    assert 0 < shown["used"] < 1_000_000
    await _revoked(stage)


async def _revoked(stage: Meeting) -> None:
    """It ends all, and health says why."""
    await stage.cli("relay", "relay", "pass", "revoke", "harbor")
    await stage.jira.create("Never leaves", "")

    async def told() -> bool:
        report = await stage.cli("harbor", "health")
        return "pass for this relay is revoked" in str(report)

    await eventually(told, "health", pause=0.5)


async def _talk(stage: Meeting, person: Person, mine: str, other: Person, theirs: str) -> None:
    name = f"{mine}.bin"
    await person.comment(mine, f"{COMMENT} {mine}")
    await person.attach(mine, name, FILE)

    async def arrived() -> bool:
        seen = await other.look(theirs)
        commented = any(COMMENT in text and mine in text for text in seen.comments)
        return commented and any(found == name for found, _ in seen.attachments)

    await eventually(arrived, f"comment and file of {mine}", pause=0.1)
    assert await other.fetch(theirs, name) == FILE


async def _latency(stage: Meeting, key: str, item: str) -> None:
    taken = []
    for number in range(10):
        began = time.monotonic()
        await stage.jira.rename(key, f"{SUMMARY} {number}")
        await eventually(
            lambda number=number: _is_titled(stage.azure, item, f"{SUMMARY} {number}"), "a title"
        )
        taken.append(time.monotonic() - began)
    taken.sort()
    print(f"through the relay: median {taken[5] * 1000:.0f} ms, slowest {taken[-1] * 1000:.0f} ms")
    assert taken[5] < 5


async def _asks(stage: Meeting, key: str) -> None:
    """What the other side would write, which the relay may not read either."""
    (shown,) = (await stage.cli("harbor", "connection", "list"))["results"]
    name = shown["name"]
    await stage.cli("lagoon", "connection", "set", name, "--answers-dry-runs", "yes")
    rule = stage.database("harbor").parent / "outgoing.py"
    rule.write_text(SHOUTING)
    began = time.monotonic()
    run = await stage.cli(
        "harbor", "rules", "dry-run", name, key, "--outgoing", str(rule), "--there"
    )
    assert time.monotonic() - began < 10
    (write,) = run["there"]["writes"]
    assert write["call"] == "update"
    assert write["detail"]["set"]["summary"].startswith("PUMPE KLEMMT: SECRETWORD")


def _check_that_the_relay_knows_nothing(stage: Meeting) -> None:
    database = stage.database("relay")
    stored = b"".join(path.read_bytes() for path in database.parent.glob("*") if path.is_file())
    assert b"relay_channels" in stored
    for word in (b"SECRETWORD", b"Pumpe", b"HARBOR", b"Lagoon", b"harbor-lagoon"):
        assert word not in stored, word


async def _titled(person: Person, summary: str) -> str | None:
    for key in await person.keys():
        if (await person.look(key)).summary == summary:
            return key
    return None


async def _is_titled(person: Person, key: str, summary: str) -> bool:
    return (await person.look(key)).summary == summary

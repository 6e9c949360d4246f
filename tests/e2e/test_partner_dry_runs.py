"""Each company asks the other's node what it would write: refused until the admin there allows it,
then exactly what later happens. Asking writes nothing on either side."""

import time
from pathlib import Path
from typing import Any

import msgspec

from tests.e2e.companies import CONNECTION, eventually
from tests.e2e.people import Alice, Bob
from tests.e2e.rig import open_rig
from tests.e2e.terminal import Terminal
from tests.support.ports import free_port

LOUD = """def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary.upper(), description=issue.description)
"""
QUIET = LOUD.replace("upper", "lower")
PLAIN = LOUD.replace(".upper()", "")
STRICT = """def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    stop("Ask Bob first.")
"""
QUICK = 10.0
"""Seconds: an answer comes by the held request of the private side, not at its next interval."""


class Desk(msgspec.Struct, frozen=True):
    """One company: its admin, who works in its tracker, and the issue there."""

    admin: Terminal
    person: Alice | Bob
    issue: str
    folder: Path

    async def tries(self, rule: str, file: str = "outgoing") -> tuple[str, ...]:
        path = self.folder / f"{file}.py"
        path.write_text(rule)
        return ("rules", "dry-run", CONNECTION, self.issue, f"--{file}", str(path), "--there")

    async def seen(self) -> list[Any]:
        """All that a sync would change here, or note."""
        twins = (await self.admin("twins"))["results"]
        page = await self.admin("activity", "--page-size", "200")
        events = [each for each in page["results"] if not each["event"].startswith("dry_run.")]
        return [
            await self.person.look(self.issue),
            [(each["id"], each["status"], each["version"]) for each in twins],
            events,
        ]

    async def told(self, event: str) -> list[Any]:
        page = await self.admin("activity", "--page-size", "200")
        return [each for each in page["results"] if each["event"] == event]


async def test_a_partner_shows_what_it_would_write_if_it_wants_to(folder: Path) -> None:
    port = free_port()
    async with open_rig(folder, lagoon_port=port, public_port=port, settle_ms=0) as rig:
        admins = [Terminal(folder / f"{name}.toml") for name in ("harbor", "lagoon")]
        for admin in admins:
            await publish(admin, folder, PLAIN)
        key = await rig.alice.create("Pump leaks", "At night.")
        item = await eventually(lambda: titled(rig.bob, "Pump leaks"), "at Bob's")
        harbor, lagoon = (
            Desk(admin, person, issue, folder)
            for admin, person, issue in zip(admins, (rig.alice, rig.bob), (key, item), strict=True)
        )
        await eventually(lambda: at_rest(harbor, lagoon), "both sides confirmed")
        await agree(harbor, lagoon, LOUD, "PUMP LEAKS")
        await agree(lagoon, harbor, QUIET, "pump leaks")
        await fails_there(harbor, lagoon)


async def publish(admin: Terminal, folder: Path, rule: str, file: str = "outgoing") -> None:
    path = folder / f"{file}.py"
    path.write_text(rule)
    await admin("rules", "draft", CONNECTION, f"--{file}", str(path))
    await admin("rules", "publish", CONNECTION)


async def agree(asker: Desk, answerer: Desk, rule: str, title: str) -> None:
    before = [await desk.seen() for desk in (asker, answerer)]
    refused = await asker.admin.refuses(*await asker.tries(rule))
    assert refused == "The other side does not answer dry runs."
    allowed = await answerer.admin("connection", "set", CONNECTION, "--answers-dry-runs", "yes")
    assert allowed["settings"]["answers_dry_runs"] is True
    began = time.monotonic()
    run = await asker.admin(*await asker.tries(rule))
    assert time.monotonic() - began < QUICK
    assert [await desk.seen() for desk in (asker, answerer)] == before
    there = run["there"]
    assert [(write["call"], write["detail"]) for write in there["writes"]] == [
        ("update", {"set": {"summary": title}})
    ]
    assert there["wanted"]["fields"]["summary"] == title
    assert (run["writes"], there["error"], run["unanswered"]) == ([], "", None)
    await traces(asker, answerer)
    # The same rule, published: what was shown is what happens, and no more.
    held = await answerer.person.look(answerer.issue)
    await publish(asker.admin, asker.folder, rule)
    await asker.admin("sync", asker.issue)
    await eventually(lambda: titled(answerer.person, title), f"{title} is there")
    await eventually(lambda: at_rest(asker, answerer), "both sides at rest")
    now = await answerer.person.look(answerer.issue)
    assert now == msgspec.structs.replace(held, summary=title)


async def traces(asker: Desk, answerer: Desk) -> None:
    """Each side knows what left it, and nothing waits any more."""
    # The one that was refused had left as well.
    asked = await asker.told("dry_run.asked")
    assert ["summary" in each["detail"]["fields"] for each in asked] == [True, True]
    (answered,) = await answerer.told("dry_run.answered")
    assert answered["detail"]["writes"] == ["update"]
    ledger = (await answerer.admin("disclosures", CONNECTION))["results"]
    assert "dry_run:summary" in [entry["field"] for entry in ledger]
    await eventually(lambda: at_rest(asker, answerer), "nothing waits")


async def fails_there(asker: Desk, answerer: Desk) -> None:
    await publish(answerer.admin, answerer.folder, STRICT, "incoming")
    run = await asker.admin(*await asker.tries(QUIET))
    assert (run["there"]["error"], run["there"]["writes"]) == ("incoming.py:2: Ask Bob first.", [])
    assert "stop(" not in str(run["there"])
    assert (await answerer.admin("errors", "list"))["count"] == 0


async def at_rest(*desks: Desk) -> bool:
    """Nothing is under way at any of them."""
    queues = [await desk.admin("queue") for desk in desks]
    counts = ("due", "later", "working", "arrived", "outbox")
    return not any(queue[name] for queue in queues for name in counts)


async def titled(person: Alice | Bob, summary: str) -> str | None:
    for key in await person.keys():
        if (await person.look(key)).summary == summary:
            return key
    return None

"""A dry run that asks the partner's node: what it shows is what then happens, and asking does
nothing. Two nodes with real rules, stores and sealed feeds; the exchanges are carried by hand."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from schemas.connection_api import (
    ConnectionAccept,
    ConnectionInitiate,
    SettingsBody,
    SettingsPatch,
)
from schemas.disclosure_api import DisclosureQuery
from schemas.dry_runs import (
    ANSWER_TWIN,
    ASK_TWIN,
    BUSY,
    MAX_ENCODED,
    NOT_ANSWERED,
    RESTING,
    TOO_OFTEN,
    DryRunAnswer,
    DryRunAsk,
)
from schemas.errors import Fault, TrackerError
from schemas.node import Peer
from schemas.peer import NO_CONNECTION
from schemas.replica import Replica, TwinMessage
from schemas.rule_life import DryRun, DryRunBody, RulesPut
from schemas.twin_api import ActivityQuery
from service.codec import MarkdownCodec
from service.peers.identity import NodeIdentity
from service.peers.port import ReceivedAnswer, ReceivedAsk
from service.rules.monty_engine import MontyEngine
from service.store import connections, dry_runs, outbox
from service.store.dry_runs import DryRunKey
from service.store.outbox import OutboxRow
from service.workers.dry_run_desk import DryRunDesk
from service.workers.operations.answer_form import WITHHELD
from service.workers.operations.answering import Answering
from service.workers.roster import touch
from service.workers.upkeep import Upkeep
from tests.unit.service.workers.operations.conftest import IN, OUT, Office
from tests.unit.service.workers.operations.test_life import NAME, work
from tests.unit.service.workers.workshop import Workshop

Offices = tuple[Office, Office]
KEY = "AKIA0123456789ABCDEF"


@pytest.fixture
async def nodes(offices: Offices, engine: MontyEngine) -> Offices:
    """A public node and a private one, whose workers run real rules."""
    public, private = offices
    invited = await public.operations.initiate(
        ConnectionInitiate(
            connector="tracker", local_side="left", remote_side="right", mode="script",
            settings=SettingsBody(project="P"), trusted=True,
        )
    )  # fmt: skip
    joining = ConnectionAccept(
        invited.invitation, "tracker", settings=SettingsBody(project="P"), trusted=True
    )
    await private.operations.accept(joining)
    for office in offices:
        office.shop.engine = engine
        office.shop.worker = office.shop.make_worker("scripted")
        await publish(office, OUT, IN)
    return public, private


async def publish(office: Office, outgoing: str, incoming: str) -> None:
    saved = await office.operations.save_rules(NAME, RulesPut(outgoing, incoming), "ann")
    assert saved.findings == ()


async def let(office: Office, **settings: Any) -> None:
    await office.operations.change_settings(NAME, SettingsPatch(**settings))


def tracker(office: Office) -> Any:
    return office.shop.trackers["tracker"]


def record_id(office: Office) -> str:
    return office.shop.roster.connection_named(NAME).record.id


async def begun(office: Office, other: Office, **fields: Any) -> tuple[str, str]:
    """An issue under sync, and its mirror."""
    held = set(tracker(other).issues)
    issue = tracker(office).person_creates({"summary": "Crash", "status": "todo", **fields})
    await office.shop.sync(record_id(office), issue)
    await travels(office, other)
    (mirror,) = set(tracker(other).issues) - held
    return issue, mirror


async def travels(office: Office, other: Office) -> None:
    private = office if other.desk.public_url else other
    public = other if private is office else office
    for _ in range(3):
        await private.says_to(public)
        await work(public, private)


async def edited(office: Office, other: Office, issue: str) -> None:
    office.shop.at += 10_000
    await office.shop.change("tracker", issue)
    await travels(office, other)


@asynccontextmanager
async def answering(*offices: Office) -> AsyncIterator[None]:
    tasks = [
        asyncio.create_task(Answering(office.desk, MarkdownCodec()).run()) for office in offices
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def asks(office: Office, other: Office, issue: str, **body: Any) -> DryRun:
    """With a wire that carries what either says, for as long as it takes."""
    private, public = (office, other) if other.desk.public_url else (other, office)
    given = DryRunBody(issue, ask_there=True, **({"wait_seconds": 20.0} | body))
    asked = asyncio.create_task(office.operations.rule_life.dry_run(NAME, given, "token ann"))
    async with answering(office, other):
        while not asked.done():
            await private.says_to(public)
            await asyncio.sleep(0)
    return await asked


def board(office: Office) -> list[Any]:
    held = tracker(office).issues.values()
    return [(dict(each.fields), len(each.comments), len(each.files)) for each in held]


async def remembered(office: Office) -> list[Any]:
    """All that a sync would have changed on a node."""
    rows = await office.shop.rows()
    events = [each for each in await heard(office) if not each.event.startswith("dry_run.")]
    return [board(office), tracker(office).writes, rows, events]


async def heard(office: Office) -> list[Any]:
    return list((await office.operations.activity(ActivityQuery(page_size=100))).results)


async def ledger(office: Office) -> list[str]:
    page = await office.operations.disclosures(NAME, DisclosureQuery(page_size=100))
    return [entry.field for entry in page.results]


async def leftovers(office: Office) -> list[Any]:
    return await office.shop.store.read(
        lambda c: [outbox.count(c), dry_runs.over(c, office.shop.at + 3_600_000)]
    )


async def test_nobody_is_answered_unasked(nodes: Offices) -> None:
    public, private = nodes
    issue, _ = await begun(public, private)
    tracker(public).person_sets(issue, "summary", "Crash again")
    before = await remembered(private)
    run = await asks(public, private, issue)
    assert (run.there, run.unanswered.code) == (None, "refused")
    assert "tidegate connection set CONNECTION --answers-dry-runs yes" in run.unanswered.remedy
    assert await remembered(private) == before
    assert [each.event for each in await heard(private)][:1] != ["dry_run.answered"]
    assert await leftovers(public) == [0, []]
    # The content left for the other node all the same.
    assert "summary" in await ledger(public)


@pytest.mark.parametrize("way", ["from the public node", "from the private node"])
async def test_the_answer_is_what_then_really_happens(nodes: Offices, way: str) -> None:
    asker, answerer = nodes if way == "from the public node" else nodes[::-1]
    await let(answerer, answers_dry_runs=True)
    issue, mirror = await begun(asker, answerer)
    shouting = IN.replace("summary=replica.summary", "summary=replica.summary.upper()")
    await publish(answerer, OUT, shouting)
    tracker(asker).person_sets(issue, "summary", "Crash again")
    tracker(asker).person_comments(issue, "Found it")
    before = [await remembered(office) for office in nodes]
    run = await asks(asker, answerer, issue)
    assert [await remembered(office) for office in nodes] == before
    there = run.there
    assert (run.unanswered, there.connection) == (None, "right" if asker is nodes[0] else "left")
    assert (there.version, there.error) == (3, "")
    assert there.wanted["fields"]["summary"] == "CRASH AGAIN"
    first, second = there.writes
    assert (first.call, first.detail) == ("update", {"set": {"summary": "CRASH AGAIN"}})
    assert (second.call, second.detail["internal"]) == ("add_comment", False)
    assert "Found it" in second.detail["body"]
    (told,) = [each for each in await heard(answerer) if each.event == "dry_run.answered"]
    assert told.detail["writes"] == ["update", "add_comment"]
    assert told.issue == mirror
    assert {"dry_run:summary", "dry_run:comment"} <= set(await ledger(answerer))
    assert await leftovers(asker) == [0, []]
    (mine,) = [each for each in await heard(asker) if each.event == "dry_run.asked"]
    assert (mine.issue, mine.detail["by"]) == (issue, "token ann")
    writes = tracker(answerer).writes
    await edited(asker, answerer, issue)
    held = tracker(answerer).issues[mirror]
    assert held.fields["summary"] == "CRASH AGAIN"
    assert len(held.comments) == 1
    assert tracker(answerer).writes == writes + 2


async def test_what_would_be_made_there_is_shown_and_not_made(nodes: Offices) -> None:
    public, private = nodes
    await let(private, answers_dry_runs=True)
    issue = tracker(public).person_creates({"summary": "New", "status": "todo"})
    run = await asks(public, private, issue)
    (write,) = run.there.writes
    assert (write.call, write.detail["project"]) == ("create", "P")
    assert write.detail["fields"]["summary"] == "New"
    assert [await office.shop.rows() for office in nodes] == [[], []]
    assert tracker(private).issues == {}


async def test_what_must_not_leave_there_does_not_leave_by_an_answer(nodes: Offices) -> None:
    public, private = nodes
    await let(private, answers_dry_runs=True, masks=("credentials",), disclosed=("summary",))
    await publish(
        private,
        OUT,
        IN.replace("summary=replica.summary", f'summary=replica.summary + " {KEY}"').replace(
            "status=replica.status", 'status="secret stage", priority=replica.priority'
        ),
    )
    await publish(public, OUT.replace("comments=", "priority='High', comments="), IN)
    issue = tracker(public).person_creates({"summary": "New", "status": "todo"})
    run = await asks(public, private, issue)
    shown = run.there.wanted["fields"]
    assert shown["summary"] == "New [masked]"
    assert shown["status"] == WITHHELD
    # It is what this side told itself.
    assert shown["priority"] == "High"
    (write,) = run.there.writes
    assert write.detail["fields"] == shown
    assert write.detail["project"] == WITHHELD
    assert not {KEY, "secret stage"} & set(str(run).split())
    assert sorted(set(await ledger(private))) == ["dry_run:priority", "dry_run:summary"]


async def test_a_rule_that_fails_there_is_told_without_its_source(nodes: Offices) -> None:
    public, private = nodes
    await let(private, answers_dry_runs=True, masks=("credentials",))
    strict = IN.replace(
        "    return", f'    if replica.summary:\n        stop("ask {KEY}")\n    return'
    )
    await publish(private, OUT, strict)
    issue = tracker(public).person_creates({"summary": "New", "status": "todo"})
    run = await asks(public, private, issue)
    assert run.there.error == "incoming.py:3: ask [masked]"
    assert (run.there.writes, run.there.trace) == ((), "")
    assert "stop(" not in str(run.there)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault.UNAVAILABLE, "The other side's tracker cannot be asked now."),
        (Fault.CREDENTIALS, "The other side's tracker cannot be asked now."),
        (Fault.PERMISSION, "The other side's node cannot read its issue."),
    ],
)
async def test_what_ails_the_other_tracker_is_not_told(
    nodes: Offices, fault: Fault, told: str
) -> None:
    public, private = nodes
    await let(private, answers_dry_runs=True)
    issue, _ = await begun(public, private)
    tracker(public).person_sets(issue, "summary", "Crash again")

    def fails(call: str) -> None:
        raise TrackerError(fault, "https://10.0.0.7 does not answer.")

    tracker(private).step = fails
    run = await asks(public, private, issue)
    assert run.there.error == told
    assert "10.0.0.7" not in str(run)


async def test_an_issue_that_rests_or_is_gone_there_is_said_to(nodes: Offices) -> None:
    public, private = nodes
    await let(private, answers_dry_runs=True)
    gone, mirror = await begun(public, private)
    ending = IN.replace("comments=", "stop_syncing=True, comments=")
    await publish(private, OUT, ending)
    resting, _ = await begun(public, private)
    for issue in (gone, resting):
        tracker(public).person_sets(issue, "summary", "Crash again")
    tracker(private).person_deletes(mirror)
    run = await asks(public, private, resting)
    assert (run.there.writes, run.there.notes) == ((), ("The sync of this issue is stopped here.",))
    run = await asks(public, private, gone)
    assert (run.there.writes, run.there.notes) == ((), (f"issue.gone: key {mirror}",))


async def test_an_older_node_is_named_as_such(nodes: Offices, monkeypatch: Any) -> None:
    public, private = nodes
    issue, mirror = await begun(public, private)
    tracker(public).person_sets(issue, "summary", "Crash again")
    # It knows messages and notices alone.
    monkeypatch.setattr("service.peers.feed.ASK", "a kind of another time")
    run = await asks(public, private, issue)
    assert run.unanswered.code == "too_old"
    assert await public.shop.parked() == await private.shop.parked() == []
    monkeypatch.undo()
    await edited(public, private, issue)
    assert tracker(private).issues[mirror].fields["summary"] == "Crash again"


async def test_a_node_that_is_away_is_not_waited_for_for_ever(nodes: Offices) -> None:
    public, private = nodes
    issue, _ = await begun(public, private)
    tracker(public).person_sets(issue, "summary", "Crash again")
    body = DryRunBody(issue, ask_there=True, wait_seconds=1.0)
    run = await public.operations.rule_life.dry_run(NAME, body)
    assert run.unanswered.code == "no_answer"
    # Nothing waits for it to come back, and what was asked is not asked later.
    assert await leftovers(public) == [0, []]


async def test_a_dry_run_without_asking_names_the_next_step(nodes: Offices) -> None:
    public, _ = nodes
    issue = tracker(public).person_creates({"summary": "New", "status": "todo"})
    run = await public.operations.rule_life.dry_run(NAME, DryRunBody(issue))
    assert (run.there, run.unanswered) == (None, None)
    assert any("--there" in note for note in run.notes)
    assert await leftovers(public) == [0, []]
    assert await ledger(public) == []


async def test_what_cannot_be_asked_says_so_at_once(nodes: Offices) -> None:
    public, private = nodes
    issue, _ = await begun(public, private)
    run = await public.operations.rule_life.dry_run(NAME, DryRunBody(issue, ask_there=True))
    assert run.unanswered.code == "nothing_to_ask"
    tracker(public).person_sets(issue, "summary", "x" * (MAX_ENCODED + 1))
    run = await public.operations.rule_life.dry_run(NAME, DryRunBody(issue, ask_there=True))
    assert run.unanswered.code == "too_large"
    await public.operations.pause(NAME)
    run = await public.operations.rule_life.dry_run(NAME, DryRunBody(issue, ask_there=True))
    assert (run.unanswered.code, NAME in run.unanswered.remedy) == ("resting", True)
    assert await leftovers(public) == [1, []]


async def test_one_is_asked_at_a_time_and_a_dead_one_makes_way(nodes: Offices) -> None:
    public, private = nodes
    issue = tracker(public).person_creates({"summary": "New", "status": "todo"})
    body = DryRunBody(issue, ask_there=True, wait_seconds=1.0)
    first = asyncio.create_task(public.operations.rule_life.dry_run(NAME, body))
    while (await leftovers(public))[0] == 0:
        await asyncio.sleep(0)
    second = await public.operations.rule_life.dry_run(NAME, body)
    assert second.unanswered.code == "busy"
    assert (await first).unanswered.code == "no_answer"
    # Its daemon is killed while it waits: the next sweep forgets what it asked.
    dead = DryRunKey(record_id(public), True, "dead", private.identity.id)
    at = public.shop.at

    def left_over(c: Any) -> None:
        dry_runs.begin(c, dead, until=at + 20_000, now=at)
        outbox.put(c, dead.peer, dead.connection, ASK_TWIN + "dead", b"", at)

    await public.shop.store.write(left_over)
    public.shop.at += 20_000
    await upkeep(public).once()
    assert await leftovers(public) == [0, []]


def upkeep(office: Office) -> Upkeep:
    shop = office.shop
    return Upkeep(
        shop.store,
        shop.roster,
        changed=shop.roster.reload,
        ring_peer=shop.peers.append,
        now=shop.now,
    )


# What the answering side takes


def ask(id: str, seconds: float = 20.0, **changes: Any) -> ReceivedAsk:
    message = TwinMessage("t", "far", 1, 0, Replica({"summary": "s"}), **changes)
    return ReceivedAsk(1, "shared", DryRunAsk(id, message, seconds))


@pytest.fixture
async def desk(private: Workshop) -> DryRunDesk:
    await settings(private, answers_dry_runs=True)
    return private.dry_runs(NodeIdentity.generate(os.urandom))


async def settings(shop: Workshop, **changes: Any) -> None:
    record = shop.roster.connections["c"].record
    changed = msgspec.structs.replace(record.settings, **changes)
    await shop.store.write(lambda c: connections.update_settings(c, "c", changed, 1))
    await shop.roster.reload()


async def refusals(shop: Workshop, desk: DryRunDesk, *asks: ReceivedAsk, peer: str = "peer") -> Any:
    heard = desk.hear(peer, asks, ())
    refused = await shop.store.write(lambda c: desk.take(c, heard))
    desk.follow(heard, ())
    return [each.code for each in refused]


async def test_one_ask_is_taken_at_a_time_and_the_same_one_once(private, desk) -> None:
    assert await refusals(private, desk, ask("a"), ask("b")) == [BUSY]
    assert await refusals(private, desk, ask("a")) == []
    assert (await desk.next()).key == DryRunKey("c", False, "a", "peer")
    assert await refusals(private, desk, ask("b")) == [BUSY]
    # Nobody waits for the first any more.
    private.at += 20_001
    assert await refusals(private, desk, ask("b")) == []
    assert (await desk.next()).ask.id == "b"


async def test_asking_has_an_end(private, desk) -> None:
    codes = []
    for number in range(12):
        codes += await refusals(private, desk, ask(f"a{number}", 0.001))
        private.at += 2
    assert codes == [TOO_OFTEN, TOO_OFTEN]
    private.at += 60_000
    assert await refusals(private, desk, ask("later")) == []


async def test_an_ask_needs_a_connection_that_is_awake_and_allows_it(private, desk) -> None:
    assert await refusals(private, desk, ask("a"), peer="stranger") == [NO_CONNECTION]
    await settings(private, answers_dry_runs=False)
    assert await refusals(private, desk, ask("a")) == [NOT_ANSWERED]
    await settings(private, answers_dry_runs=True)
    await private.store.write(lambda c: connections.set_status(c, "c", "paused", "", 1))
    await private.store.write(touch)
    await private.roster.reload()
    assert await refusals(private, desk, ask("a")) == [RESTING]


async def test_an_answer_that_nobody_asked_for_is_not_kept(private, desk) -> None:
    key = DryRunKey("c", True, "mine", "peer")

    def begin(c: Any) -> None:
        dry_runs.begin(c, key, until=private.at + 1000, now=private.at)

    async def comes(peer: str, id: str, version: int) -> Any:
        answers = (ReceivedAnswer("shared", DryRunAnswer(id, version)),)
        heard = desk.hear(peer, (), answers)
        await private.store.write(lambda c: desk.take(c, heard))
        return await private.store.read(lambda c: dry_runs.answered(c, private.store.vault, key))

    await private.store.write(begin)
    assert await comes("peer", "other", 1) is None
    assert await comes("stranger", "mine", 2) is None
    first = await comes("peer", "mine", 3)
    assert first
    # The first one counts.
    assert await comes("peer", "mine", 4) == first
    reply = await desk.reply(key, 0)
    assert reply.answer.version == 3


async def test_a_node_that_stops_lets_go_of_whoever_waits(private, desk) -> None:
    waits = asyncio.create_task(desk.reply(DryRunKey("c", True, "mine", "peer"), 60.0))
    await asyncio.sleep(0)
    desk.release()
    async with asyncio.timeout(5):
        assert await waits is None


async def test_what_is_waited_for_no_more_is_not_given(private, desk) -> None:
    live = private.roster.connections["c"]
    them = NodeIdentity.generate(os.urandom)
    peer = Peer("peer", "globex", them.identity_key, them.message_key, "e")
    encode = msgspec.msgpack.encode
    asked = OutboxRow(1, "c", ASK_TWIN + "a", encode(ask("a").ask), private.at)
    told = OutboxRow(2, "c", ANSWER_TWIN + "a", encode(DryRunAnswer("a")), private.at)
    assert desk.item(live, peer, asked).kind == "dry_run"
    private.at += 20_000
    assert desk.item(live, peer, asked) is None
    assert desk.item(live, peer, told).kind == "dry_run_answer"
    private.at += 40_000
    assert desk.item(live, peer, told) is None

"""What the worker does with events: once, at the right time, and each twin for itself."""

import asyncio
from typing import Any

import msgspec
import pytest

from schemas.errors import Fault, RuleError, TrackerError
from schemas.events import IssueChanged, TwinDue
from schemas.issue import FieldChange, Issue, Part
from schemas.node import ConnectionSettings, Trigger
from schemas.replica import Replica, ReplicaComment, Stamp, TwinMessage
from schemas.rich_text import plain
from schemas.values import condense
from service.store import activity, conflicts, connections, leases, parked, twins
from service.store.twin_records import Claim, TwinKey
from service.sync.intake import merge_messages
from service.workers.parking import resume
from service.workers.recent import Recent
from service.workers.roster import touch
from service.workers.worker import LEASE


def boards(shop: Any, name: str) -> list[dict[str, Any]]:
    return [held.fields for held in shop.trackers[name].issues.values()]


def parts_read(tracker: Any) -> list[frozenset[Part]]:
    """What is read of the tracker's issues from now on."""
    asked = []
    read = tracker.read

    async def noted(issue: str, parts: frozenset[Part]) -> Any:
        asked.append(parts)
        return await read(issue, parts)

    tracker.read = noted
    return asked


async def receive(shop: Any, message: TwinMessage, connection: str = "c") -> None:
    await shop.store.write(
        lambda c: twins.receive(
            c, connection, message.twin, "a", message, merge_messages, shop.now()
        )
    )
    await shop.worker.handle((TwinDue(message.twin, connection),))


def message(version: int, fields: dict[str, Any], **changes: Any) -> TwinMessage:
    stamps = {name: Stamp(version, version, version) for name in fields}
    known: dict[str, Any] = {"twin": "t", "issue": "far", "have": 0}
    return TwinMessage(version=version, replica=Replica(fields, stamps), **(known | changes))


# One change


async def test_an_issue_travels_to_the_other_tracker_and_its_edit_after_it(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    await local.rest()
    assert boards(local, "b") == [{"summary": "s", "status": "todo", "labels": ()}]
    local.trackers["a"].person_sets(issue, "summary", "edited")
    local.at += 1_000
    await local.change("a", issue)
    await local.rest()
    assert boards(local, "b")[0]["summary"] == "edited"


async def test_an_echo_is_skipped_without_asking_the_tracker(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    mirror = next(iter(local.trackers["b"].issues.values()))
    local.calls.clear()
    await local.change("b", mirror.id, version=mirror.version)
    assert local.calls == []
    assert (await local.row("a-b.b", twin)).due_at is None


async def test_a_comment_of_ours_that_comes_back_is_skipped_and_a_persons_is_not(
    local, issue_of
) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    await local.rest()
    local.at += 1_000
    written = local.trackers["a"].person_comments(issue, "hello")
    await local.change("a", issue, parts=(Part.COMMENTS,), new_comment=written)
    await local.rest()
    mirror = next(iter(local.trackers["b"].issues.values()))
    local.at += 1_000
    local.calls.clear()
    await local.change("a", issue, parts=(Part.COMMENTS,), new_comment=written)
    (ours,) = mirror.comments
    await local.change("b", mirror.id, parts=(Part.COMMENTS,), new_comment=ours)
    assert local.calls == []
    answer = local.trackers["b"].person_comments(mirror.id, "hi")
    await local.worker.handle(
        [
            IssueChanged("b", mirror.id, parts=(Part.COMMENTS,), new_comment=comment)
            for comment in (ours, answer)
        ]
    )
    await local.rest()
    assert len(local.trackers["a"].issues[issue].comments) == 2


async def test_what_a_person_attached_just_before_our_write_is_not_taken_for_its_echo(
    local, issue_of
) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    await local.rest()
    there = local.trackers["b"]
    mirror = next(iter(there.issues.values()))
    step, attached = there.step, []

    def attaches_first(name: str) -> None:
        step(name)
        if name == "before update" and not attached:
            attached.append(there.person_attaches(mirror.id, "late.txt", b"x"))
            there.latest = mirror.version

    there.step = attaches_first
    update = there.update

    async def over_it(read: Issue, change: FieldChange) -> Issue:
        there.step("before update")
        newest = msgspec.structs.replace(read, version=mirror.version)
        return msgspec.structs.replace(await update(newest, change), attachments=None)

    there.update = over_it
    local.at += 1_000
    local.trackers["a"].person_sets(issue, "summary", "edited")
    await local.change("a", issue)
    await local.rest()
    local.at += 1_000
    await local.change("b", mirror.id, version=there.latest, parts=(Part.ATTACHMENTS,))
    await local.rest()
    sent = (await local.rows())[0].state
    assert "late.txt" in {
        file.filename for file, _ in local.trackers["a"].issues[issue].files.values()
    } or any(trace.local_id == attached[0] for trace in sent.attachments)


async def test_a_write_of_ours_is_known_before_it_is_committed(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    await local.rest()
    mirror = next(iter(local.trackers["b"].issues.values()))
    seen = []
    outgoing = local.engine.outgoing

    async def looks(rules: Any, shown: Any, context: Any) -> Any:
        rest = local.worker.recent.of_issue("b", mirror.id)
        seen.append(rest is not None and rest.version == mirror.version)
        return await outgoing(rules, shown, context)

    local.at += 1_000
    local.trackers["a"].person_sets(issue, "summary", "edited")
    await local.change("a", issue)
    local.engine.outgoing = looks
    await local.rest()
    assert seen == [True]


async def test_a_message_costs_no_look_at_the_comments_here(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    await local.rest()
    local.at += 1_000
    asked = parts_read(local.trackers["b"])
    local.trackers["a"].person_sets(issue, "summary", "edited")
    await local.change("a", issue)
    await local.rest()
    assert asked == [frozenset({Part.FIELDS, Part.ATTACHMENTS})]
    local.worker.recent.forget(TwinKey("a-b.b", (await local.rows())[0].twin))
    local.trackers["a"].person_sets(issue, "summary", "again")
    local.at += 1_000
    await local.change("a", issue)
    await local.rest()
    assert asked[1:] == [frozenset(Part) - {Part.WORKLOGS}], (
        "after a restart nothing is known of the comments"
    )


async def test_a_newer_version_and_an_unknown_one_are_looked_at(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    for version in (local.trackers["a"].issues[issue].version + 1, None):
        local.at += 1_000
        local.calls.clear()
        await local.change("a", issue, version=version)
        assert "read" in local.calls


async def test_several_events_of_one_issue_are_one_look(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    local.at += 1_000
    local.calls.clear()
    await local.worker.handle([IssueChanged("a", issue, parts=(Part.FIELDS,))] * 5)
    assert local.calls.count("read") == 1


async def test_an_event_of_nobodys_issue_or_connector_costs_no_call(local) -> None:
    await local.change("a", "unknown")
    await local.change("elsewhere", "1")
    await local.worker.handle((TwinDue("t", "no such connection"),))
    assert local.calls == []


# When


async def test_a_twin_rests_after_it_sent_and_is_looked_at_after_the_rest(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    local.trackers["a"].person_sets(issue, "summary", "quick")
    local.calls.clear()
    await local.change("a", issue)
    assert local.calls == []
    assert (await local.row("a-b.a", twin)).due_at == local.at + 100
    local.at += 100
    (key,) = local.wakeups.take_due()
    await local.worker.handle((TwinDue(key.twin, key.connection),))
    await local.rest()
    assert boards(local, "b")[0]["summary"] == "quick"


async def test_what_was_put_off_is_looked_at_in_those_parts_that_changed(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    asked = parts_read(local.trackers["a"])
    local.trackers["a"].person_sets(issue, "summary", "quick")
    for _ in range(2):
        await local.change("a", issue, parts=(Part.FIELDS,))
    local.at += 100
    for key in local.wakeups.take_due():
        await local.worker.handle((TwinDue(key.twin, key.connection),))
    assert asked == [frozenset({Part.FIELDS, Part.ATTACHMENTS})]


@pytest.mark.parametrize("why", ["busy", "breaker"])
async def test_that_an_issue_is_gone_is_not_forgotten_while_its_twin_waits(
    local, issue_of, why: str
) -> None:
    tracker = local.trackers["a"]
    tracker.says_gone = False
    issue = issue_of(tracker)
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    local.at += 1_000
    if why == "breaker":
        local.breakers.trip("a", TrackerError(Fault.UNAVAILABLE, "down"), 30)
    else:
        await local.store.write(
            lambda c: leases.claim(c, "a-b.a", twin, "a dead daemon", local.at, LEASE)
        )
    tracker.person_deletes(issue)
    await local.change("a", issue, deleted=True)
    assert not (await local.row("a-b.a", twin)).state.gone
    local.at += LEASE
    for key in local.wakeups.take_due():
        await local.worker.handle((TwinDue(key.twin, key.connection),))
    assert (await local.row("a-b.a", twin)).state.gone


async def test_a_person_who_asks_does_not_wait(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)
    local.calls.clear()
    await local.change("a", issue, source="manual")
    assert "read" in local.calls


async def test_a_paused_connection_keeps_its_work_for_later(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)

    def pause(c: Any) -> None:
        connections.set_status(c, "a-b.a", "paused", "", local.at)
        touch(c)

    await local.store.write(pause)
    await local.roster.refresh()
    local.at += 1_000
    local.calls.clear()
    await local.change("a", issue)
    assert local.calls == []
    row = await local.row("a-b.a", twin)
    assert row.dirty
    assert row.due_at is None


async def test_who_finds_a_twin_busy_marks_it_and_the_holder_looks_again(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    local.at += 1_000
    busy = asyncio.Event()
    go_on = asyncio.Event()
    read = local.trackers["a"].read

    async def slow(*asked: Any) -> Any:
        seen = await read(*asked)
        busy.set()
        await go_on.wait()
        return seen

    local.trackers["a"].read = slow
    holder = asyncio.create_task(local.change("a", issue))
    await busy.wait()
    local.trackers["a"].person_sets(issue, "summary", "meanwhile")
    await local.make_worker("worker-2").handle((IssueChanged("a", issue),))
    assert (await local.row("a-b.a", twin)).dirty
    go_on.set()
    await holder
    await local.rest()
    assert boards(local, "b")[0]["summary"] == "meanwhile"
    row = await local.row("a-b.a", twin)
    assert (row.dirty, row.lease_owner) == (False, "")


async def test_a_lease_that_was_lost_writes_nothing(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    before = (await local.row("a-b.a", twin)).state
    local.trackers["a"].person_sets(issue, "summary", "late")
    local.at += 1_000
    read = local.trackers["a"].read

    async def overtaken(*asked: Any) -> Any:
        local.at += LEASE + 1
        claim = await local.store.write(
            lambda c: leases.claim(c, "a-b.a", twin, "other", local.at, LEASE)
        )
        assert isinstance(claim, Claim)
        return await read(*asked)

    local.trackers["a"].read = overtaken
    await local.change("a", issue)
    assert local.rung == []
    row = await local.row("a-b.a", twin)
    assert row.state == before
    assert row.lease_owner == "other"


# Failures


async def test_an_outage_opens_the_breaker_and_burns_no_attempt(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    local.at += 1_000
    read = local.trackers["a"].read

    async def down(*_: Any) -> Any:
        local.calls.append("tried")
        raise TrackerError(Fault.UNAVAILABLE, "down", retry_after=30)

    local.trackers["a"].read = down
    await local.change("a", issue)
    await local.change("a", issue)
    assert local.calls.count("tried") == 1
    row = await local.row("a-b.a", twin)
    assert (row.attempts, row.due_at) == (0, local.at + 30_000)
    assert local.breakers.state("a") is not None
    local.trackers["a"].read = read
    local.at += 30_000
    for key in local.wakeups.take_due():
        await local.worker.handle((TwinDue(key.twin, key.connection),))
    assert local.breakers.state("a") is None
    assert (await local.row("a-b.a", twin)).due_at is None


async def test_a_twins_own_failure_is_tried_again_ever_later_and_then_parked(
    local, issue_of
) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()

    async def refused(*_: Any) -> Any:
        raise TrackerError(Fault.PERMISSION, "no", remedy="Grant it.")

    local.trackers["a"].read = refused
    delays = []
    local.at += 1_000
    await local.change("a", issue)
    while (row := await local.row("a-b.a", twin)).due_at is not None:
        delays.append(row.due_at - local.at)
        local.at = row.due_at
        await local.worker.handle((TwinDue(twin, "a-b.a"),))
    assert delays == [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000]
    (entry,) = await local.parked()
    assert (entry.twin, entry.fault, entry.message, entry.remedy, entry.attempts) == (
        twin,
        "permission",
        "no",
        "Grant it.",
        7,
    )


async def test_news_before_an_attempt_is_due_does_not_bring_the_end_nearer(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()

    async def refused(*_: Any) -> Any:
        local.calls.append("tried")
        raise TrackerError(Fault.PERMISSION, "no", remedy="Grant it.")

    local.trackers["a"].read = refused
    local.at += 1_000
    await local.change("a", issue)
    due = (await local.row("a-b.a", twin)).due_at
    local.calls.clear()
    for _ in range(20):
        local.at += 10
        await local.change("a", issue)
    assert local.calls.count("tried") == 20
    row = await local.row("a-b.a", twin)
    assert (row.attempts, row.due_at) == (1, due)
    assert await local.parked() == []


async def test_a_parked_twin_is_not_looked_at(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    await local.sync("a-b.a", issue)

    async def broken(*_: Any) -> Any:
        raise RuleError("line 3 raises", file="outgoing.py", line=3, trace="^")

    local.engine.outgoing = broken
    local.at += 1_000
    await local.change("a", issue)
    (entry,) = await local.parked()
    assert (entry.fault, entry.file, entry.line, entry.trace) == ("rule", "outgoing.py", 3, "^")
    local.calls.clear()
    local.at += 1_000
    await local.change("a", issue)
    assert local.calls == []


async def test_an_unforeseen_exception_is_that_twins_alone(local, issue_of) -> None:
    bad = issue_of(local.trackers["a"], summary="bad")
    good = issue_of(local.trackers["a"], summary="good")
    twin = await local.sync("a-b.a", bad)
    await local.sync("a-b.a", good)
    local.at += 1_000
    outgoing = local.engine.outgoing

    async def broken(rules: Any, issue: Any, context: Any) -> Any:
        if issue.fields["summary"] == "bad":
            raise ZeroDivisionError("unforeseen")
        return await outgoing(rules, issue, context)

    local.engine.outgoing = broken
    local.trackers["a"].person_sets(good, "status", "done")
    await local.worker.handle((IssueChanged("a", bad), IssueChanged("a", good)))
    await local.rest()
    assert {b["summary"]: b["status"] for b in boards(local, "b")} == {
        "bad": "todo",
        "good": "done",
    }
    row = await local.row("a-b.a", twin)
    assert (row.attempts, row.due_at, row.lease_owner) == (1, local.at + 1_000, "")


async def test_a_failure_after_a_foreign_edit_was_found_does_not_lose_that_edit(
    private, issue_of
) -> None:
    """The tracker fails between taking a message in and saying what people here had changed."""
    issue = issue_of(private.trackers["a"], labels=("x",))
    twin = await private.sync("c", issue)
    await receive(private, message(1, {"labels": ("x",)}, twin=twin, have=1))
    private.trackers["a"].person_sets(issue, "labels", ("mine", "x"))
    outgoing = private.engine.outgoing
    calls = []

    async def fails_once(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise TrackerError(Fault.UNAVAILABLE, "gone for a moment")
        return await outgoing(*given)

    private.engine.outgoing = fails_once
    await receive(private, message(2, {"summary": "theirs", "labels": ("x",)}, twin=twin, have=1))
    private.at += 60_000
    await private.worker.handle((TwinDue(twin, "c"),))
    (sent,) = await private.sent()
    assert sent.replica.fields["labels"] == ("mine", "x")
    assert sent.replica.stamps["labels"].version == sent.version


@pytest.mark.parametrize("remote_at", [0, 1 << 50])
async def test_an_edit_that_our_write_replaced_unseen_wins_if_newer_and_is_kept_if_not(
    private, issue_of, remote_at: int
) -> None:
    tracker = private.trackers["a"]
    issue = issue_of(tracker)
    twin = await private.sync("c", issue)
    update, written = tracker.update, []

    async def raced(seen: Any, change: Any) -> Any:
        """A tracker that takes any write; a person was quicker than the first."""
        answer = await update(seen, change)
        written.append(change.set)
        lost = {"summary": "a person's"} if len(written) == 1 else {}
        return msgspec.structs.replace(answer, overwritten=lost)

    tracker.update = raced
    stamps = {"summary": Stamp(1, remote_at, 1)}
    replica = Replica({"summary": "theirs"}, stamps)
    await receive(private, TwinMessage(twin, "far", 1, 1, replica))
    rows = await private.store.read(lambda c: conflicts.page(c, twin=twin))
    (found,) = [row.conflict for row in rows]
    newer = remote_at == 0
    values = ("a person's", "theirs") if newer else ("theirs", "a person's")
    assert (found.kept, found.lost, found.winner) == (*values, "local" if newer else "remote")
    assert tracker.issues[issue].fields["summary"] == values[0]
    (sent,) = await private.sent()
    # Also where the other side's value stands: that decision is told.
    assert sent.replica.fields["summary"] == values[0]
    tracker.update = update
    private.at += 1_000
    calls = len(written)
    await private.change("a", issue)
    assert len(written) == calls, "it is settled"


# Triggers and circles


async def trigger(shop: Any, id: str, connector: str, **changes: Any) -> None:
    settings = ConnectionSettings(project="P", trigger=Trigger("P"))
    await shop.add_connection(id, connector, settings=settings, **changes)


async def test_a_trigger_makes_one_twin_of_two_events_at_once(shop, issue_of) -> None:
    await shop.add_peer()
    await trigger(shop, "c", "a")
    await shop.roster.reload()
    issue = issue_of(shop.trackers["a"])
    other = shop.make_worker("worker-2")
    event = (IssueChanged("a", issue, project="P"),)
    await asyncio.gather(shop.worker.handle(event), other.handle(event))
    assert len(await shop.rows()) == 1
    assert len(await shop.sent()) == 1


async def test_a_trigger_of_another_project_asks_nothing(shop, issue_of) -> None:
    await trigger(shop, "c", "a")
    await shop.roster.reload()
    await shop.change("a", issue_of(shop.trackers["a"]), project="Q")
    await shop.change("a", "no such issue")
    assert await shop.rows() == []


async def test_a_mirror_is_not_taken_by_the_trigger_of_its_own_connection(shop, issue_of) -> None:
    await shop.add_peer()
    await trigger(shop, "c", "a")
    await shop.roster.reload()
    await receive(shop, message(1, {"summary": "s", "status": "todo"}))
    (mirror,) = shop.trackers["a"].issues.values()
    await shop.store.write(lambda c: connections.remove(c, "c"))
    await trigger(shop, "c2", "a")
    await shop.roster.reload()
    shop.worker.recent = Recent()
    shop.at += 1_000
    await shop.change("a", mirror.id)
    assert [row.connection for row in await shop.rows() if row.connection == "c2"] == []


async def test_a_chain_passes_on_and_a_circle_stops(shop, issue_of) -> None:
    await shop.add_connector("d")
    for here, there in (("a", "b"), ("b", "d"), ("d", "a")):
        await shop.add_local(here=here, there=there, shared=f"{here}{there}")
    for id in ("b-d.b", "d-a.d"):
        record = await shop.store.read(lambda c, id=id: connections.get(c, id))
        settings = ConnectionSettings(project="P", trigger=Trigger("P"))
        await shop.store.write(
            lambda c, id=record.id, s=settings: connections.update_settings(c, id, s, shop.at)
        )
    await shop.roster.reload()
    await shop.sync("a-b.a", issue_of(shop.trackers["a"]))
    for _ in range(4):
        await shop.rest()
        shop.at += 1_000
        for name in "abd":
            for id in list(shop.trackers[name].issues):
                await shop.change(name, id)
    assert [len(shop.trackers[name].issues) for name in "abd"] == [1, 1, 1]


# Deletions and decisions


async def test_a_deleted_issue_is_told_and_the_other_one_left_alone(local, issue_of) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    local.trackers["a"].person_deletes(issue)
    local.at += 1_000
    await local.change("a", issue, deleted=True)
    await local.rest()
    assert len(local.trackers["b"].issues) == 1
    assert (await local.row("a-b.b", twin)).stopped


async def undecided(shop: Any, issue_of: Any) -> tuple[str, str]:
    """A twin whose summary both sides have changed, under the policy to ask."""
    settings = ConnectionSettings(project="P", conflict_policy="park")
    await shop.store.write(lambda c: connections.update_settings(c, "c", settings, shop.at))
    await shop.roster.reload()
    issue = issue_of(shop.trackers["a"])
    twin = await shop.sync("c", issue)
    await receive(shop, message(1, {"summary": "s"}, twin=twin, have=1))
    shop.trackers["a"].person_sets(issue, "summary", "ours")
    await receive(shop, message(2, {"summary": "theirs"}, twin=twin, have=1))
    return issue, twin


async def test_a_conflict_may_wait_for_a_person_and_does_so_at_once(private, issue_of) -> None:
    issue, twin = await undecided(private, issue_of)
    (entry,) = await private.parked()
    assert (entry.twin, entry.fault, entry.attempts) == (twin, "undecided", 1)
    assert "--keep" in entry.remedy
    (choice,) = entry.choices
    assert (choice.field, choice.here, choice.there) == ("summary", "ours", "theirs")
    (told,) = await private.sent()
    assert (told.replica.fields["summary"], told.have) == ("ours", 1)
    assert private.trackers["a"].issues[issue].fields["summary"] == "ours"


@pytest.mark.parametrize(("keep", "stands"), [("local", "ours"), ("remote", "theirs")])
async def test_a_persons_decision_is_done_and_told(
    private, issue_of, keep: Any, stands: str
) -> None:
    issue, twin = await undecided(private, issue_of)
    assert await private.store.write(
        lambda c: resume(c, TwinKey("c", twin), keep, owner="person", now=private.at)
    )
    await private.worker.handle((TwinDue(twin, "c"),))
    assert private.trackers["a"].issues[issue].fields["summary"] == stands
    (sent,) = await private.sent()
    assert sent.replica.fields["summary"] == stands
    assert sent.replica.stamps["summary"].version == sent.version
    assert (await private.row("c", twin)).state.keep == ""
    assert await private.parked() == []
    (newest, *_) = await private.store.read(lambda c: conflicts.page(c, twin=twin))
    assert newest.conflict.decided_by == "person"


@pytest.mark.parametrize("decides", ["a", "b"])
async def test_both_sides_are_asked_and_one_decision_frees_both(
    local, issue_of, decides: str
) -> None:
    settings = ConnectionSettings(project="P", conflict_policy="park")
    for end in ("a-b.a", "a-b.b"):
        await local.store.write(
            lambda c, end=end: connections.update_settings(c, end, settings, local.at)
        )
    await local.roster.reload()
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    mirror = (await local.row("a-b.b", twin)).state.issue.id
    local.trackers["a"].person_sets(issue, "summary", "from a")
    local.trackers["b"].person_sets(mirror, "summary", "from b")
    local.at += 100_000
    await local.change("a", issue)
    await local.rest()
    shown = {entry.connection: entry.choices for entry in await local.parked()}
    values = {end: (choice.here, choice.there) for end, (choice,) in shown.items()}
    assert values == {"a-b.a": ("from a", "from b"), "a-b.b": ("from b", "from a")}
    end = f"a-b.{decides}"
    assert await local.store.write(
        lambda c: resume(c, TwinKey(end, twin), "local", owner="person", now=local.at)
    )
    await local.worker.handle((TwinDue(twin, end),))
    await local.rest()
    assert await local.parked() == []
    stands = {local.trackers["a"].issues[issue].fields["summary"],
              local.trackers["b"].issues[mirror].fields["summary"]}  # fmt: skip
    assert stands == {f"from {decides}"}


async def test_what_the_other_side_decided_frees_a_twin_that_waits(private, issue_of) -> None:
    issue, twin = await undecided(private, issue_of)
    decided = message(3, {"summary": "theirs"}, twin=twin, have=99)
    await receive(private, decided)
    assert private.trackers["a"].issues[issue].fields["summary"] == "theirs"
    assert await private.parked() == []


async def test_another_message_does_not_free_a_twin_that_is_parked_for_its_rule(
    private, issue_of
) -> None:
    issue = issue_of(private.trackers["a"])
    twin = await private.sync("c", issue)

    async def broken(*_: Any) -> Any:
        raise RuleError("no")

    private.engine.incoming = broken
    await receive(private, message(1, {"summary": "x"}, twin=twin))
    await receive(private, message(2, {"summary": "y"}, twin=twin))
    assert len(await private.parked()) == 1
    private.at += 1
    assert await private.store.write(lambda c: parked.unpark(c, "c", twin, private.at))


# What the other side lacks


async def test_content_that_is_not_held_is_asked_for_before_there_is_an_issue(private) -> None:
    long = plain("word " * 200)
    await receive(private, message(1, {"description": condense(long), "summary": "s"}))
    (cry,) = await private.sent()
    assert (cry.lacking, cry.issue, cry.version) == (True, "", 1)
    await receive(private, message(2, {"description": long, "summary": "s"}))
    assert len(private.trackers["a"].issues) == 1
    (first,) = await private.sent()
    assert first.version == 2, "the other side takes each version only once"
    assert first.issue != ""


async def test_comments_arrive_once_whatever_is_repeated(private) -> None:
    replica = Replica({"summary": "s"}, comments=(ReplicaComment("1", plain("hi"), version=1),))
    for _ in range(2):
        await receive(private, TwinMessage("t", "far", 1, 0, replica))
    (issue,) = private.trackers["a"].issues.values()
    assert len(issue.comments) == 1


async def test_an_internal_comment_is_not_written_where_everybody_would_read_it(
    local, issue_of
) -> None:
    issue = issue_of(local.trackers["a"])
    twin = await local.sync("a-b.a", issue)
    await local.rest()
    there = local.trackers["b"]
    there.capabilities = msgspec.structs.replace(there.capabilities, comment_internal=False)
    incoming = local.engine.incoming

    async def marks_internal(*given: Any) -> Any:
        wanted = await incoming(*given)
        comments = tuple(msgspec.structs.replace(c, internal=True) for c in wanted.comments)
        return msgspec.structs.replace(wanted, comments=comments)

    local.engine.incoming = marks_internal
    local.at += 1_000
    local.trackers["a"].person_comments(issue, "among us")
    await local.change("a", issue)
    await local.rest()
    (mirror,) = there.issues.values()
    assert mirror.comments == {}
    said = await local.store.read(lambda c: activity.page(c, twin=twin))
    notes = [note["event"] for row in said for note in row.activity.detail["notes"]]
    assert "comment.internal_unsupported" in notes

"""What the management API keeps: tokens, the audit log, answers, tasks; and what it looks up."""

import msgspec
import pytest

from schemas.access import AuditEntry
from schemas.bulk import TaskProblem, TaskProgress, TaskStart
from schemas.errors import InputError
from schemas.issue import IssueRef
from schemas.node import Activity
from schemas.replica import Replica
from schemas.triggers import TriggerSpec
from schemas.twin import Twin
from service.store import activity, answers, audit, outbox, tasks, tokens, triggers, twins
from service.store.audit import Filter
from service.store.store import Store
from service.store.tasks import TaskRow
from service.store.tokens import TokenRow
from service.store.triggers import TriggerRow
from service.store.twin_records import TwinKey
from service.store.twins import Search

NOW = 1_760_000_000_000
TOKEN = TokenRow("t1", "ci 日", b"d" * 32, "operator", True, ("c1", "c2"), NOW, "ann", NOW + 10)


async def test_a_token_is_found_by_its_digest_alone(store: Store):
    await store.write(lambda c: tokens.add(c, TOKEN, NOW))
    assert await store.read(lambda c: tokens.by_digest(c, b"d" * 32)) == TOKEN
    assert await store.read(lambda c: tokens.by_digest(c, b"e" * 32)) is None
    assert await store.read(lambda c: tokens.named(c, "ci 日")) == TOKEN
    await store.write(lambda c: tokens.used(c, "t1", NOW + 5))
    (listed,) = await store.read(lambda c: tokens.page(c, offset=0, limit=5))
    assert listed.last_used == NOW + 5
    assert (TOKEN.is_good(NOW + 9), TOKEN.is_good(NOW + 10)) == (True, False)


async def test_the_name_of_a_token_is_free_once_it_is_good_no_more(store: Store):
    await store.write(lambda c: tokens.add(c, TOKEN, NOW))
    again = msgspec.structs.replace(TOKEN, id="t2", digest=b"e" * 32)
    with pytest.raises(InputError, match="already") as caught:
        await store.write(lambda c: tokens.add(c, again, NOW))
    assert caught.value.status == 409
    assert await store.write(lambda c: tokens.revoke(c, "ci 日", NOW + 1))
    assert not await store.write(lambda c: tokens.revoke(c, "ci 日", NOW + 2))
    await store.write(lambda c: tokens.add(c, again, NOW + 3))
    assert await store.read(tokens.count) == 1
    assert await store.read(lambda c: tokens.by_digest(c, b"d" * 32)) is None


async def test_the_audit_log_keeps_what_was_begun_and_how_it_ended(store: Store):
    def entry(action: str, target: str) -> AuditEntry:
        return AuditEntry(0, NOW, "ann", action, target, given={"a": "\x00ñ"}, before=[1])

    first = await store.write(lambda c: audit.begin(c, entry("sync", "/sync")))
    second = await store.write(lambda c: audit.begin(c, entry("connector_add", "/connectors")))
    await store.write(lambda c: audit.end(c, first, 200, {"twin": "t"}))
    await store.write(lambda c: audit.end(c, 999, 200, None))
    whole = await store.read(lambda c: audit.page(c, Filter(), offset=0, limit=9))
    assert [(each.id, each.status) for each in whole] == [(second, 0), (first, 200)]
    assert whole[1] == AuditEntry(
        first, NOW, "ann", "sync", "/sync", 200, {"a": "\x00ñ"}, [1], {"twin": "t"}
    )
    only = Filter(action="sync", caller="ann")
    assert await store.read(lambda c: audit.count(c, only)) == 1
    assert await store.read(lambda c: audit.page(c, only, offset=1, limit=9)) == []
    older = await store.read(lambda c: audit.page(c, Filter(), after=second, limit=9))
    assert [each.id for each in older] == [first]
    assert await store.write(lambda c: audit.prune(c, NOW)) == 0
    assert await store.write(lambda c: audit.prune(c, NOW + 1)) == 2


async def test_an_answer_is_kept_sealed_for_its_key_until_it_is_old(store: Store):
    vault = store.vault

    async def begin(key: str, now: int) -> answers.KeptAnswer | None:
        return await store.write(
            lambda c: answers.begin(c, vault, "ann", key, b"digest", now=now, ttl=100)
        )

    assert await begin("k", NOW) is None
    assert await begin("k", NOW) == answers.KeptAnswer(b"digest", 0, b"")
    await store.write(lambda c: answers.keep(c, vault, "ann", "k", 201, b"canary"))
    assert await begin("k", NOW + 100) == answers.KeptAnswer(b"digest", 201, b"canary")
    assert await begin("k", NOW + 101) is None
    await store.write(lambda c: answers.forget(c, "ann", "k"))
    assert await begin("k", NOW + 102) is None


async def test_tasks_are_kept_and_those_under_way_are_interrupted_with_their_daemon(store: Store):
    def row(number: int, owner: str) -> TaskRow:
        start = TaskStart("sync", "c", ("A-1",))
        return TaskRow(f"k{number}", NOW + number, "running", owner, start, TaskProgress("ann", 1))

    for number, owner in enumerate(("here", "there", "here")):
        await store.write(lambda c, n=number, o=owner: tasks.add(c, row(n, o)))
    problems = TaskProgress("ann", 1, 1, 1, problems=(TaskProblem("A-1", "gone"),))
    await store.write(lambda c: tasks.update(c, "k2", "done", "here", problems))
    assert await store.write(lambda c: tasks.interrupt(c, "here")) == 1
    listed = await store.read(lambda c: tasks.page(c, "", offset=0, limit=9))
    assert [(each.id, each.status) for each in listed] == [
        ("k2", "done"),
        ("k1", "running"),
        ("k0", "interrupted"),
    ]
    assert listed[0].progress == problems
    assert await store.read(lambda c: tasks.count(c, "running")) == 1
    assert await store.read(lambda c: tasks.get(c, "k9")) is None


async def test_twins_are_found_by_either_sides_key_and_counted(ready: Store):
    for number, remote in ((1, "ENG-1"), (2, "ENG-12"), (3, "ENG-1")):
        twin = Twin(
            f"s{number}",
            "c1",
            IssueRef(f"9{number}", f"SRCH-{number}", ""),
            remote_issue=f"7{number}",
            replica=Replica(key=remote),
        )
        await ready.write(lambda c, t=twin: twins.create(c, t, "jira", NOW, due_at=NOW + 5))

    async def look(**wanted: object) -> list[str]:
        search = Search(**wanted)
        rows = await ready.read(lambda c: twins.search(c, search, offset=0, limit=50))
        assert await ready.read(lambda c: twins.found(c, search)) == len(rows)
        return [row.twin for row in rows]

    assert await look(remote="ENG-1") == ["s1", "s3"]
    assert await look(remote="72") == ["s2"]
    last = TwinKey("c1", "s1")
    on = await ready.read(lambda c: twins.search(c, Search(remote="ENG-1"), after=last, limit=9))
    assert [row.twin for row in on] == ["s3"]
    assert await look(issue="SRCH-3", connection="c1") == ["s3"]
    assert await look(remote="ENG-1", connection="c2") == []
    assert await look(remote="ENG-1", status="parked") == []
    assert await look(remote="ENG-1", status="working", now=NOW) == ["s1", "s3"]
    await ready.write(lambda c: twins.set_due(c, "c1", "s1", None))
    await ready.write(lambda c: outbox.put(c, "p1", "c1", "s1", b"x", NOW))
    assert await look(remote="ENG-1", status="waiting", now=NOW) == ["s1"]
    await ready.write(lambda c: outbox.remove(c, "c1"))
    assert await look(remote="ENG-1", status="in_step", now=NOW) == ["s1"]
    assert await look(remote="ENG-1", status="working", now=NOW) == ["s3"]
    await ready.write(lambda c: twins.set_due(c, "c1", "s1", NOW + 5))
    before = await ready.read(lambda c: twins.waiting(c, NOW))
    after = await ready.read(lambda c: twins.waiting(c, NOW + 5))
    assert after.due - before.due == before.later - after.later == 3


async def test_triggers_are_kept_by_name_and_read_all_at_once(ready: Store):
    def fill(c):
        for connection, name, active in (("c2", "a", True), ("c1", "b", False), ("c1", "a", True)):
            triggers.put(c, TriggerRow(connection, name, TriggerSpec("P", active=active), NOW))
        triggers.put(c, TriggerRow("c1", "a", TriggerSpec("Q"), NOW + 9))

    await ready.write(fill)
    rows = await ready.read(triggers.all)
    assert [(row.connection, row.name) for row in rows] == [("c1", "a"), ("c1", "b"), ("c2", "a")]
    assert (rows[0].spec.project, rows[0].created) == ("Q", NOW)
    active = await ready.read(triggers.active)
    assert [(row.connection, row.name) for row in active] == [("c1", "a"), ("c2", "a")]
    assert await ready.write(lambda c: triggers.remove(c, "c1", "b"))
    assert not await ready.write(lambda c: triggers.remove(c, "c1", "b"))
    assert await ready.read(lambda c: triggers.of_connection(c, "c1")) == rows[:1]


async def test_the_activity_is_read_on_from_an_entry(store: Store):
    assert await store.read(activity.newest) == 0
    for number in range(5):
        entry = Activity(NOW, f"event.{number}", "c", "t")
        await store.write(lambda c, e=entry: activity.append(c, e))
    newest = await store.read(activity.newest)
    rows = await store.read(lambda c: activity.since(c, newest - 3, limit=2))
    assert [row.activity.event for row in rows] == ["event.2", "event.3"]
    assert await store.read(lambda c: activity.count(c, connection="c", twin="t")) == 5
    page = await store.read(lambda c: activity.page(c, offset=3, limit=9))
    assert [row.activity.event for row in page] == ["event.1", "event.0"]

"""Pairs are forgotten on both sides with one command; both issues stay, and can be paired again."""

import asyncio
from collections import Counter

import pytest

from schemas.bulk import TaskDetail, TaskRowsQuery, TaskStart
from schemas.errors import InputError
from schemas.pairs_api import PairAgainBody, PairClaim, PairsQuery
from schemas.twin_api import SyncBody, TwinStop
from service.store import outbox
from tests.unit.service.workers.operations.conftest import Office
from tests.unit.service.workers.operations.test_life import NAME, edit, paired, summaries, work

Offices = tuple[Office, Office]


@pytest.fixture
async def offices(offices: Offices) -> Offices:
    await paired(*offices)
    return offices


async def begun(private: Office, public: Office, *names: str) -> list[str]:
    tracker = private.shop.trackers["tracker"]
    issues = []
    for name in names:
        fields = {"summary": name, "status": "todo", "labels": ()}
        issues.append(tracker.person_creates(fields))
        await private.operations.sync(SyncBody(issues[-1]))
    await travels(private, public)
    return issues


async def travels(private: Office, public: Office) -> None:
    for _ in range(3):
        await private.says_to(public)
        await work(public, private)


async def run(office: Office, **given: object) -> TaskDetail:
    start = TaskStart("clean_up", NAME, **given)  # type: ignore[arg-type]
    task = await office.operations.start_task(start, "ann")
    await asyncio.gather(*office.bulk._running.values())
    return await office.operations.task(task.id)


async def test_a_dry_run_counts_by_status_and_all_need_that_number(offices: Offices) -> None:
    public, private = offices
    issues = await begun(private, public, "one", "two", "three")
    (view, *_) = (await private.operations.pairs(NAME, PairsQuery())).results
    await private.operations.stop_twin(NAME, view.twin, TwinStop())
    before = await private.shop.rows()
    seen = await run(private, dry_run=True)
    rows = (await private.operations.task_rows(seen.id, TaskRowsQuery())).results
    assert Counter(row.outcome for row in rows)["stopped"] == 1
    assert (seen.total, await private.shop.rows()) == (len(issues), before)
    for confirmed in (None, 2):
        with pytest.raises(InputError, match="3 pairs") as caught:
            await run(private, confirmed=confirmed)
        assert caught.value.status == 409


async def test_both_sides_forget_and_nothing_travels_any_more(offices: Offices) -> None:
    public, private = offices
    first, second = await begun(private, public, "one", "two")
    edit(private, first, "one, edited")
    await private.shop.change("tracker", first)
    assert (await run(private, confirmed=2)).failed == 0
    # What had waited to be told is told no more, but that the pairs are over.
    await travels(private, public)
    for office in offices:
        assert (await office.operations.pairs(NAME, PairsQuery())).results == ()
        assert all(row.state.issue is None and row.stopped for row in await office.shop.rows())
        assert await office.shop.parked() == []
    assert sorted(summaries(public)) == ["one", "two"]
    edit(private, second, "two, edited")
    await private.shop.change("tracker", second)
    await travels(private, public)
    assert sorted(summaries(public)) == ["one", "two"]
    assert await private.shop.store.read(lambda c: outbox.count(c, public.identity.id)) == 0
    (row, *_) = await private.shop.rows()
    with pytest.raises(InputError, match="cleaned up"):
        await private.operations.start_twin(NAME, row.twin)
    assert (await run(private, confirmed=0)).total == 0


async def test_the_same_pairs_are_connected_again_from_the_list_that_was_kept(
    offices: Offices,
) -> None:
    public, private = offices
    (issue,) = await begun(private, public, "one")
    lists = {o: (await o.operations.pairs(NAME, PairsQuery())).results for o in offices}
    for turn in ("again", "once more"):
        await run(private, confirmed=1)
        await travels(private, public)
        for office, kept in lists.items():
            claims = tuple(PairClaim(pair.local_id, pair.remote_id) for pair in kept)
            report = await office.operations.pair_again(NAME, PairAgainBody(claims))
            assert [row.outcome for row in report.rows] == ["paired"]
        await work(public, private)
        await travels(private, public)
        edit(private, issue, turn)
        await private.shop.change("tracker", issue)
        await travels(private, public)
        assert (summaries(private), summaries(public)) == ([turn], [turn])


async def test_named_issues_alone_are_forgotten_and_can_begin_anew(offices: Offices) -> None:
    public, private = offices
    first, second = await begun(private, public, "one", "two")
    ended = await run(private, issues=(first, "nowhere"))
    assert (ended.done, ended.failed) == (2, 1)
    await travels(private, public)
    edit(private, second, "two, edited")
    await private.shop.change("tracker", second)
    await private.operations.sync(SyncBody(first))
    await travels(private, public)
    assert sorted(summaries(public)) == ["one", "one", "two, edited"]
    assert len((await public.operations.pairs(NAME, PairsQuery())).results) == 2

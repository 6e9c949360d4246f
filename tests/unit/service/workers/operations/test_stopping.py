"""A twin is stopped and goes on, from either side, and both sides know."""

from typing import Any

import pytest

from schemas.events import TwinDue
from schemas.twin_api import ActivityQuery, SyncBody, TwinQuery, TwinStop, TwinView
from service.store import twins
from tests.unit.service.workers.operations.conftest import Office
from tests.unit.service.workers.operations.test_life import NAME, paired

WHY = "They keep this one to themselves."


async def settle(one: Office, other: Office) -> None:
    """All that is due on each, and all that they have to say to each other."""
    for _ in range(6):
        for office in (one, other):
            office.shop.at += 1_000
            now = office.shop.at
            due = await office.shop.store.read(lambda c, now=now: twins.due(c, now))
            await office.shop.worker.handle([TwinDue(key.twin, key.connection) for key in due])
        await other.says_to(one)


async def view(office: Office) -> TwinView:
    (found,) = (await office.operations.twins(TwinQuery())).results
    return found


def held(office: Office) -> list[Any]:
    issues = office.shop.trackers["tracker"].issues.values()
    return [(i.fields["summary"], [c.body for c in i.comments.values()]) for i in issues]


async def edit(office: Office, **fields: Any) -> None:
    tracker = office.shop.trackers["tracker"]
    (id,) = tracker.issues
    tracker.clock.at = office.shop.at = office.shop.at + 60_000
    for name, value in fields.items():
        if name == "comment":
            tracker.person_comments(id, value)
        else:
            tracker.person_sets(id, name, value)
    row = (await office.shop.rows())[0]
    now = office.shop.at
    await office.shop.store.write(lambda c: twins.set_due(c, row.connection, row.twin, now))


@pytest.fixture
async def synced(offices, issue_of) -> tuple[Office, Office]:
    public, private = offices
    await paired(public, private)
    issue = issue_of(private.shop.trackers["tracker"], summary="first")
    await private.operations.sync(SyncBody(issue))
    await settle(public, private)
    assert held(public)[0][0] == "first"
    return public, private


@pytest.mark.parametrize("starter", [0, 1])
@pytest.mark.parametrize("stopper", [0, 1])
async def test_it_rests_on_both_sides_and_goes_on_from_either(synced, stopper, starter) -> None:
    here, there = synced[stopper], synced[1 - stopper]
    twin = await view(here)
    stopped = await here.operations.stop_twin(NAME, twin.id, _body(WHY))
    assert (stopped.status, stopped.stopped_by, stopped.stop_reason) == ("stopped", "local", WHY)
    await settle(*synced)
    told = await view(there)
    assert (told.status, told.stopped_by, told.stop_reason) == ("stopped", "remote", WHY)

    await edit(here, summary="edited meanwhile", comment="a remark")
    await edit(there, comment="another")
    await settle(*synced)
    assert len({tuple(map(str, held(office))) for office in synced}) == 2, "something crossed"

    started = await synced[starter].operations.start_twin(NAME, twin.id)
    assert started.stopped_by == ""
    await settle(*synced)
    assert [(await view(office)).status for office in synced] == ["in_step", "in_step"]
    for office in synced:
        ((summary, comments),) = held(office)
        assert (summary, len(comments)) == ("edited meanwhile", 2)


async def test_both_stop_at_once_and_one_start_is_enough(synced) -> None:
    twin = await view(synced[0])
    for office in synced:
        await office.operations.stop_twin(NAME, twin.id, _body(""))
    await settle(*synced)
    assert [(await view(office)).stopped_by for office in synced] == ["local", "local"]
    await synced[0].operations.start_twin(NAME, twin.id)
    await edit(synced[1], summary="later")
    await settle(*synced)
    assert [held(office)[0][0] for office in synced] == ["later", "later"]


async def test_what_was_under_way_when_it_was_stopped_is_not_lost_by_a_start(synced) -> None:
    here, there = synced
    twin = await view(here)
    await edit(there, summary="under way")
    due = TwinDue(twin.id, (await there.shop.rows())[0].connection)
    await there.shop.worker.handle([due])
    await here.operations.stop_twin(NAME, twin.id, _body(WHY))
    await there.says_to(here)
    await settle(*synced)
    assert held(here)[0][0] == "first"
    await here.operations.start_twin(NAME, twin.id)
    await settle(*synced)
    assert [held(office)[0][0] for office in synced] == ["under way", "under way"]


async def test_one_that_the_other_side_does_not_know_yet_rests_there_and_is_made_once(
    offices, issue_of
) -> None:
    public, private = offices
    await paired(public, private)
    await private.operations.sync(SyncBody(issue_of(private.shop.trackers["tracker"])))
    twin = await view(private)
    await private.operations.stop_twin(NAME, twin.id, _body(WHY))
    await settle(public, private)
    assert held(public) == []
    assert (await view(public)).stop_reason == WHY
    await public.operations.start_twin(NAME, twin.id)
    await settle(public, private)
    assert len(held(public)) == 1
    assert (await view(public)).status == "in_step"


async def test_the_log_of_the_other_side_tells_why(synced) -> None:
    here, there = synced
    await here.operations.stop_twin(NAME, (await view(here)).id, _body(WHY))
    await settle(*synced)
    newest = (await there.operations.activity(ActivityQuery())).results[0]
    assert {"event": "twin.stopped_there", "reason": WHY} in newest.detail["notes"]


def _body(reason: str) -> Any:
    return TwinStop(reason)

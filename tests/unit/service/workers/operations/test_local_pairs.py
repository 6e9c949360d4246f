"""Issues that exist at both ends of a connection on one node, whose admin speaks for both."""

import asyncio
from typing import Any

import pytest

from schemas.bulk import TaskDetail, TaskRowsQuery, TaskStart
from schemas.pairs_api import PairAgainBody, PairClaim
from tests.unit.service.workers.operations.conftest import Office


@pytest.fixture
def office(local_office: Office) -> Office:
    return local_office


def written(office: Office, tracker: str, summary: str) -> str:
    fields = {"summary": summary, "status": "todo", "labels": ()}
    return office.shop.trackers[tracker].person_creates(fields)


def boards(office: Office) -> dict[str, list[Any]]:
    return {
        name: sorted(held.fields["summary"] for held in tracker.issues.values())
        for name, tracker in office.shop.trackers.items()
    }


async def settle(office: Office) -> None:
    events, office.shop.published = office.shop.published, []
    await office.shop.worker.handle(tuple(events))
    await office.shop.rest()


async def done(office: Office, id: str) -> TaskDetail:
    await asyncio.gather(*office.bulk._running.values())
    return await office.operations.task(id)


@pytest.mark.parametrize("end", ["here", "there"])
async def test_two_issues_become_a_pair_at_once_and_go_on_in_step(office: Office, end: str) -> None:
    issues = {name: written(office, name, name) for name in ("tracker", "other")}
    name, mine, theirs = "here", issues["tracker"], issues["other"]
    if end == "there":
        name, mine, theirs = office.other_end("here"), theirs, mine
    body = PairAgainBody((PairClaim(mine, theirs),))
    assert (await office.operations.pair_again(name, body)).rows[0].outcome == "paired"
    assert (await office.operations.pair_again(name, body)).rows[0].outcome == "already"
    await settle(office)
    # The inviter's end speaks first; nothing was created.
    assert boards(office) == {"tracker": ["tracker"], "other": ["tracker"]}
    for tracker, summary in (("other", "edited there"), ("tracker", "edited here")):
        office.shop.at += 10_000
        office.shop.trackers[tracker].person_sets(issues[tracker], "summary", summary)
        await office.shop.change(tracker, issues[tracker])
        await office.shop.rest()
        assert boards(office) == {"tracker": [summary], "other": [summary]}


async def test_the_end_that_listens_says_nothing_before_the_other_has_spoken(
    office: Office,
) -> None:
    mine, theirs = written(office, "tracker", "ours"), written(office, "other", "theirs")
    await office.operations.pair_again("here", PairAgainBody((PairClaim(mine, theirs),)))
    office.shop.trackers["other"].person_sets(theirs, "summary", "edited meanwhile")
    await office.shop.change("other", theirs)
    assert boards(office) == {"tracker": ["ours"], "other": ["edited meanwhile"]}
    await settle(office)
    both = boards(office)
    assert both["tracker"] == both["other"]


async def test_bulk_connect_tells_each_row(office: Office) -> None:
    ours = [written(office, "tracker", f"ours {n}") for n in range(3)]
    theirs = [written(office, "other", f"theirs {n}") for n in range(3)]
    pairs = (
        PairClaim(ours[0], theirs[0]),
        PairClaim(ours[1], "nowhere"),
        PairClaim("nowhere", theirs[1]),
        PairClaim(ours[2], theirs[0]),
    )
    for dry_run, states in ((True, 0), (False, 2)):
        start = TaskStart("pair", "here", pairs=pairs, dry_run=dry_run)
        task = await office.operations.start_task(start, "ann")
        ended = await done(office, task.id)
        assert (ended.done, ended.failed) == (4, 3)
        assert len(await office.shop.rows()) == states
    rows = (await office.operations.task_rows(task.id, TaskRowsQuery())).results
    assert [row.outcome for row in rows] == ["paired", "failed", "failed", "failed"]
    await settle(office)
    assert boards(office)["other"] == ["ours 0", "theirs 1", "theirs 2"]
    taken = PairAgainBody((PairClaim(ours[1], theirs[0]),))
    (row,) = (await office.operations.pair_again("here", taken)).rows
    assert (row.outcome, "another issue" in row.detail) == ("not_allowed", True)

"""Fields that are mapped later reach all pairs with one command, whichever side mapped them."""

import asyncio
from typing import Any

import pytest

from schemas.bulk import TaskDetail, TaskStart
from schemas.error_api import RetryOne
from schemas.rule_life import RulesPut
from schemas.twin_api import SyncBody
from service.store import conflicts
from tests.unit.service.workers.operations.conftest import IN, OUT, Office

OUT_TOO = OUT.replace("comments=", "priority=issue.priority, comments=")
IN_TOO = IN.replace("comments=", "priority=replica.priority, comments=")
COUNT = 5


@pytest.fixture
def office(local_office: Office) -> Office:
    return local_office


async def begin(office: Office) -> None:
    tracker = office.shop.trackers["tracker"]
    for number in range(COUNT):
        issue = tracker.person_creates(
            {"summary": f"Crash {number}", "status": "todo", "labels": (), "priority": "High"}
        )
        await office.operations.sync(SyncBody(issue, "here"))
    await office.shop.rest()


async def settle(office: Office) -> None:
    events, office.shop.published = office.shop.published, []
    await office.shop.worker.handle(tuple(events))
    await office.shop.rest()


async def rechecked(office: Office) -> TaskDetail:
    office.shop.at += 10_000
    office.told.clear()
    task = await office.operations.start_task(TaskStart("recheck", "here"), "ann")
    await asyncio.gather(*office.bulk._running.values())
    await settle(office)
    return await office.operations.task(task.id)


def priorities(office: Office) -> list[Any]:
    return [i.fields.get("priority") for i in office.shop.trackers["other"].issues.values()]


async def rules(office: Office, name: str, outgoing: str, incoming: str) -> None:
    saved = await office.operations.save_rules(name, RulesPut(outgoing, incoming), "ann")
    assert saved.findings == ()


async def test_a_field_that_leaves_from_now_on_reaches_every_pair(office: Office) -> None:
    await rules(office, office.other_end("here"), OUT, IN_TOO)
    await begin(office)
    assert priorities(office) == [None] * COUNT
    await rules(office, "here", OUT_TOO, IN)
    ended = await rechecked(office)
    assert (ended.status, ended.total, ended.done, ended.failed) == (
        "done",
        2 * COUNT,
        2 * COUNT,
        0,
    )
    assert [row.progress.total for row in office.told] == [2 * COUNT] * len(office.told)
    assert priorities(office) == ["High"] * COUNT


async def test_a_field_that_is_taken_in_from_now_on_is_written_to_every_pair(
    office: Office,
) -> None:
    await rules(office, "here", OUT_TOO, IN)
    await begin(office)
    assert priorities(office) == [None] * COUNT
    await rules(office, office.other_end("here"), OUT, IN_TOO)
    writes = office.shop.trackers["tracker"].writes
    assert (await rechecked(office)).failed == 0
    assert priorities(office) == ["High"] * COUNT
    before = office.shop.trackers["other"].writes
    assert (await rechecked(office)).failed == 0
    assert office.shop.trackers["other"].writes == before
    assert office.shop.trackers["tracker"].writes == writes


async def test_what_a_person_wrote_into_it_meanwhile_is_kept_where_it_loses(office: Office) -> None:
    await rules(office, "here", OUT_TOO, IN)
    await begin(office)
    other = office.shop.trackers["other"]
    mirror = next(iter(other.issues))
    other.person_sets(mirror, "priority", "Lowest")
    await rules(office, office.other_end("here"), OUT_TOO, IN_TOO)
    await rechecked(office)
    assert priorities(office) == ["High"] * COUNT
    end = office.shop.roster.connection_named(office.other_end("here")).record.id
    lost = await office.shop.store.read(lambda c: conflicts.page(c, connection=end))
    assert [(each.conflict.field, each.conflict.lost) for each in lost] == [("priority", "Lowest")]


async def test_a_parked_pair_is_asked_anew_once_it_goes_on(office: Office) -> None:
    strict = IN.replace(
        "    return", '    if replica.status == "odd":\n        stop("ask")\n    return'
    )
    there = office.other_end("here")
    await rules(office, "here", OUT_TOO, IN)
    await rules(office, there, OUT, strict)
    await begin(office)
    tracker = office.shop.trackers["tracker"]
    issue = next(iter(tracker.issues))
    tracker.person_sets(issue, "status", "odd")
    office.shop.at += 10_000
    await office.shop.change("tracker", issue)
    await office.shop.rest()
    await rules(office, there, OUT, IN_TOO)
    assert (await rechecked(office)).failed == 0
    assert priorities(office).count("High") == COUNT - 1
    (parked,) = await office.shop.parked()
    await office.operations.retry(there, parked.twin, RetryOne())
    await settle(office)
    assert priorities(office) == ["High"] * COUNT

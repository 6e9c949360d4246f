"""Triggers of a connection: kept, previewed, acted upon, and bulk work that they choose."""

import asyncio
from typing import Any

import pytest

from adapters.port import SearchPage
from schemas.api import PageQuery
from schemas.bulk import TaskRowsQuery, TaskStart
from schemas.errors import Fault, InputError, TrackerError
from schemas.triggers import FieldCondition, TriggerSpec
from service.workers.operations import triggers as operations
from tests.simulation.model_tracker import ModelTracker
from tests.unit.service.workers.operations.conftest import Office


class Searched(ModelTracker):
    """Its query is a word of the summary; two issues make a page."""

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        if query.startswith("?"):
            raise TrackerError(Fault.VALIDATION, "Wrong at character 1.", remedy="Correct it.")
        refs = [
            (await self.resolve(id))
            for id, held in sorted(self.issues.items())
            if query in str(held.fields["summary"]) and issue in ("", id)
        ]
        start = int(cursor or 0)
        more = str(start + 2) if start + 2 < len(refs) else ""
        return SearchPage(tuple(refs[start : start + 2]), more)


@pytest.fixture
async def office(offices: tuple[Office, Office]) -> Office:
    office = offices[0]
    await office.shop.add_peer()
    connector = next(iter(office.shop.roster.connectors))
    await office.shop.add_connection("c", connector, name="a-g")
    await office.shop.roster.reload()
    tracker = office.shop.trackers["tracker"]
    tracker.__class__ = Searched
    return office


def write(office: Office, *summaries: str, **fields: Any) -> list[str]:
    tracker = office.shop.trackers["tracker"]
    return [tracker.person_creates({"summary": summary, **fields}) for summary in summaries]


async def under_sync(office: Office) -> set[str]:
    rows = await office.shop.rows()
    return {row.state.issue.id for row in rows if row.state.issue}


async def keep(office: Office, name: str = "t", **spec: Any) -> None:
    await office.operations.put_trigger("a-g", name, TriggerSpec(**spec))


async def done(office: Office, task: str) -> Any:
    while (found := await office.operations.task(task)).status in ("waiting", "running"):
        await asyncio.sleep(0)
    return found


async def test_a_trigger_is_kept_shown_and_removed(office):
    await keep(office, "one", query="shared", notes="For them")
    await keep(office, "two", labels=("x",), active=False)
    page = await office.operations.triggers("a-g", PageQuery())
    assert [(t.name, t.spec.query, t.spec.active) for t in page.results] == [
        ("one", "shared", True),
        ("two", "", False),
    ]
    await office.operations.remove_trigger("a-g", "one")
    with pytest.raises(InputError) as caught:
        await office.operations.trigger("a-g", "one")
    assert caught.value.status == 404


async def test_a_wrong_query_is_not_kept(office):
    with pytest.raises(InputError) as caught:
        await keep(office, query="?wrong")
    assert (caught.value.field, caught.value.status) == ("query", 400)
    assert "character 1" in caught.value.message
    assert (await office.operations.triggers("a-g", PageQuery())).count == 0


async def test_a_query_takes_what_the_tracker_finds_and_nothing_else(office):
    await keep(office, query="shared")
    fits, other = write(office, "shared one", "other")
    for issue in (fits, other):
        await office.shop.change("tracker", issue)
    assert await under_sync(office) == {fits}


@pytest.mark.parametrize(
    ("spec", "fields", "taken"),
    [
        (
            {"fields": (FieldCondition("priority", ("High", "Highest")),)},
            {"priority": "High"},
            True,
        ),
        ({"fields": (FieldCondition("priority", ("High",)),)}, {"priority": "Low"}, False),
        ({"fields": (FieldCondition("priority", none_of=("Low",)),)}, {"priority": "Low"}, False),
        ({"fields": (FieldCondition("priority", filled=True),)}, {}, False),
        ({"fields": (FieldCondition("priority", filled=False),)}, {}, True),
        ({"labels": ("a", "b")}, {"labels": ("a", "b", "c")}, True),
        ({"labels": ("a", "b")}, {"labels": ("a",)}, False),
        ({"types": ("Bug",)}, {"type": "Bug"}, True),
        ({"types": ("Bug",)}, {"type": "Task"}, False),
        ({"active": False}, {}, False),
    ],
)
async def test_conditions_tell_which_issues_come_in(office, spec, fields, taken):
    await keep(office, **spec)
    (issue,) = write(office, "an issue", **fields)
    await office.shop.change("tracker", issue)
    assert (await under_sync(office) == {issue}) is taken


async def test_several_triggers_take_what_any_of_them_wants(office):
    await keep(office, "one", labels=("a",))
    await keep(office, "two", query="shared")
    (first,), (second,), (third,) = (
        write(office, "labelled", labels=("a",)),
        write(office, "shared"),
        write(office, "neither"),
    )
    for issue in (first, second, third):
        await office.shop.change("tracker", issue)
    assert await under_sync(office) == {first, second}


async def test_a_preview_tells_how_many_and_which(office, monkeypatch):
    monkeypatch.setattr(operations, "ASK_ABOVE", 2)
    issues = write(office, "shared 1", "shared 2", "other", "shared 3")
    await keep(office, query="shared")
    await office.shop.change("tracker", issues[0])
    seen = await office.operations.preview_trigger("a-g", TriggerSpec(query="shared"))
    assert (seen.count, seen.fresh, seen.complete, seen.confirm) == (3, 2, True, True)
    assert [i.under_sync for i in seen.issues] == [True, False, False]
    by_condition = await office.operations.preview_trigger("a-g", TriggerSpec(project="P"))
    assert by_condition.count == 4


async def test_bulk_sync_by_a_trigger_needs_the_number_and_takes_all(office, monkeypatch):
    monkeypatch.setattr(operations, "ASK_ABOVE", 2)
    issues = write(office, "shared 1", "shared 2", "other", "shared 3")
    await keep(office, query="shared", active=False)
    for confirmed in (None, 2):
        body = TaskStart("sync", "a-g", trigger="t", confirmed=confirmed)
        with pytest.raises(InputError, match="3 issues") as caught:
            await office.operations.start_task(body, "ann")
        assert caught.value.status == 409
    body = TaskStart("sync", "a-g", trigger="t", confirmed=3)
    task = await office.operations.start_task(body, "ann")
    assert (await done(office, task.id)).failed == 0
    assert await under_sync(office) == {issues[0], issues[1], issues[3]}
    again = await office.operations.start_task(body, "ann")
    await done(office, again.id)
    rows = await office.operations.task_rows(again.id, TaskRowsQuery())
    assert [row.outcome for row in rows.results] == ["rang"] * 3
    stop = await office.operations.start_task(
        TaskStart("stop", "a-g", trigger="t", confirmed=3), "ann"
    )
    assert (await done(office, stop.id)).failed == 0
    assert all(row.stopped for row in await office.shop.rows())


async def test_recheck_rings_all_that_is_under_sync(office):
    issues = write(office, "one", "two")
    for issue in issues:
        await office.shop.sync("c", issue)
    office.shop.published.clear()
    task = await office.operations.start_task(TaskStart("recheck", "a-g"), "ann")
    ended = await done(office, task.id)
    assert (ended.total, ended.done, ended.failed) == (2, 2, 0)
    assert len(office.shop.published) == 2

"""Mapping tables over HTTP: checked when saved, ids behind names, and one answer frees all."""

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.jira.simulator import catalogue
from schemas.errors import InputError
from schemas.issue import Issue
from schemas.mapping import FieldFlow, MappedValue, MappingBody, MappingSolution, MappingTable
from service.store.store import Store
from service.workers.metadata import LASTS
from service.workers.operations.errors import ErrorOperations
from service.workers.operations.mapping import MappingOperations
from tests.unit.service.workers.desks import desk_of
from tests.unit.service.workers.jiras import Jiras, open_jiras

END = "a-b.b"
LOWEST_IS_HIGH = MappingTable((MappedValue("Lowest", "High"),))


@pytest.fixture
async def jiras(store: Store) -> AsyncIterator[Jiras]:
    async with open_jiras(store, mode="visual") as opened:
        yield opened


@pytest.fixture
def mapping(jiras: Jiras) -> MappingOperations:
    desk = desk_of(jiras.shop)
    return MappingOperations(desk, ErrorOperations(desk))


async def held(jiras: Jiras, issue: Issue) -> dict:
    return await jiras.held(await jiras.sync(issue))


async def begin(jiras: Jiras, **fields) -> Issue:
    issue = await jiras.write("Bug", **fields)
    await jiras.shop.sync("a-b.a", issue.ref.id)
    await jiras.work()
    return issue


@pytest.fixture(autouse=True)
def priorities() -> Iterator[None]:
    """In their order again: other tests read it."""
    kept = dict(catalogue.PRIORITIES)
    yield
    catalogue.PRIORITIES.clear()
    catalogue.PRIORITIES.update(kept)


def renamed(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    monkeypatch.setitem(catalogue.PRIORITIES, new, catalogue.PRIORITIES[old])
    monkeypatch.delitem(catalogue.PRIORITIES, old)


async def test_values_are_mapped_by_the_table_and_keep_their_meaning_when_they_are_renamed(
    jiras: Jiras, mapping: MappingOperations, monkeypatch
) -> None:
    view = await mapping.save(END, MappingBody({"priority": LOWEST_IS_HIGH}))
    (line,) = view.tables["priority"].values
    assert (line.there_id, line.here_id) == ("5", "2")
    first = await jiras.write("Bug", priority="Lowest")
    assert (await held(jiras, first))["priority"] == "High"
    renamed(monkeypatch, "High", "Really urgent")
    renamed(monkeypatch, "Lowest", "Trivial")
    jiras.shop.at += LASTS
    second = await jiras.write("Bug", priority="Trivial")
    assert (await held(jiras, second))["priority"] == "Really urgent"


@pytest.mark.parametrize(
    ("table", "message", "remedy"),
    [
        (MappingTable((MappedValue("Lowest", "Hihg"),)), "no priority 'Hihg' here", "High"),
        (MappingTable((MappedValue("Lowst", "High"),)), "on the other side", "Lowest"),
        (MappingTable(unmapped="default"), "names none", "default"),
        (MappingTable(unmapped="default", default="Odd"), "no priority 'Odd'", ""),
        (
            MappingTable((MappedValue("Low", "High"), MappedValue("low", "Low"))),
            "stands twice",
            "",
        ),
    ],
)
async def test_what_a_tracker_lacks_is_refused_with_what_is_near(
    mapping: MappingOperations, table: MappingTable, message: str, remedy: str
) -> None:
    with pytest.raises(InputError, match=message) as refused:
        await mapping.save(END, MappingBody({"priority": table}))
    assert remedy in refused.value.remedy
    assert (await mapping.view(END)).tables == {}


async def test_one_unmapped_value_parks_its_issues_alone_and_one_answer_frees_them_all(
    jiras: Jiras, mapping: MappingOperations
) -> None:
    await mapping.save(END, MappingBody({"priority": LOWEST_IS_HIGH}))
    for priority in ("Low", "Low", "Medium", "Lowest"):
        await begin(jiras, priority=priority)
    parked = await jiras.shop.parked()
    assert sorted((e.field, e.value) for e in parked) == [
        ("priority", "Low"),
        ("priority", "Low"),
        ("priority", "Medium"),
    ]
    low = next(entry for entry in parked if entry.value == "Low")
    assert low.remedy == (
        f"Map it: tidegate mapping solve {END} priority Low --to Low."
        " Or give --default or --skip in place of --to."
    )
    waits = (await mapping.view(END)).unmapped
    assert [(u.value, u.waiting, u.suggestions[0]) for u in waits] == [
        ("Low", 2, "Low"),
        ("Medium", 1, "Medium"),
    ]
    view = await mapping.solve(END, MappingSolution("priority", "Low", "map", "Highest"))
    assert view.freed == 2
    await jiras.work()
    assert [entry.value for entry in await jiras.shop.parked()] == ["Medium"]
    rows = [r for r in await jiras.shop.rows() if r.connection == END and r.state.issue]
    mirrors = [await jiras.held(row.state.issue.id) for row in rows]
    assert sorted(each["priority"] for each in mirrors) == ["High", "Highest", "Highest"]


@pytest.mark.parametrize(
    ("solution", "priority"),
    [
        (MappingSolution("priority", "Low", "skip"), "Medium"),
        (MappingSolution("priority", "Low", "default", "highest"), "Highest"),
    ],
    ids=["skip", "default"],
)
async def test_a_value_can_be_skipped_or_take_the_default(
    jiras: Jiras, mapping: MappingOperations, solution: MappingSolution, priority: str
) -> None:
    await mapping.save(END, MappingBody({"priority": LOWEST_IS_HIGH}))
    await begin(jiras, priority="Low")
    assert (await mapping.solve(END, solution)).freed == 1
    await jiras.work()
    (row,) = [r for r in await jiras.shop.rows() if r.connection == END]
    assert (await jiras.held(row.state.issue.id))["priority"] == priority


async def test_a_default_has_to_be_named_once(mapping: MappingOperations) -> None:
    with pytest.raises(InputError, match="no default yet"):
        await mapping.solve(END, MappingSolution("priority", "Low", "default"))
    with pytest.raises(InputError, match="What is the priority 'Low' here"):
        await mapping.solve(END, MappingSolution("priority", "Low"))


async def test_fields_go_the_way_that_is_set(jiras: Jiras, mapping: MappingOperations) -> None:
    flow = {"due": FieldFlow("out"), "labels": FieldFlow("in", {"priority": ("High",)})}
    await mapping.save(END, MappingBody(flow=flow))
    fields = {"due": "2032-01-31", "labels": ("x",)}
    urgent = await held(jiras, await jiras.write("Bug", priority="High", **fields))
    calm = await held(jiras, await jiras.write("Bug", priority="Low", **fields))
    assert (urgent["due"], calm["due"]) == (None, None)
    assert (urgent["labels"], calm["labels"]) == (("x",), ())


async def test_suggestions_are_saved_as_they_are(jiras: Jiras, mapping: MappingOperations) -> None:
    found = (await mapping.suggest(END)).tables
    assert {line.there: line.here for line in found["priority"].values} == {
        name: name for name in catalogue.PRIORITIES
    }
    view = await mapping.save(END, MappingBody(found))
    assert view.tables == found
    assert (await mapping.suggest(END)).tables == {}

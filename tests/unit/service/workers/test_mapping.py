"""Mapping tables over HTTP: checked when saved, ids behind names, and one answer frees all."""

from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from adapters.jira.simulator import catalogue
from schemas.errors import InputError
from schemas.issue import Issue
from schemas.mapping import FieldFlow, MappedValue, MappingBody, MappingSolution, MappingTable
from service.store import connections
from service.store.store import Store
from service.workers.metadata import LASTS
from service.workers.operations.errors import ErrorOperations
from service.workers.operations.mapping import MappingOperations
from service.workers.operations.twins import TwinOperations
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


ANSWERS = {
    "map": lambda field, value, here: MappingSolution(field, value, "map", here),
    "default": lambda field, value, here: MappingSolution(field, value, "default", here),
    "skip": lambda field, value, here: MappingSolution(field, value, "skip"),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    ("field", "held", "value", "here", "skipped"),
    [
        ("labels", ("ops", "web"), "ops", "infra", ("web",)),
        ("customfield_10003", "S3", "S3", "S1", None),
    ],
)
async def test_labels_and_custom_fields_wait_for_an_answer_that_frees_them_all(
    jiras: Jiras, mapping: MappingOperations, answer: str, field: str, held, value, here, skipped
) -> None:
    await discloses(jiras, field)
    line = MappedValue("web", "web") if field == "labels" else MappedValue("S2", "S2")
    for end in ("a-b.a", END):
        tables = {field: MappingTable((line,))} if end == END else {}
        await mapping.save(end, MappingBody(tables, flow={field: FieldFlow("both")}))
    for _ in range(2):
        await begin(jiras, **{field: held})
    assert {(e.field, e.value) for e in await jiras.shop.parked()} == {(field, value)}
    assert (await mapping.solve(END, ANSWERS[answer](field, value, here))).freed == 2
    await jiras.work()
    assert await jiras.shop.parked() == []
    wanted = skipped if answer == "skip" else here if isinstance(held, str) else (here, "web")
    rows = [row for row in await jiras.shop.rows() if row.connection == END]
    assert [(await jiras.held(row.state.issue.id)).get(field) for row in rows] == [wanted] * 2


async def discloses(jiras: Jiras, field: str) -> None:
    """At both ends, with all that leaves anyway."""
    for live in list(jiras.shop.roster.connections.values()):
        disclosed = tuple(sorted({*live.allowed, field}))
        settings = msgspec.structs.replace(live.record.settings, disclosed=disclosed)
        await jiras.shop.store.write(
            lambda c, id=live.record.id, s=settings: connections.update_settings(c, id, s, 1)
        )
    await jiras.shop.roster.reload()


async def test_a_table_that_is_made_later_holds_for_what_is_under_sync_with_one_command(
    jiras: Jiras, mapping: MappingOperations
) -> None:
    mirrors = [await jiras.sync(await jiras.write("Bug", priority="Lowest")) for _ in range(2)]
    await mapping.save(END, MappingBody({"priority": LOWEST_IS_HIGH}))
    assert [(await jiras.held(each))["priority"] for each in mirrors] == ["Lowest"] * 2
    operations = TwinOperations(desk_of(jiras.shop), ErrorOperations(desk_of(jiras.shop)))
    assert [await operations.recheck(key) async for key in operations.keys(END)] == [True, True]
    await jiras.work()
    assert [(await jiras.held(each))["priority"] for each in mirrors] == ["High"] * 2


async def test_the_recorder_does_not_come_between_a_rule_and_its_tables(
    jiras: Jiras, mapping: MappingOperations
) -> None:
    await mapping.save(END, MappingBody({"priority": LOWEST_IS_HIGH}))
    live = jiras.shop.roster.connections[END]
    settings = msgspec.structs.replace(live.record.settings, record_hours=1)
    await jiras.shop.store.write(lambda c: connections.update_settings(c, END, settings, 1))
    await jiras.shop.roster.reload()
    assert (await held(jiras, await jiras.write("Bug", priority="Lowest")))["priority"] == "High"


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

"""`tidegate mapping`."""

import pytest

from schemas.mapping import (
    FieldFlow,
    MappedValue,
    MappingBody,
    MappingSolution,
    MappingSuggestions,
    MappingTable,
    MappingView,
    UnmappedValue,
)

STATUS = MappingTable((MappedValue("Doing", "In Progress", "3", "7"), MappedValue("New", "Open")))
VIEW = MappingView(
    {"status": STATUS},
    {"due": FieldFlow("out", {"type": ("Bug", "Task")})},
    {"bob@there.example": "bob@here.example"},
    "",
    (UnmappedValue("status", "Odd", 4, ("Open",), ()),),
    freed=4,
)


async def test_show_tells_tables_flow_people_and_what_waits(node, on_node) -> None:
    node.answers["mapping"] = VIEW
    result = await on_node("mapping", "show", "acme")
    for word in ("In Progress", "(park)", "bob@here.example", "type is Bug or Task", "Odd", "4"):
        assert word in result.out
    node.answers["mapping"] = MappingView({}, {}, {}, "", ())
    assert "mapped by the rules" in (await on_node("mapping", "show", "acme")).out


@pytest.mark.parametrize(
    ("given", "table"),
    [
        (
            ("Doing=Working", "A=B=C"),
            MappingTable(
                (
                    MappedValue("New", "Open"),
                    MappedValue("Doing", "Working"),
                    MappedValue("A", "B=C"),
                )
            ),
        ),
        (("--remove", "New"), MappingTable(STATUS.values[:1])),
        (("--default", "Open"), MappingTable(STATUS.values, "default", "Open")),
        (("--unmapped", "skip"), MappingTable(STATUS.values, "skip")),
    ],
)
async def test_set_changes_lines_and_keeps_the_others(
    node, on_node, given: tuple[str, ...], table: MappingTable
) -> None:
    node.answers |= {"mapping": VIEW, "mapping_put": VIEW}
    result = await on_node("mapping", "set", "acme", "status", *given)
    assert "4 issues go on" in result.out
    assert node.calls[-1][2] == MappingBody({"status": table}, VIEW.flow, VIEW.users)


async def test_people_are_set_the_same_way(node, on_node) -> None:
    node.answers |= {"mapping": VIEW, "mapping_put": VIEW}
    await on_node("mapping", "set", "acme", "users", "a@x=a@y", "--remove", "bob@there.example")
    assert node.calls[-1][2].users == {"a@x": "a@y"}


async def test_a_line_that_is_none_is_refused(node, on_node) -> None:
    node.answers["mapping"] = VIEW
    result = await on_node("mapping", "set", "acme", "status", "Doing")
    assert result.code == 2
    assert "THERE=HERE" in result.err


@pytest.mark.parametrize(
    ("given", "answer", "here"),
    [
        (("--to", "Open"), "map", "Open"),
        (("--default",), "default", ""),
        (("--default", "Open"), "default", "Open"),
        (("--skip",), "skip", ""),
    ],
)
async def test_solve_says_what_a_value_is(node, on_node, given, answer, here) -> None:
    node.answers["mapping_solve"] = VIEW
    result = await on_node("mapping", "solve", "acme", "status", "Odd", *given)
    assert "4 issues go on" in result.out
    assert node.calls[-1][2] == MappingSolution("status", "Odd", answer, here)


async def test_suggestions_are_shown_or_saved(node, on_node) -> None:
    found = {"type": MappingTable((MappedValue("Bug", "Defect"),))}
    node.answers |= {
        "mapping_suggest": MappingSuggestions(found),
        "mapping": VIEW,
        "mapping_put": VIEW,
    }
    assert "Defect" in (await on_node("mapping", "suggest", "acme")).out
    await on_node("mapping", "suggest", "acme", "--save")
    assert node.calls[-1][2].tables == VIEW.tables | found

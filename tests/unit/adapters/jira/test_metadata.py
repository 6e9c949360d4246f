"""What a project knows."""

import pytest

from adapters.jira.capabilities import CAPABILITIES
from adapters.jira.simulator import Fault as SimulatedFault
from schemas.metadata import Choice


@pytest.mark.parametrize("by_type", [True, False])
async def test_a_project_tells_its_types_fields_and_values(start_jira, connect, by_type) -> None:
    """On servers before 8.4 too, which tell all at once."""
    jira = await start_jira(create_meta_by_type=by_type, page_cap=4)
    known = await connect(jira).metadata("SIM")
    types = {each.type.name: each for each in known.types}
    assert list(types) == ["Bug", "Task", "Story", "Improvement", "Epic", "Sub-task"]
    assert types["Bug"].type == Choice("Bug", "10001")
    assert [choice.name for choice in types["Bug"].statuses][:2] == ["To Do", "In Progress"]
    assert known.link_kinds == tuple(sorted(CAPABILITIES.link_kinds))
    fields = {field.name: field for field in types["Bug"].fields}
    assert fields["summary"].required
    assert fields["priority"].choices[0].name == "Highest"
    assert [choice.name for choice in fields["components"].choices] == ["Backend", "Frontend"]
    assert [choice.name for choice in fields["affected_versions"].choices] == ["1.0", "2.0"]
    assert "Done" in [choice.name for choice in fields["resolution"].choices]
    assert (fields["estimate"].kind, fields["remaining"].kind) == ("duration", "duration")
    assert not fields["spent"].writable
    assert fields["parent"].kind == "issue"
    assert fields["assignee"].choices == ()
    assert {"status", "attachment", "timetracking"}.isdisjoint(fields)


async def test_custom_fields_are_told_with_kind_label_and_values(tracker) -> None:
    known = await tracker.metadata("SIM")
    fields = {field.name: field for field in known.types[0].fields}
    custom = {name: f for name, f in fields.items() if name.startswith("customfield_")}
    kinds = {field.label: field.kind for field in custom.values()}
    assert kinds == {
        "Customer": "text",
        "Points": "number",
        "Severity": "option",
        "Teams": "labels",
        "Tester": "user",
        "Release notes": "rich_text",
        "Launch": "date",
        "Cut-over": "datetime",
        "Browsers": "options",
        "Location": "cascading",
        "Reviewers": "users",
        "Specification": "url",
        "Epic Name": "text",
    }
    assert set(kinds.values()) == set(CAPABILITIES.custom_kinds)
    location = fields["customfield_10010"].choices
    assert [choice.name for choice in location] == [
        "Europe",
        "Europe / Berlin",
        "Europe / Madrid",
        "Asia",
        "Asia / Tokyo",
    ]
    assert len({choice.id for choice in location}) == 5


async def test_the_parent_of_a_sub_task_is_required(tracker) -> None:
    known = await tracker.metadata("SIM")
    fields = {each.type.name: {f.name: f for f in each.fields} for each in known.types}
    assert fields["Sub-task"]["parent"].required
    assert not fields["Bug"]["parent"].required
    assert not fields["Epic"]["parent"].writable


async def test_a_field_that_stands_on_the_screen_for_edits_alone_is_told_by_an_issue(
    start_jira, connect, draft
) -> None:
    jira = await start_jira(edit_screen_only=("customfield_10001", "environment", "reporter"))
    tracker = connect(jira)
    alone = {"customfield_10001", "environment", "reporter"}

    async def told(type_name: str) -> set[str]:
        types = (await tracker.metadata("SIM")).types
        return {f.name for each in types if each.type.name == type_name for f in each.fields}

    assert not alone & await told("Bug")
    made = await tracker.create(draft())
    assert alone <= await told("Bug")
    assert not alone & await told("Task")
    jira.fail_next(SimulatedFault(status=404, path="editmeta"))
    assert "summary" in await told("Bug")
    assert made.ref.id


async def test_a_project_that_is_not_there_is_not_found(tracker, refusal) -> None:
    assert (await refusal(tracker.metadata("NOPE"))).status == 404


def test_every_field_of_the_manifest_is_writable_or_said_to_be_not() -> None:
    assert set(CAPABILITIES.read_only) <= set(CAPABILITIES.fields)
    assert set(CAPABILITIES.set_fields) <= set(CAPABILITIES.fields)

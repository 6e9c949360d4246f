import json

from schemas.metadata import Choice


async def test_a_project_tells_its_types_fields_and_values(tracker, simulator):
    known = await tracker.metadata("Ünïcode & Söhne")
    types = {one.type.name: one for one in known.types}
    assert set(types) == {"Bug", "Task", "User Story", "Issue"}
    assert [one.name for one in types["Issue"].statuses] == ["To Do", "Doing", "Done"]
    fields = {one.name: one for one in types["Bug"].fields}
    assert fields["summary"].required
    assert fields["summary"].label == "Title"
    assert [one.name for one in fields["status"].choices] == ["New", "Active", "Resolved", "Closed"]
    assert [one.name for one in fields["priority"].choices] == ["1", "2", "3", "4"]
    assert (fields["description"].label, fields["description"].kind) == ("Repro Steps", "rich_text")
    assert Choice("Ünïcode & Söhne / Team A / Web", "Ünïcode & Söhne / Team A / Web") in (
        fields["area"].choices
    )
    assert [one.name for one in fields["iteration"].choices][1:] == [
        "Ünïcode & Söhne / Sprint 1",
        "Ünïcode & Söhne / Sprint 2",
    ]
    assert not fields["reporter"].writable
    assert not fields["children"].writable
    assert fields["Microsoft.VSTS.Common.Severity"].kind == "option"
    assert {name: fields[name].kind for name in fields if name.startswith("Custom.")} == {
        "Custom.Team": "text",
        "Custom.Impact": "rich_text",
        "Custom.Notes": "text",
        "Custom.Cost": "number",
        "Custom.Approved": "boolean",
        "Custom.GoLive": "datetime",
        "Custom.Tier": "option",
        "Custom.Contact": "user",
    }
    assert [one.name for one in fields["Custom.Tier"].choices] == ["Gold", "Silver", "Bronze"]
    assert "System.Rev" not in fields
    assert known.link_kinds == tracker.capabilities.link_kinds
    assert sum(simulator.calls.values()) == 5 + len(types)


async def test_servers_that_tell_less_are_asked_more(tracker, simulator):
    """Older ones leave the states out of the list of types, and may have no hidden ones."""
    types = [{"name": "Bug"}, {"name": "Task"}, {"name": "Old", "isDisabled": True}]
    body = json.dumps({"count": 3, "value": types}).encode()
    simulator.fail_next(status=200, body=body, path="/workitemtypes")
    simulator.fail_next(status=404, path="/workitemtypecategories")
    known = await tracker.metadata("Tidegate")
    assert [one.type.name for one in known.types] == ["Bug", "Task"]
    assert [one.name for one in known.types[1].statuses] == ["New", "Active", "Closed"]


async def test_every_field_of_the_manifest_is_known_of_a_task(tracker):
    known = await tracker.metadata("Tidegate")
    task = next(one for one in known.types if one.type.name == "Task")
    kinds = {one.name: one.kind for one in task.fields}
    manifest = tracker.capabilities
    assert {name: kinds[name] for name in manifest.fields} == dict(manifest.fields)
    told_read_only = {one.name for one in task.fields if not one.writable}
    assert set(manifest.read_only) <= told_read_only
    customs = {one.kind for one in task.fields if one.name not in manifest.fields}
    assert customs - {"path"} <= set(manifest.custom_kinds)

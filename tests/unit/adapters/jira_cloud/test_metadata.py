"""What a project knows, in pages of any size; and the check of a connection."""

from adapters.jira_cloud import CAPABILITIES


async def test_a_project_tells_types_fields_values_and_links(cloud, tracker) -> None:
    known = await tracker.metadata("SIM")
    types = {info.type.name: info for info in known.types}
    assert {"Bug", "Task", "Epic", "Sub-task"} <= set(types)
    fields = {field.name: field for field in types["Bug"].fields}
    kinds = {name: field.kind for name, field in fields.items()}
    assert {name for name in CAPABILITIES.fields if name != "status"} <= set(kinds)
    assert all(kinds[name] == kind for name, kind in CAPABILITIES.fields.items() if name in kinds)
    assert {kinds[name] for name in kinds if name.startswith("custom")} == set(
        CAPABILITIES.custom_kinds
    )
    assert [choice.name for choice in fields["priority"].choices][:2] == ["Highest", "High"]
    assert "Europe / Berlin" in [c.name for c in fields["customfield_10010"].choices]
    assert fields["parent"].writable
    assert not fields["spent"].writable
    assert [choice.name for choice in types["Bug"].statuses] == [
        "To Do",
        "In Progress",
        "In Review",
        "Done",
    ]
    assert set(known.link_kinds) == set(CAPABILITIES.link_kinds)


async def test_small_pages_tell_the_same(start_cloud, connect, cloud) -> None:
    whole = await connect(cloud).metadata("SIM")
    small = await connect(await start_cloud(page_cap=3)).metadata("SIM")
    assert small == whole


async def test_an_old_epic_link_is_no_second_parent(start_cloud, connect, draft) -> None:
    tracker = connect(await start_cloud(epics=True))
    above = await tracker.create(draft("m-1"))
    below = await tracker.create(draft("m-2", parent=above.ref.id))
    assert below.fields["parent"] == above.ref.id
    for info in (await tracker.metadata("SIM")).types:
        (parent,) = (field for field in info.fields if field.name == "parent")
        assert parent.writable
        assert parent.required == (info.type.name == "Sub-task")


async def test_projects_come_in_pages(start_cloud, connect) -> None:
    names = {f"P{number}": f"Project {number}" for number in range(7)}
    cloud = await start_cloud(projects=names, page_cap=2)
    found = await connect(cloud).projects()
    assert {choice.id: choice.name for choice in found} == names


async def test_the_check_names_missing_permissions(start_cloud, connect) -> None:
    cloud = await start_cloud(permissions_denied=("EDIT_ISSUES",))
    results = await connect(cloud).check("SIM")
    assert [result.passed for result in results] == [True, True, True, False]
    assert "EDIT_ISSUES" in results[-1].message

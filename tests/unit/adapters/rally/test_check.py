"""The check and what the account and its projects tell."""

import pytest

from adapters.rally.simulator import SimulatorConfig
from schemas.errors import Fault


async def test_the_check_tells_what_it_found(tracker) -> None:
    results = await tracker.check("Harbour / Pier")
    assert [result.passed for result in results] == [True] * 4
    told = " ".join(result.message for result in results)
    for word in ("tidegate@example.com", "Simulated workspace", "America/Denver", "Pier", "Task"):
        assert word in told


async def test_an_account_that_only_looks_lacks_a_permission(connect) -> None:
    results = await connect(token="limited-token").check("Harbour")
    assert (results[-1].stage, results[-1].passed) == ("permissions", False)
    assert "Viewer" in results[-1].message
    assert (await connect(token="alice-token").check("Harbour"))[-1].passed


async def test_a_project_that_is_closed_to_the_account_is_not_there(connect) -> None:
    results = await connect(token="limited-token").check("Lagoon")
    assert (results[-1].stage, results[-1].passed) == ("project", False)
    assert "Harbour" in results[-1].remedy


@pytest.mark.parametrize("workspace", ["Simulated workspace", "simulated WORKSPACE"])
async def test_a_workspace_is_found_by_its_name(connect, workspace: str) -> None:
    assert (await connect(workspace=workspace).check("Harbour"))[-1].passed


async def test_a_workspace_that_is_not_there_is_told(connect) -> None:
    results = await connect(workspace="Elsewhere").check("Harbour")
    assert (results[-1].stage, results[-1].passed) == ("project", False)
    assert "Simulated workspace" in results[-1].remedy


async def test_an_address_with_no_rally_is_told(connect, rally) -> None:
    results = await connect(url=rally.url + "/nothing").check("Harbour")
    assert (results[-1].stage, results[-1].passed) == ("server", False)


async def test_an_account_that_may_only_look_cannot_write(connect, draft, refusal) -> None:
    tracker = connect(token="limited-token")
    error = await refusal(tracker.create(draft()))
    assert (error.fault, "editor" in error.remedy) == (Fault.PERMISSION, True)


async def test_people_are_found_by_name_and_address(tracker) -> None:
    for words in ("alice", "Alice Ex", "alice@example"):
        (found,) = await tracker.find_users(words)
        assert (found.name, found.email) == ("Alice Example", "alice@example.com")
    assert await tracker.find_users("  ") == ()
    assert await tracker.find_users('"') == ()


async def test_discovery_tells_kinds_and_allowed_values(tracker) -> None:
    known = await tracker.metadata("Harbour")
    types = {info.type.name: info for info in known.types}
    fields = {name: {field.name: field for field in info.fields} for name, info in types.items()}
    kinds = {field.name: field.kind for field in types["Defect"].fields}
    assert {name: kind for name, kind in kinds.items() if name.startswith("c_")} == {
        "c_Customer": "text",
        "c_Impact": "rich_text",
        "c_Score": "number",
        "c_Count": "number",
        "c_Released": "boolean",
        "c_Wanted": "date",
        "c_Team": "option",
        "c_Areas": "options",
        "c_Tester": "user",
        "c_Page": "url",
    }
    assert set(kinds.values()) >= set(tracker.capabilities.custom_kinds)
    named = [choice.name for choice in fields["Defect"]["c_Areas"].choices]
    assert named == ["Dock", "Engine", "Hull"]
    assert [one.name for one in types["Task"].statuses] == ["Defined", "In-Progress", "Completed"]
    assert "In Review" in [one.name for one in fields["User Story"]["FlowState"].choices]
    assert [one.name for one in fields["Task"]["area"].choices] == ["Pier"]
    assert "None" not in [one.name for one in fields["Defect"]["priority"].choices]
    neutral = {field.name for info in known.types for field in info.fields}
    assert set(tracker.capabilities.fields) - {"status", "type"} <= neutral


@pytest.mark.parametrize("config", [SimulatorConfig(projects=("Old", "Harbour"))])
async def test_issues_of_a_project_that_is_closed_are_still_read(rally, connect, draft) -> None:
    tracker = connect()
    made = await tracker.create(draft())
    (project,) = [one for one in rally.state.of_type["Project"].values() if one.name == "Harbour"]
    project.fields["State"] = "Closed"
    read = await connect(projects=[]).read(made.ref.id, frozenset())
    assert read.project == str(project.oid)


@pytest.mark.parametrize("config", [SimulatorConfig(time_zone="Mars/Base")])
async def test_a_time_zone_that_this_machine_does_not_know_is_told(tracker) -> None:
    results = await tracker.check("Harbour")
    assert results[-1].passed
    assert "Mars/Base" in results[2].message
    assert "tzdata" in results[2].message

"""What the params of each system make of an issue."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.sd_elements.simulator.state import PHASES
from tests.contract.alm.rig import Rig, rigged
from tests.contract.alm.trackers import TRACKERS, Place, hp_alm, jira

CUSTOM = "alm_custom_fields"
ALWAYS = {"sde_statuses_in_scope": "TODO,DONE,NA"}


@pytest.mark.parametrize(
    ("system", "params", "fields", "done"),
    [
        ("github",
         {"alm_project_version": "2.0", "github_issue_label": "security",
          "alm_group_label": "Elements", CUSTOM: '{"Customer": "ACME ${project}", "Points": "3",'
                                                 ' "Teams": ["Red", "Blue"]}'},
         {"milestone": "2.0", "labels": ("Elements", "High", "security"),
          "field_73": "ACME Simulated project", "field_74": 3, "field_77": ("Blue", "Red")},
         "closed"),
        ("jira",
         {"alm_project_version": "1.0", "alm_issue_label": "Sec", "jira_issue_type": "Sub-task",
          CUSTOM: '{"Customer": "ACME", "components": ["Backend"]}'},
         {"affected_versions": ("1.0",), "labels": ("Sec",), "type": "Sub-task",
          "customfield_10001": "ACME", "components": ("Backend",), "parent": "PARENT"},
         "Done"),
        ("rally",
         {"rally_card_type": "Task", "alm_issue_label": "Sec", "rally_new_status": "In-Progress",
          "rally_done_statuses": "Completed",
          CUSTOM: '{"Ready": "true", "BlockedReason": "It waits"}'},
         {"labels": ("Sec",), "type": "Task", "status": "In-Progress", "Ready": True,
          "BlockedReason": "It waits", "parent": "PARENT"},
         "Completed"),
        ("rally",
         {"rally_new_status": "In-Progress", "rally_done_statuses": "Accepted,Completed",
          CUSTOM: '{"c_Customer": "ACME", "c_Score": "1.5"}'},
         {"type": "User Story", "status": "In-Progress", "c_Customer": "ACME", "c_Score": 1.5},
         "Accepted"),
        ("hp_alm",
         {"hp_alm_issue_type": "Functional", "hp_alm_new_status": "No Run",
          "hp_alm_close_status": "Failed", "hp_alm_done_statuses": "Passed,Failed",
          CUSTOM: '{"user-13": "Green"}'},
         {"type": "Requirement / Functional", "status": "No Run", "user-13": "Green"},
         "Failed"),
        ("tfs",
         {"tfs_issue_type": "Bug", "alm_issue_label": "Sec", "tfs_close_status": "Resolved",
          "tfs_done_statuses": "Closed,Resolved", CUSTOM: '{"Custom.Tier": "Silver"}'},
         {"type": "Bug", "labels": ("Sec",), "Custom.Tier": "Silver", "parent": "PARENT"},
         "Resolved"),
    ],
    ids=["github", "jira", "rally task", "rally story", "hp_alm", "tfs"],
)  # fmt: skip
async def test_params_are_found_in_the_issue(
    system: str, params: dict[str, Any], fields: dict[str, Any], done: str, tmp_path: Path
) -> None:
    async with TRACKERS[system]() as office, rigged(tmp_path, tasks=2) as rig:
        wanted = dict(fields)
        if "parent" in fields:
            kinds = {"jira": "Bug", "rally": "User Story", "tfs": "User Story"}
            parent = await office.make("What hangs above", type=kinds[system])
            wanted["parent"] = parent.ref.id
            params = params | {"alm_parent_issue": parent.ref.key}
        rig.edit("T2", status="TS1")
        connection = await rig.connect(system, office.params | ALWAYS | params, office.own)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        issue = await office.issue("T1")
        assert {name: issue.fields.get(name) for name in wanted} == wanted
        # One of a task that is done is made, and closed at once.
        assert (await office.issue("T2")).fields["status"] == done
        job = await rig.run_job(connection)
        assert job["progress"]["unchanged"] == 2 or system == "github", job["progress"]


async def test_tasks_of_the_testing_phase_are_tests_in_alm(tmp_path: Path) -> None:
    """Their status is left alone at both sides."""
    async with hp_alm() as office, rigged(tmp_path, tasks=4) as rig:
        for short in ("T2", "T3", "T4"):
            rig.task(short).phase = PHASES[3]
        known = await office.make("T3- Planned before", type="Test")
        params = office.params | {"alm_phases": "requirements,testing"} | ALWAYS
        connection = await rig.connect("hp_alm", params, office.own)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        kinds = {short: rig.task(short).artifact_proxy for short in ("T1", "T2", "T3", "T4")}
        assert [key.partition("-")[0] for key in kinds.values()] == [
            "requirement", "test", "test", "test",
        ]  # fmt: skip
        assert kinds["T3"] == known.ref.key
        made = office.simulator.state.entity("test", int(kinds["T2"].partition("-")[2]))
        folders = {"name": made.values["parent-id"], "type": made.values["subtype-id"]}
        assert folders == {"name": ["7"], "type": ["MANUAL"]}
        rig.edit("T2", status="TS1")
        await office.set("T4", status="Ready")
        await rig.run_job(connection)
        assert (await office.issue("T2")).fields["status"] == "Design"
        assert rig.task("T2").status.meaning == "DONE"
        assert rig.task("T4").status.meaning == "TODO"


async def test_params_of_other_systems_are_refused_unless_they_are_empty(tmp_path: Path) -> None:
    async with rigged(tmp_path, tasks=0) as rig:
        base = {"alm_server": "x", "alm_api_token": "t", "github_repo_owner": "o"}
        for name in ("alm_parent_issue", "alm_custom_lookup_fields", "jira_existing_issue"):
            body = {"name": name, "system": {"id": "github"}, "params": base | {name: "x"}}
            told = await rig.ask("POST", "/connectors/alm/", body, status=400)
            assert told["params"] == {name: ["GitHub has no such param."]}
            await rig.ask(
                "POST", "/connectors/alm/", body | {"params": base | {name: ""}}, status=201
            )


async def test_a_parent_that_the_tracker_does_not_take_is_told_once(tmp_path: Path) -> None:
    async with jira() as office, rigged(tmp_path, tasks=2) as rig:
        parent = await office.make("No place for a bug")
        params = office.params | {"alm_parent_issue": parent.ref.key}
        connection = await rig.connect("jira", params, office.own)
        job = await rig.run_job(connection)
        assert (job["succeeded"], job["progress"]["created"]) == (False, 2)
        assert job["progress"]["failed"] == 1
        assert "parent: " in job["result_message"]
        assert "(2 issues)" in job["result_message"]


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({CUSTOM: '{"Nonsense": "x"}'}, "The tracker has no field 'Nonsense'. There are: "),
        ({CUSTOM: '{"Severity": "S9"}'}, "has no value 'S9'. There are: "),
        ({CUSTOM: '{"Points": "many"}'}, "'many' is no number for the field 'Points'."),
        ({CUSTOM: '{"Points": ["1", "2"]}'}, "takes one value"),
        ({CUSTOM: '{"Summary": "x"}'}, "The field 'Summary' cannot be set by a param."),
        ({CUSTOM: '{"Assignee": "Alice"}'}, "The field 'Assignee' cannot be set by a param."),
        ({CUSTOM: '{"Customer": "${context}"}'}, "${context} is empty here."),
        ({"alm_project_version": "9.9"}, "has no value '9.9'. There are: 1.0"),
        ({"alm_parent_issue": "ABC-77"}, "There is no issue ABC-77"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_the_tracker_lacks_is_told_before_anything_is_made(
    params: dict[str, Any], told: str, place: tuple[Rig, Place]
) -> None:
    rig, office = place
    connection = await rig.connect("jira", office.params | params, office.own)
    job = await rig.run_job(connection)
    assert not job["succeeded"]
    assert told in job["result_message"]
    assert await office.issues() == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Rig, Place]]:
    """One for all: nothing is made in it."""
    async with jira() as office, rigged(tmp_path_factory.mktemp("r"), tasks=1) as rig:
        yield rig, office

import pytest

from adapters.jira.simulator import Fault as SimulatedFault


async def test_all_stages_pass(tracker) -> None:
    results = await tracker.check("SIM")
    assert [(result.stage, result.passed) for result in results] == [
        ("server", True),
        ("credentials", True),
        ("project", True),
        ("permissions", True),
    ]


async def test_a_server_that_is_away_fails_the_first_stage(jira, tracker) -> None:
    await jira.close()
    (result,) = await tracker.check("SIM")
    assert (result.stage, result.passed) == ("server", False)
    assert result.remedy


async def test_wrong_credentials_fail_the_second_stage(jira, connect) -> None:
    results = await connect(jira, token="wrong").check("SIM")
    assert [(result.stage, result.passed) for result in results] == [
        ("server", True),
        ("credentials", False),
    ]


async def test_an_unknown_project_fails_the_third_stage(tracker) -> None:
    results = await tracker.check("NOPE")
    assert (results[-1].stage, results[-1].passed) == ("project", False)


async def test_missing_permissions_are_named(start_jira, connect) -> None:
    jira = await start_jira(permissions_denied=("ADD_COMMENTS", "EDIT_ISSUES"))
    result = (await connect(jira).check())[-1]
    assert (result.stage, result.passed) == ("permissions", False)
    assert "ADD_COMMENTS" in result.message
    assert "EDIT_ISSUES" in result.message
    assert "CREATE_ISSUES" not in result.message


async def test_what_cannot_be_written_is_told_and_fails_nothing(start_jira, connect) -> None:
    jira = await start_jira(permissions_denied=("LINK_ISSUES", "WORK_ON_ISSUES"))
    result = (await connect(jira).check())[-1]
    assert (result.stage, result.passed) == ("permissions", True)
    assert "In SIM, links and worklogs cannot be written." in result.message


@pytest.mark.parametrize("answer", [b'{"deploymentType": "Cloud", "version": "1001.0"}'])
async def test_a_cloud_site_is_told_apart(jira, tracker, answer) -> None:
    jira.fail_next(SimulatedFault(status=200, raw=answer, path="serverInfo"))
    (result,) = await tracker.check()
    assert not result.passed
    assert "Cloud" in result.message


async def test_the_projects_that_the_account_sees_are_told(start_jira, connect) -> None:
    jira = await start_jira(projects={"WEB": "Website", "OIL": "Öl und Gas"})
    found = await connect(jira).projects()
    assert [(each.id, each.name) for each in found] == [("WEB", "Website"), ("OIL", "Öl und Gas")]

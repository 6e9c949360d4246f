"""`tidegate alm`."""

import msgspec

from schemas.alm import (
    AlmConnectionView,
    AlmConnectorView,
    AlmJobConnection,
    AlmJobProgress,
    AlmJobView,
    AlmLastJob,
    AlmList,
    AlmSystem,
)

SYSTEM = AlmSystem("github", "GitHub", "GitHub")
LAST = AlmLastJob(3, True, "2026-11-01T00:00:00.000Z", "Fine.", 1, True, False)
SHOP = AlmConnectionView(
    5, "The shop", SYSTEM, "daily", "sync_github", False, False, False, 1, 7, last_job=LAST
)
JOB = AlmJobView(
    id=9,
    user="socket",
    succeeded=False,
    automatic=False,
    ready=False,
    result_message="",
    last_run=None,
    connection=AlmJobConnection(5, "The shop", "sync_github", "daily", 7, SYSTEM),
    progress=AlmJobProgress(tasks=100, due=40, done=10),
)


def over(**change):
    return msgspec.structs.replace(JOB, ready=True, **change)


async def test_a_job_is_run_by_alias_and_its_progress_told(node, on_node) -> None:
    node.answers |= {
        "alm_connections": AlmList((SHOP,)),
        "alm_job_post": JOB,
        "alm_job": over(succeeded=True, result_message="40 tasks."),
    }
    result = await on_node("alm", "run", "The shop")
    assert result.code == 0
    assert "10 of 40 looked at, 25 %" in result.out
    assert "40 tasks." in result.out
    assert node.calls[1][:2] == ("alm_job_post", {"alm_project": "7"})
    assert node.calls[1][2].connection == 5


async def test_a_job_that_failed_fails_the_command(node, on_node) -> None:
    node.answers |= {
        "alm_connections": AlmList((SHOP,)),
        "alm_job_post": over(result_message="T5: refused."),
    }
    result = await on_node("alm", "run", "5")
    assert result.code == 1
    assert "T5: refused." in result.out
    assert (await on_node("alm", "run", "6")).code == 1


async def test_connections_and_jobs_are_listed(node, on_node) -> None:
    node.answers |= {"alm_connections": AlmList((SHOP,)), "alm_jobs": AlmList((JOB,), 1)}
    shown = (await on_node("alm", "list")).out
    assert "The shop" in shown
    assert "done 2026-11-01" in shown
    shown = (await on_node("alm", "jobs", "5")).out
    assert "under way" in shown
    assert node.calls[-1][2].connection == "5"


async def test_connectors_and_connections_are_set_up(node, on_node) -> None:
    connector = AlmConnectorView(1, "Team", SYSTEM, False, {"alm_api_token": "********"})
    node.answers |= {
        "alm_connector_create": connector,
        "alm_connector_patch": connector,
        "alm_connector_delete": (204, None),
        "alm_connection_create": SHOP,
        "alm_connection_patch": SHOP,
    }
    made = await on_node(
        "alm", "connector", "add", "Team", "github", "--param", "alm_server=api.github.com",
        "--param", "alm_api_token=x=y",
    )  # fmt: skip
    assert made.code == 0
    assert "********" in made.out
    body = node.calls[-1][2]
    assert (body.name, body.system) == ("Team", "github")
    assert body.params == {"alm_server": "api.github.com", "alm_api_token": "x=y"}
    assert (await on_node("alm", "connector", "add", "T", "github", "--param", "x")).code == 2
    await on_node(
        "alm", "connection", "add", "The shop", "1", "7", "--frequency", "daily",
        "--param", "alm_project=shop",
    )  # fmt: skip
    body = node.calls[-1][2]
    assert (body.connector, body.project, body.frequency) == ("1", "7", "daily")
    await on_node("alm", "connection", "change", "5", "--param", "sde_min_priority=5")
    assert node.calls[-1][2].frequency is msgspec.UNSET
    assert node.calls[-1][2].alias is msgspec.UNSET
    await on_node("alm", "connection", "change", "5", "--alias", "Another")
    assert (node.calls[-1][2].alias, node.calls[-1][2].params) == ("Another", {})
    await on_node("alm", "connector", "change", "1", "--name", "Other")
    assert (node.calls[-1][2].name, node.calls[-1][2].params) == ("Other", {})
    assert (await on_node("alm", "connector", "remove", "1", "--json")).json == {"removed": "1"}

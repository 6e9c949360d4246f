"""What SD Elements' own page sends is sent, and what it answers is compared field by field."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.github.simulator import GitHubSimulator
from adapters.github.simulator import SimulatorConfig as GitHubConfig
from adapters.rally.simulator import RallySimulator
from adapters.rally.simulator import SimulatorConfig as RallyConfig
from schemas.redaction import MASK
from service.config.model import Alm
from service.store import alm
from tests.contract.alm import page
from tests.contract.alm.rig import Rig, rigged

PLAIN = Alm(show_secrets=True)
"""As the page shows them."""
NAMES = {"application": "Finance App", "business_unit": "BU"}


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[Rig]:
    projects = {"1": "Project 1", "2": "Demo Project"}
    async with rigged(tmp_path, alm=PLAIN, projects=projects, **NAMES) as rig:
        yield rig


def compare(found: Any, shown: Any, *, but: dict[str, Any], also: frozenset[str]) -> None:
    """The page's keys with the page's values, `but` those that depend on the node. `also`: what
    we tell although that example leaves it out, as others on the page do not."""
    wanted = {**shown, **but}
    assert set(found) - set(wanted) <= also
    assert {name: found[name] for name in wanted} == wanted


ALSO = frozenset({"in_progress"})


@pytest.mark.parametrize("slash", ["", "/"])
async def test_connectors_as_the_page_has_them(plain: Rig, slash: str) -> None:
    connectors = f"/connectors/alm{slash}"
    made = await plain.ask("POST", connectors, page.GITHUB_CREATE, status=201)
    assert made == page.GITHUB_CONNECTOR
    jira = {**page.JIRA_CONNECTOR, "system": {"id": "jira"}}
    await plain.ask("POST", connectors, {k: v for k, v in jira.items() if k != "id"}, status=201)
    assert await plain.ask("GET", connectors) == page.CONNECTORS
    assert await plain.ask("GET", f"/connectors/alm/1{slash}") == page.GITHUB_CONNECTOR
    patched = await plain.ask("PATCH", f"/connectors/alm/1{slash}", page.GITHUB_PATCH)
    compare(patched, page.GITHUB_PATCHED, but={"id": 1}, also=frozenset())


async def test_a_connector_is_tested_as_the_page_does(plain: Rig) -> None:
    async with GitHubSimulator(GitHubConfig(token="42")) as github:
        here = {
            "alm_method": "http",
            "alm_server": github.url.removeprefix("http://"),
        }
        body = {**page.CONNECTOR_TEST, "params": page.CONNECTOR_TEST["params"] | here}
        assert await plain.ask("POST", "/connectors/testalm/", body) == page.SUCCESS
        wrong = {**body, "params": body["params"] | {"alm_api_token": "another"}}
        refused = await plain.ask("POST", "/connectors/testalm", wrong, status=400)
    assert "credentials check failed" in refused["detail"]


async def test_connections_of_rally_as_the_page_has_them(plain: Rig) -> None:
    github = await plain.ask("POST", "/connectors/alm/", page.GITHUB_CREATE, status=201)
    assert github["id"] == 1
    names = ("sde_project", "sde_application", "sde_businessunit", "alm_reference_context",
             "alm_project", "alm_title_format", "alm_validate_cert")  # fmt: skip
    params = {k: v for k, v in page.RALLY_PARAMS.items() if k not in names}
    body = {"name": "Rally", "system": {"id": "rally"}, "params": {
        **params, "title_format": "$task_id $title", "sde_min_priority": "7"}}  # fmt: skip
    assert (await plain.ask("POST", "/connectors/alm/", body, status=201))["id"] == 2
    own = {"alm_project": "Rally Project", "alm_reference_context": "14"}
    body = {"alias": "Rally Integration", "connector": "2", "project": "2", "params": own}
    await plain.ask("POST", "/connections/alm/", body, status=201)

    above = {"sde_businessunit": "BU", "sde_application": "Finance App"}
    shown = {"params": page.RALLY_PARAMS | above, "project": 2}
    [listed] = (await plain.ask("GET", "/connections/alm/"))["results"]
    compare(listed, page.RALLY_LISTED, but=shown, also=frozenset())
    named = await plain.ask("GET", "/connections/alm/?project=2")
    assert named == {"results": [listed]}
    assert await plain.ask("GET", "/connections/alm/?project=1") == {"results": []}
    one = await plain.ask("GET", "/connections/alm/1/")
    compare(one, page.RALLY_ONE, but=shown | {"system": page.RALLY_LISTED["system"]}, also=ALSO)

    result = {"connection": 1, "result_message": "Error Message", "succeeded": False}
    job = await plain.ask("POST", "/projects/2/jobs/alm/", result, status=201)
    [found] = (await plain.ask("GET", "/connections/alm/?include=last_job"))["results"]
    last = found["last_job"]
    told = {"id": job["id"], "last_run": last["last_run"], "user": last["user"]}
    compare(last, page.LAST_JOB, but=told, also=frozenset())
    assert isinstance(last["user"], int)
    assert last["last_run"].endswith("Z")
    compare(found, page.RALLY_WITH_JOB, but=shown | {"last_job": last}, also=frozenset())


async def test_a_connection_is_created_and_changed_as_the_page_does(plain: Rig) -> None:
    derived = ("sde_project", "sde_application", "sde_businessunit", "alm_reference_context",
               "alm_project", "alm_parent_issue", "alm_title_format")  # fmt: skip
    params = {k: v for k, v in page.JIRA_PARAMS.items() if k not in derived}
    body = {"name": "Jira", "system": {"id": "jira"}, "params": {
        **params, "title_format": "$task_id $title", "sde_min_priority": "7"}}  # fmt: skip
    await plain.ask("POST", "/connectors/alm/", body, status=201)
    made = await plain.ask("POST", "/connections/alm/", page.CREATE, status=201)
    own = {"alm_reference_context": made["id"]}
    socket = {"session_capture_socket": plain.config.socket}
    shown = {"id": made["id"], "params": page.CREATED["params"] | own | socket}
    compare(made, page.CREATED, but=shown, also=ALSO)

    changed = await plain.ask("PATCH", f"/connections/alm/{made['id']}", page.PATCH)
    # The page's answer has debugging off although nobody asked for that.
    assert changed["debug_mode"] is True
    changed = await plain.ask(
        "PATCH", f"/connections/alm/{made['id']}/", page.PATCH | {"debug_mode": False}
    )
    shown = {"id": made["id"], "system": page.CREATED["system"],
             "params": page.PATCHED["params"] | own}  # fmt: skip
    compare(changed, page.PATCHED, but=shown, also=ALSO)
    # What was answered may be sent back as it is.
    assert await plain.ask("PATCH", f"/connections/alm/{made['id']}/", changed) == changed


async def test_a_connection_is_tested_as_the_page_does(plain: Rig) -> None:
    async with RallySimulator(RallyConfig(projects=("rally_project",))) as rally:
        here = {"alm_method": "http", "alm_server": rally.url.removeprefix("http://"),
                "alm_user": "", "alm_pass": "", "alm_api_token": RallyConfig().token}  # fmt: skip
        workspace = {"rally_workspace": RallyConfig().workspace}
        body = {"name": "GitHub", "system": "github", "params": page.GITHUB_PARAMS}
        await plain.ask("POST", "/connectors/alm/", body, status=201)
        params = {**here, **workspace}
        body = {"name": "Rally", "system": {"id": "rally"}, "params": params}
        await plain.ask("POST", "/connectors/alm/", body, status=201)
        body = {**page.CONNECTION_TEST, "params": page.CONNECTION_TEST["params"] | here}
        assert await plain.ask("POST", "/connections/testalm/", body) == page.SUCCESS
        wrong = {**body, "params": body["params"] | {"alm_project": "another"}}
        refused = await plain.ask("POST", "/connections/testalm/", wrong, status=400)
        assert "project check failed" in refused["detail"]
        wrong = {**body, "project": 3}
        refused = await plain.ask("POST", "/connections/testalm/", wrong, status=400)
    assert refused["project"] == ['Invalid pk "3" - object does not exist.']


async def test_secrets_are_masked_and_a_mask_sent_back_keeps_them(tmp_path: Path) -> None:
    async with rigged(tmp_path) as rig:
        made = await rig.ask("POST", "/connectors/alm/", page.GITHUB_CREATE, status=201)
        assert made["params"] == page.GITHUB_PARAMS | {"alm_api_token": MASK}
        body = {"params": made["params"] | {"sde_min_priority": "9"}}
        changed = await rig.ask("PATCH", "/connectors/alm/1/", body)
        assert changed["params"]["sde_min_priority"] == "9"
        store = rig.node.store
        kept = await store.read(lambda c: alm.connector(c, store.vault, 1))
        assert kept is not None
        assert kept.params["alm_api_token"] == "token"


async def test_pages_are_counted_and_linked_where_a_size_is_asked_for(plain: Rig) -> None:
    for number in range(3):
        body = {**page.GITHUB_CREATE, "name": f"c{number}"}
        await plain.ask("POST", "/connectors/alm/", body, status=201)
    first = await plain.ask("GET", "/connectors/alm/?page_size=2")
    assert (first["count"], len(first["results"]), first["previous"]) == (3, 2, None)
    second = await plain.ask("GET", first["next"].partition("/api/v2")[2])
    assert [c["name"] for c in second["results"]] == ["c2"]
    assert second["next"] is None
    assert "page=1" in second["previous"]
    assert set(await plain.ask("GET", "/connectors/alm/")) == {"results"}


async def test_params_are_for_those_who_may_edit_alm_connections(plain: Rig) -> None:
    await plain.ask("POST", "/connectors/alm/", page.GITHUB_CREATE, status=201)
    body = {"alias": "x", "connector": 1, "project": 1, "params": {"alm_project": "shop"}}
    await plain.ask("POST", "/connections/alm/", body, status=201)
    for name, more, sees in (("looks", {}, False), ("edits", {"edit_alm": True}, True)):
        token = (await plain.ask("POST", "/tokens", {"name": name, **more}, status=201))["token"]
        headers = {"Authorization": f'token "{token}"'}
        for path in ("/connectors/alm/1/", "/connections/alm/1/", "/connections/alm/"):
            async with plain.session.get(plain.api + path, headers=headers) as answer:
                found = await answer.json()
            shown = found.get("results", [found])[0]
            assert ("params" in shown) is sees, path
        async with plain.session.patch(
            f"{plain.api}/connections/alm/1/", json={"alias": "y"}, headers=headers
        ) as answer:
            assert answer.status == (200 if sees else 403)


WRONG: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("github", {}, {"github_repo_owner": "required", "alm_api_token": "required",
                    "alm_server": "required"}),
    ("jira", {"alm_server": "j"}, {"alm_user": "required", "alm_pass": "required"}),
    ("rally", {"alm_server": "r", "alm_api_token": "t"}, {"rally_workspace": "required"}),
    ("hp_alm", {"alm_server": "r", "alm_user": "u", "alm_pass": "p"},
     {"hp_alm_domain": "required"}),
    ("tfs", {"alm_server": "dev.azure.com"}, {"alm_user": "required", "alm_pass": "required"}),
    ("github", page.GITHUB_PARAMS | {"alm_method": "ftp"}, {"alm_method": "not a valid choice"}),
    ("github", page.GITHUB_PARAMS | {"sde_min_priority": 11}, {"sde_min_priority": "1 to 10"}),
    ("github", page.GITHUB_PARAMS | {"sde_min_priority": "x"}, {"sde_min_priority": "integer"}),
    ("github", page.GITHUB_PARAMS | {"sde_statuses_in_scope": ""},
     {"sde_statuses_in_scope": "at least one"}),
    ("github", page.GITHUB_PARAMS | {"sde_statuses_in_scope": "TODO,OPEN"},
     {"sde_statuses_in_scope": '"OPEN"'}),
    ("github", page.GITHUB_PARAMS | {"sde_verification_filter": "maybe"},
     {"sde_verification_filter": '"maybe"'}),
    ("github", page.GITHUB_PARAMS | {"title_format": "$title"}, {"title_format": "$task_id"}),
    ("github", page.GITHUB_PARAMS | {"title_format": "$task_id $title $who"},
     {"title_format": "$who"}),
    ("github", page.GITHUB_PARAMS | {"conflict_policy": "me"}, {"conflict_policy": '"me"'}),
    ("github", page.GITHUB_PARAMS | {"selected_tasks": "12T"}, {"selected_tasks": "12T"}),
    ("github", page.GITHUB_PARAMS | {"start_fresh": True}, {"start_fresh": "delete"}),
    ("github", page.GITHUB_PARAMS | {"alm_validate_cert": False},
     {"alm_validate_cert": "always checked"}),
    ("github", page.GITHUB_PARAMS | {"github_duplicate_label": ""},
     {"github_duplicate_label": "blank"}),
    ("github", page.GITHUB_PARAMS | {"alm_priority_map": '{"1-9": "Low"}'},
     {"alm_priority_map": "Not mapped: 10"}),
    ("github", page.GITHUB_PARAMS | {"alm_priority_map": '{"1-9": "L", "9-10": "H"}'},
     {"alm_priority_map": "twice"}),
    ("github", page.GITHUB_PARAMS | {"alm_priority_map": "high"}, {"alm_priority_map": "JSON"}),
    ("github", page.GITHUB_PARAMS | {"alm_custom_fields": "[1]"}, {"alm_custom_fields": "object"}),
    ("github", page.GITHUB_PARAMS | {"githb_repo": "x"}, {"githb_repo": "no such param"}),
    ("github", page.GITHUB_PARAMS | {"alm_server": {"a": 1}}, {"alm_server": "valid string"}),
)  # fmt: skip


async def test_what_is_wrong_with_params_is_told_by_name(plain: Rig) -> None:
    for system, params, told in WRONG:
        body = {"name": "x", "system": {"id": system}, "params": params}
        answer = await plain.ask("POST", "/connectors/alm/", body, status=400)
        assert set(answer) == {"params"}, (system, answer)
        assert set(answer["params"]) == set(told), (system, params, answer)
        for name, words in told.items():
            assert words in answer["params"][name][0], (name, answer)


async def test_what_is_wrong_beside_params_is_told_by_field(plain: Rig) -> None:
    await plain.ask("POST", "/connectors/alm/", page.GITHUB_CREATE, status=201)
    good: dict[str, Any] = {"alias": "x", "connector": 1, "project": 1,
                            "params": {"alm_project": "shop"}}  # fmt: skip
    for change, field in (
        ({"connector": 9}, "connector"),
        ({"project": 9}, "project"),
        ({"frequency": "often"}, "frequency"),
        ({"alias": ""}, "alias"),
        ({"alias": None}, "alias"),
        ({"params": {}}, "params"),
        ({"connector": "one"}, "connector"),
    ):
        answer = await plain.ask("POST", "/connections/alm/", good | change, status=400)
        assert set(answer) == {field}, (change, answer)
    lacking = {name: value for name, value in good.items() if name != "alias"}
    answer = await plain.ask("POST", "/connections/alm/", lacking, status=400)
    assert answer == {"alias": ["This field is required."]}
    body = {"name": "x", "system": {"id": "trac"}, "params": {}}
    answer = await plain.ask("POST", "/connectors/alm/", body, status=400)
    assert "Supported: github, jira, rally, hp_alm, tfs." in answer["system"][0]
    for path in ("/connectors/alm/9/", "/connections/alm/9/", "/jobs/alm/9/", "/plugins/alm/x/"):
        assert "detail" in await plain.ask("GET", path, status=404)
    assert "detail" in await plain.ask("PUT", "/connectors/alm/", {}, status=405)


async def test_a_connector_in_use_stays_and_deleting_forgets_no_issue(plain: Rig) -> None:
    await plain.ask("POST", "/connectors/alm/", page.GITHUB_CREATE, status=201)
    body = {"alias": "x", "connector": 1, "project": 1, "params": {"alm_project": "shop"}}
    await plain.ask("POST", "/connections/alm/", body, status=201)
    assert "used by: x" in (await plain.ask("DELETE", "/connectors/alm/1/", status=409))["detail"]
    await plain.ask("DELETE", "/connections/alm/1/", status=204)
    await plain.ask("DELETE", "/connectors/alm/1", status=204)
    assert await plain.ask("GET", "/connectors/alm/") == {"results": []}
    assert [c["name"] for c in (await plain.ask("GET", "/connectors"))["results"]] == ["sde"]


async def test_plugins_tell_every_param_that_is_taken(plain: Rig) -> None:
    found = (await plain.ask("GET", "/plugins/alm/"))["results"]
    assert [each["id"] for each in found] == ["github", "jira", "rally", "hp_alm", "tfs"]
    one = await plain.ask("GET", "/plugins/alm/github/")
    assert one == found[0]
    fields = {field["name"]: field for section in one["sections"] for field in section["fields"]}
    assert set(page.GITHUB_PARAMS) <= set(fields)
    assert fields["alm_api_token"]["field_type"] == "masked_string"
    assert fields["alm_project"]["scope"] == "project"


async def test_without_sd_elements_the_api_says_what_to_do(plain: Rig) -> None:
    await plain.ask("DELETE", "/connectors/sde", status=204)
    await plain.ask("POST", "/connectors/alm/", page.GITHUB_CREATE, status=201)
    body = {"alias": "x", "connector": 1, "project": 1, "params": {"alm_project": "shop"}}
    answer = await plain.ask("POST", "/connections/alm/", body, status=409)
    assert "no connector to SD Elements" in answer["detail"]
    assert "tidegate connector add" in answer["remedy"]

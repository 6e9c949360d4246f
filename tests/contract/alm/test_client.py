"""A client that a generator makes of the served document says what SD Elements' own page says."""

import asyncio
from pathlib import Path
from typing import Any

from service.config.model import Alm
from tests.contract.alm import page
from tests.contract.alm.rig import ADMIN, rigged
from tests.contract.api.generated import Api, generated


async def test_the_generated_client_walks_through_the_page(tmp_path: Path) -> None:
    projects = {"1": "Project 1", "2": "Demo Project"}
    (made := tmp_path / "client").mkdir()
    async with rigged(tmp_path, alm=Alm(show_secrets=True), projects=projects) as rig:
        async with rig.session.get(f"{rig.api}/openapi.json") as answer:
            document = await answer.read()

        def walk() -> None:
            with generated(document, made):
                _walk(Api(rig.api.removesuffix("/api/v2"), ADMIN))

        await asyncio.to_thread(walk)


def _walk(api: Api) -> None:
    models = api.models

    def body(kind: str, given: dict[str, Any]) -> Any:
        return getattr(models, kind).from_dict(given)

    create = body("AlmConnectorCreate", page.GITHUB_CREATE)
    connector = api("connectors", "alm_connector_create", body=create, status=201)
    assert connector.to_dict() == page.GITHUB_CONNECTOR
    assert [each.id for each in api("connectors", "alm_connectors").results] == [1]
    patch = body("AlmConnectorPatch", page.GITHUB_PATCH)
    patched = api("connectors", "alm_connector_patch", "1", body=patch).to_dict()
    assert patched == {**page.GITHUB_PATCHED, "id": 1}
    assert api("connectors", "alm_connector", "1").to_dict() == patched

    given: Any = {
        "alias": "Example Connection",
        "connector": 1,
        "project": 1,
        "frequency": "hourly",
        "params": {"alm_project": "Example Project"},
    }
    made = api(
        "connections", "alm_connection_create", body=body("AlmConnectionCreate", given), status=201
    )
    assert (made.alias, made.frequency.value, made.command) == (
        "Example Connection", "hourly", "sync_github",
    )  # fmt: skip
    change = {"alias": "Another", "frequency": "manually", "params": {"alm_project": "Other"}}
    changed = api(
        "connections", "alm_connection_patch", str(made.id), body=body("AlmConnectionPatch", change)
    )
    assert changed.params["alm_project"] == "Other"
    assert changed.params["github_repo_owner"] == "new repo owner"
    listed = api("connections", "alm_connections", project="1")
    assert [each.alias for each in listed.results] == ["Another"]
    assert api("plugins", "alm_plugins").results
    assert api("jobs", "alm_jobs").results == []
    refused = api("connectors", "alm_connector_create", status=400, body=body(
        "AlmConnectorCreate", {"name": "x", "system": {"id": "trac"}, "params": {}}))  # fmt: skip
    assert "system" in refused.to_dict()
    api("connections", "alm_connection_delete", str(made.id), status=204)
    api("connectors", "alm_connector_delete", "1", status=204)

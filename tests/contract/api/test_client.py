"""A client that an existing generator makes of the served document goes on a tour with a node."""

import uuid
from pathlib import Path

import requests

from tests.contract.api.generated import Api, generated
from tests.contract.api.house import ADMIN, House


def test_the_generated_client_runs_the_tour(house: House, tmp_path: Path) -> None:
    with generated(requests.get(f"{house.api}/openapi.json").content, tmp_path):
        _tour(house)


def _tour(house: House) -> None:
    api = Api(house.base, ADMIN)
    models = api.models
    assert api("node", "node").name == "house"
    assert api("health", "health").service_id == "house"

    name = f"generated-{uuid.uuid4().hex[:8]}"
    body = models.TokenCreate(name=name, role=models.TokenCreateRole.OPERATOR)
    created = api("tokens", "token_create", body=body, idempotency_key=name, status=201)
    assert api("tokens", "token_create", body=body, idempotency_key=name, status=201) == created
    operator = Api(house.base, created.token)
    assert "permission" in operator("tokens", "tokens", status=403).detail

    page = operator("connections", "connections", page_size=1)
    assert (page.count, len(page.results)) == (2, 1)
    assert "page=2" in page.next_
    shown = operator("connections", "connection", "here")
    assert shown.settings.project == "LEFT"
    assert operator("connections", "connection_pause", "here").status.value == "paused"
    assert operator("connections", "connection_resume", "here").status.value == "active"
    refused = api(
        "connections", "connection_settings", "here",
        body=models.SettingsBody(project="LEFT"), if_match='"another"', status=412,
    )  # fmt: skip
    assert refused.remedy
    params = models.ConnectorAddParams.from_dict({"url": "https://jira.example", "token": "x"})
    added = api(
        "connectors", "connector_add", status=201,
        body=models.ConnectorAdd(name=name, system="jira", params=params, check=False),
    )  # fmt: skip
    assert added.params["token"] == "********"
    api("connectors", "connector_remove", name, status=204)
    wrong = api(
        "connectors", "connector_add", status=400,
        body=models.ConnectorAdd(name="not a name", system="jira", params=params),
    )  # fmt: skip
    assert list(wrong.to_dict()) == ["name"]

    task = operator(
        "tasks", "task_start", status=201,
        body=models.TaskStart(kind=models.TaskStartKind.RETRY, connection="here"),
    )  # fmt: skip
    assert operator("tasks", "task", task.id).kind.value == "retry"
    assert operator("queue", "queue").parked == 0
    audited = api("audit", "audit", target=f"/connectors/{name}")
    assert audited.results[0].before["name"] == name
    api("tokens", "token_revoke", name, status=204)
    assert "credentials" in operator("node", "node", status=401).detail

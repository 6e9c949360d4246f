"""A client that an existing generator makes of the served document goes on a tour with a node."""

import importlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.api.house import ADMIN, House

PACKAGE = "tidegate_client"


@pytest.fixture(scope="module")
def generated(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("generated")
    document = folder / "openapi.json"
    document.write_bytes(requests.get(f"{house.api}/openapi.json").content)
    options = folder / "options.json"
    # Without the generator's last step, which formats the code for readers.
    options.write_text(json.dumps({"package_name_override": PACKAGE, "post_hooks": []}))
    made = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document),
            "--meta", "none", "--output-path", str(folder / PACKAGE), "--config", str(options),
            "--fail-on-warning",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


class Api:
    """`api(tag, operation, …)` calls the generated function and wants its `status`."""

    def __init__(self, house: House, token: str) -> None:
        client = importlib.import_module(f"{PACKAGE}.client")
        self._client = client.AuthenticatedClient(house.base, token=token, prefix="Token")
        self.models = importlib.import_module(f"{PACKAGE}.models")

    def __call__(self, tag: str, operation: str, *path: str, status: int = 200, **more: Any) -> Any:
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")
        answer = module.sync_detailed(*path, client=self._client, **more)
        assert answer.status_code == status, answer.content
        assert answer.parsed is not None or status == 204
        return answer.parsed


def test_the_generated_client_runs_the_tour(house: House, generated: Path) -> None:
    api = Api(house, ADMIN)
    models = api.models
    assert api("node", "node").name == "house"
    assert api("health", "health").service_id == "house"

    name = f"generated-{uuid.uuid4().hex[:8]}"
    body = models.TokenCreate(name=name, role=models.TokenCreateRole.OPERATOR)
    created = api("tokens", "token_create", body=body, idempotency_key=name, status=201)
    assert api("tokens", "token_create", body=body, idempotency_key=name, status=201) == created
    operator = Api(house, created.token)
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

"""A public client library finds in the simulator what it finds in a real Azure DevOps.

The reporting feeds are left out: its models of them hold nothing."""

import asyncio
from io import BytesIO
from typing import Any

import pytest

pytest.importorskip("azure.devops", reason="azure-devops is not installed")

PROJECT = "Tidegate"


@pytest.fixture
def library(monkeypatch, tmp_path):
    """It keeps on the disk where each address has its resources."""
    monkeypatch.setenv("AZURE_DEVOPS_CACHE_DIR", str(tmp_path))
    from azure.devops import _file_cache, connection
    from msrest.authentication import BasicAuthentication

    for cache in (_file_cache.OPTIONS_CACHE, _file_cache.RESOURCE_CACHE):
        monkeypatch.setattr(cache, "file_name", str(tmp_path / "cache.json"))

    def connected(url: str, token: str) -> Any:
        login = BasicAuthentication("", token)
        return connection.Connection(base_url=url, creds=login)

    return connected


def everything(connection: Any, api: str) -> dict[str, Any]:
    from azure.devops.exceptions import AzureDevOpsServiceError
    from azure.devops.v7_1.work_item_tracking.models import CommentCreate, CommentUpdate, Wiql

    items = connection.clients_v7_1.get_work_item_tracking_client()
    seen: dict[str, Any] = {}
    projects = connection.clients_v7_1.get_core_client().get_projects()
    seen["projects"] = [each.name for each in projects]
    kinds = items.get_work_item_types(PROJECT)
    seen["types"] = [each.name for each in kinds]
    seen["states"] = [each.name for each in items.get_work_item_type_states(PROJECT, "Task")]
    fields = items.get_work_item_type_fields_with_references(PROJECT, "Task", "allowedValues")
    seen["values"] = {each.reference_name: each.allowed_values for each in fields}["Custom.Tier"]
    custom = [each for each in items.get_work_item_fields() if each.reference_name == "Custom.Tier"]
    seen["field"] = [(each.name, each.type, each.is_picklist) for each in custom]
    nodes = items.get_classification_nodes(PROJECT, None, depth=2)
    seen["areas"] = [child.name for child in nodes[0].children]
    links = {each.reference_name: each.name for each in items.get_relation_types()}
    seen["link"] = links["System.LinkTypes.Dependency-Forward"]

    title = _step("/fields/System.Title", "By a library é")
    one = items.create_work_item([title], PROJECT, "Task")
    two = items.create_work_item([_step("/fields/System.Title", "Another")], PROJECT, "User Story")
    relation = {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": f"{api}/_apis/wit/workItems/2"}
    steps = [
        {"op": "test", "path": "/rev", "value": one.rev},
        _step("/fields/System.State", "Active"),
        _step("/fields/Microsoft.VSTS.Scheduling.DueDate", "2026-01-31"),
        _step("/relations/-", relation),
    ]
    one = items.update_work_item(steps, one.id)
    file = items.create_attachment(BytesIO(b"data"), PROJECT, file_name="plan.txt")
    attached = _step("/relations/-", {"rel": "AttachedFile", "url": file.url})
    items.update_work_item([attached], one.id)
    again = items.get_work_item(one.id, expand="All")
    seen["item"] = [
        again.fields[name] for name in ("System.Title", "System.State", "System.Parent")
    ]
    seen["due"] = again.fields["Microsoft.VSTS.Scheduling.DueDate"]
    seen["relations"] = [each.rel for each in again.relations]
    seen["file"] = b"".join(items.get_attachment_content(file.id, download=True))
    note = items.add_comment(CommentCreate(text="<p>hi</p>"), PROJECT, one.id)
    items.update_comment(CommentUpdate(text="<p>ho</p>"), PROJECT, one.id, note.id)
    seen["comments"] = [each.text for each in items.get_comments(PROJECT, one.id).comments]
    items.delete_comment(PROJECT, one.id, note.id)
    seen["none left"] = items.get_comments(PROJECT, one.id).comments
    query = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'Tidegate'"
    found = items.query_by_wiql(Wiql(query + " ORDER BY [System.Id]"))
    seen["query"] = [each.id for each in found.work_items]
    seen["updates"] = [each.rev for each in items.get_updates(one.id)][:2]
    hooks = connection.clients_v7_1.get_service_hooks_client()
    seen["hooks"] = {each.status for each in hooks.list_subscriptions(consumer_id="webHooks")}
    items.delete_work_item(two.id)
    for wrong in (lambda: items.get_work_item(two.id), lambda: items.update_work_item(steps, 1)):
        try:
            wrong()
        except AzureDevOpsServiceError as error:
            seen.setdefault("refused", []).append(str(error)[:8])
    return seen


def _step(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


SEEN = {
    "projects": ["Tidegate", "Ünïcode & Söhne"],
    "types": ["Bug", "Task", "User Story", "Issue", "Code Review Request"],
    "states": ["New", "Active", "Closed"],
    "values": ["Gold", "Silver", "Bronze"],
    "field": [("Tier", "string", True)],
    "areas": ["Team A", "Team B"],
    "link": "Successor",
    "item": ["By a library é", "Active", 2],
    "due": "2026-01-31T00:00:00Z",
    "relations": ["System.LinkTypes.Hierarchy-Reverse", "AttachedFile"],
    "file": b"data",
    "comments": ["<p>ho</p>"],
    "none left": [],
    "query": [1, 2],
    "updates": [1, 2],
    "hooks": set(),
    "refused": ["TF401232", "VS403351"],
}


async def test_microsofts_library_works_with_the_simulator(simulator, library) -> None:
    connection = library(simulator.url, simulator.config.token)
    seen = await asyncio.to_thread(everything, connection, simulator.url)
    assert seen == SEEN

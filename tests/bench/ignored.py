"""What events cost that nobody cares about: strangers' issues, and news that is known already."""

import asyncio
from typing import Any

import aiohttp
import msgspec

from adapters.azure_devops.simulator import AzureDevOpsSimulator, SimulatorConfig
from adapters.azure_devops.simulator.hooks import hook_message
from adapters.jira.simulator import JiraSimulator
from adapters.jira.simulator import SimulatorConfig as JiraConfig
from adapters.jira.simulator.hooks import payloads
from adapters.jira.simulator.shapes import Shapes
from service.quickstart.people import AzureDevOpsPerson, JiraPerson
from tests.bench.field import Field, Node, gather
from tests.bench.process_tree import cpu_ms

_CONCURRENCY = 4
_SETTLED = 0.7


async def jira_body(project: str) -> dict[str, Any]:
    """The webhook of an edit, as Jira sends it."""
    heard: list[Any] = []
    async with JiraSimulator(JiraConfig(projects={project: project})) as jira:
        jira.state.listeners.append(heard.append)
        person = JiraPerson.at(jira.url, project, jira.config.token)
        try:
            key = await person.create("Strange", "Nobody asked for it. " * 20)
            await person.rename(key, "Stranger")
        finally:
            await person.close()
        return payloads(Shapes(jira.url), heard[-1])[0]


async def azure_body(project: str) -> dict[str, Any]:
    heard: list[Any] = []
    async with AzureDevOpsSimulator(SimulatorConfig(projects=(project,))) as azure:
        azure.state.listeners.append(heard.append)
        person = AzureDevOpsPerson.at(azure.url, project, azure.config.token)
        try:
            key = await person.create("Strange", "Nobody asked for it. " * 20)
            await person.rename(key, "Stranger")
        finally:
            await person.close()
        return hook_message(heard[-1], azure.url, 1)


async def strange(field: Field, node: Node, count: int) -> float:
    """CPU milliseconds per event about an issue of a project that nobody syncs."""
    if node == "harbor":
        body = await jira_body("ELSE")
        bodies = [_jira(body, str(900_000 + number)) for number in range(count)]
    else:
        body = await azure_body("Elsewhere")
        bodies = [_azure(body, 900_000 + number, 2) for number in range(count)]
    return await _cost(field, node, bodies)


async def known(field: Field, node: Node, count: int) -> float:
    """CPU milliseconds per webhook that tells a change a second time, or tells our own write."""
    pairs = field.pairs
    if node == "harbor":
        body = await jira_body(field.stage.harbor.project)
        issues = [await field.alice.raw(pair.jira) for pair in pairs[:50]]
        bodies = [_jira(body, issue["id"], issue["fields"]["updated"]) for issue in issues]
    else:
        body = await azure_body(field.stage.lagoon.project)
        items = [await field.bob.raw(pair.azure) for pair in pairs[:50]]
        bodies = [_azure(body, item["id"], item["rev"]) for item in items]
    bodies = (bodies * (count // len(bodies) + 1))[:count]
    return await _cost(field, node, bodies)


def _jira(body: dict[str, Any], issue: str, updated: str | None = None) -> bytes:
    told = body["issue"]
    fields = told["fields"] | ({"updated": updated} if updated else {})
    return msgspec.json.encode(body | {"issue": told | {"id": issue, "fields": fields}})


def _azure(body: dict[str, Any], item: int, rev: int) -> bytes:
    resource = body["resource"]
    revision = resource["revision"] | {"id": item, "rev": rev}
    changed = resource | {"workItemId": item, "rev": rev, "revision": revision}
    return msgspec.json.encode(body | {"resource": changed})


async def _cost(field: Field, node: Node, bodies: list[bytes]) -> float:
    company = field.stage.harbor if node == "harbor" else field.stage.lagoon
    url = f"{company.node_url}/hooks/tracker/{company.hook_secret}"
    headers = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=_CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def tell(body: bytes) -> None:
            async with session.post(url, data=body) as answer:
                answer.raise_for_status()
                await answer.read()

        await tell(bodies[0])
        await asyncio.sleep(_SETTLED)
        before = cpu_ms(field.pid(node))
        await gather((tell(body) for body in bodies), _CONCURRENCY)
        await asyncio.sleep(_SETTLED)
        return (cpu_ms(field.pid(node)) - before) / len(bodies)

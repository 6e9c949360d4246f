"""A node that is killed in the middle of an ALM connection's job: the job ends, once."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.jira.simulator import JiraSimulator
from adapters.jira.simulator import SimulatorConfig as JiraConfig
from adapters.sd_elements.simulator import SdElementsSimulator, SimulatorConfig
from service.quickstart.admin import Admin
from service.quickstart.processes import Processes
from tests.support.ports import free_port

TASKS = 30
KILLED_AT = 12
"""How many issues there are by then."""
PATIENCE = 60.0


class Node:
    """Simulators are in this process, so they see every call until the very moment of the kill."""

    def __init__(self, folder: Path, admin: Admin, processes: Processes) -> None:
        self._command = (
            sys.executable, "-m", "service.cli", "run", "--config", str(folder / "node.toml"),
        )  # fmt: skip
        self.ask = admin.ask
        self._admin, self._processes = admin, processes

    async def start(self) -> None:
        await self._processes.start("node", *self._command)
        await self._admin.wait_until_ready(self._processes)

    async def kill(self) -> None:
        process = self._processes.running("node")
        process.kill()
        await process.wait()
        self._processes.forget(process)

    async def over(self, job: int) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                found: dict[str, Any] = await self.ask("GET", f"/api/v2/jobs/alm/{job}/")
                if found["ready"]:
                    return found
                await asyncio.sleep(0.05)

    async def quiet(self) -> None:
        """Returns once no twin waits for anything."""
        async with asyncio.timeout(PATIENCE):
            while True:
                queue = await self.ask("GET", "/api/v2/queue")
                if not any(queue[name] for name in ("due", "later", "working", "outbox")):
                    return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Node]:
    (folder / "node").mkdir(mode=0o700)
    (folder / "node.toml").write_text(
        f'data = "{folder / "node"}"\n[node]\nname = "node"\n'
        f'[listen]\naddress = "127.0.0.1:{free_port()}"\n[limits]\nsettle_ms = 0\n'
        '[trackers]\nallow_networks = ["127.0.0.0/8"]\n'
    )
    processes = Processes(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(processes.stop)
        admin = await stack.enter_async_context(Admin("node", folder / "node" / "tidegate.sock"))
        node = Node(folder, admin, processes)
        await node.start()
        yield node


async def connect(node: Node, sde: SdElementsSimulator, jira: JiraSimulator) -> int:
    """Answers the connection."""
    params = {"url": sde.url, "token": sde.config.token}
    await node.ask(
        "POST", "/api/v2/connectors", {"name": "sde", "system": "sd-elements", "params": params}
    )
    server, _, root = jira.url.removeprefix("http://").partition("/")
    given = {
        "alm_method": "http", "alm_server": server, "alm_context_root": root,
        "alm_api_token": jira.config.token, "jira_done_statuses": "Done",
        "jira_close_transition": "Done", "jira_reopen_transition": "To Do",
        "alm_priority_map": '{"6-10": "High", "1-5": "Low"}', "sde_min_priority": 1,
    }  # fmt: skip
    body = {"name": "jira", "system": {"id": "jira"}, "params": given}
    made = await node.ask("POST", "/api/v2/connectors/alm/", body)
    own = {"alm_project": "ABC", "alm_reference_context": 14}
    body = {"alias": "Shop", "connector": made["id"], "project": 1, "params": own}
    return int((await node.ask("POST", "/api/v2/connections/alm/", body))["id"])


@pytest.mark.slow
async def test_a_job_whose_node_is_killed_ends_and_doubles_nothing(folder: Path) -> None:
    async with (
        SdElementsSimulator(SimulatorConfig(library_tasks=TASKS)) as sde,
        JiraSimulator(JiraConfig(projects={"ABC": "Shop"})) as jira,
        running(folder) as node,
    ):
        connection = await connect(node, sde, jira)
        job = await node.ask("POST", "/api/v2/projects/1/jobs/alm/", {"connection": connection})
        async with asyncio.timeout(PATIENCE):
            while len(jira.state.issues) < KILLED_AT:
                await asyncio.sleep(0.001)
        await node.kill()
        assert KILLED_AT <= len(jira.state.issues) < TASKS
        await node.start()
        over = await node.over(job["id"])
        # What was under way at the kill has an unknown outcome, which is looked up a little later.
        async with asyncio.timeout(PATIENCE):
            while len(jira.state.issues) < TASKS:
                await asyncio.sleep(0.05)
            while not all(task.artifact_proxy for task in sde.state.tasks.values()):
                await asyncio.sleep(0.05)
        await node.quiet()

        titles = Counter(issue.summary.partition(":")[0] for issue in jira.state.issues.values())
        assert titles == Counter({f"T{number}": 1 for number in range(1, TASKS + 1)})
        tasks = sde.state.tasks.values()
        keys = {issue.key for issue in jira.state.issues.values()}
        assert {task.artifact_proxy for task in tasks} == keys
        assert [[r.reference for r in task.references] for task in tasks] == [
            [task.artifact_proxy] for task in tasks
        ]
        # What happened, as its record tells it.
        told = over["progress"]
        assert over["succeeded"] == (not told["failed"]), over["result_message"]
        assert (told["interrupted"], told["created"] + told["failed"]) == (1, TASKS)
        assert all("it is tried again later" in each for each in told["problems"])
        new = f"{TASKS} of {TASKS} tasks in scope: {told['created']} new"
        assert new in over["result_message"]
        assert "The node stopped meanwhile (once)" in over["result_message"]
        listed = await node.ask("GET", "/api/v2/jobs/alm/")
        assert [each["id"] for each in listed["results"]] == [job["id"]]

        again = await node.ask("POST", "/api/v2/projects/1/jobs/alm/", {"connection": connection})
        told = (await node.over(again["id"]))["progress"]
        assert (told["unchanged"], told["again"], told["interrupted"]) == (TASKS, 0, 0)

"""Two trackers in this process, two nodes as processes that may be killed at any moment."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import msgspec

from adapters.azure_devops.simulator import AzureDevOpsSimulator
from adapters.azure_devops.simulator import SimulatorConfig as AzureConfig
from adapters.jira.simulator.config import SimulatorConfig as JiraConfig
from adapters.jira.simulator.config import Webhook
from adapters.jira.simulator.server import JiraSimulator
from service.quickstart.admin import Admin, Refused
from tests.e2e.chaos.people import AzureColleague, Colleague, JiraColleague
from tests.e2e.chaos.plan import Plan
from tests.e2e.chaos.trackers import SIDES, AzureView, JiraView, Side, View
from tests.support.broker import Broker
from tests.support.ports import free_port
from tests.support.postgres import Postgres

CONNECTION = "lagoon-harbor"
PROJECTS: dict[Side, str] = {"harbor": "HARBOR", "lagoon": "Lagoon"}
HOOK = "an-unguessable-path"
TOKEN = "simulator-token"
START_SECONDS = 60.0
_SCAN = "[scan]\ninterval_seconds = 2\nfull_hours = 0.002\n"


class NodeDied(Exception):
    """A node has ended by itself."""


class NodeProcess:
    """One node, started again as often as it is killed."""

    def __init__(self, side: Side, config: Path, log: Path) -> None:
        self.side = side
        self.starts = 0
        self._config = config
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        command = (sys.executable, "-m", "service.cli", "run", "--config", str(self._config))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.starts += 1

    def check(self) -> None:
        process = self._process
        if process is not None and process.returncode is not None:
            tail = self._log.read_text(errors="replace")[-3000:]
            raise NodeDied(f"{self.side} ended with {process.returncode}:\n{tail}")

    async def kill(self) -> None:
        """SIGKILL to the daemon alone, as the kernel's own out-of-memory killer does it."""
        self.check()
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(30):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Servers(msgspec.Struct, frozen=True):
    """What the nodes stand on; `broker` is None for the embedded default."""

    bus: dict[Side, str]
    store: dict[Side, str]
    broker: Broker | None


class Stage(msgspec.Struct, frozen=True):
    nodes: dict[Side, NodeProcess]
    admins: dict[Side, Admin]
    people: dict[Side, Colleague]
    views: dict[Side, View]
    broker: Broker | None


@asynccontextmanager
async def open_servers(plan: Plan) -> AsyncIterator[Servers]:
    async with AsyncExitStack() as stack:
        if plan.embedded:
            yield Servers(dict.fromkeys(SIDES, "embedded:"), dict.fromkeys(SIDES, ""), None)
            return
        postgres, broker = Postgres(), Broker()
        stack.callback(postgres.close)
        await asyncio.to_thread(postgres.start)
        stack.callback(broker.close)
        await asyncio.to_thread(broker.start)
        # A node that is younger may forget its queues when it is killed.
        await asyncio.sleep(2)
        store = {side: stack.enter_context(postgres.database(side)) for side in SIDES}
        bus = {side: await asyncio.to_thread(_virtual_host, broker, side) for side in SIDES}
        yield Servers(bus, store, broker)


def _virtual_host(broker: Broker, side: Side) -> str:
    broker.ctl("add_vhost", side)
    broker.ctl("set_permissions", "-p", side, "guest", ".*", ".*", ".*")
    return broker.url + side


@asynccontextmanager
async def open_stage(plan: Plan, servers: Servers, folder: Path) -> AsyncIterator[Stage]:
    ports = {side: free_port() for side in SIDES}
    hooks = {side: f"http://127.0.0.1:{ports[side]}/hooks/tracker/{HOOK}" for side in SIDES}
    async with AsyncExitStack() as stack:
        jira = await stack.enter_async_context(_jira(hooks["harbor"]))
        azure = await stack.enter_async_context(_azure(hooks["lagoon"]))
        jira.latency = azure.latency = plan.latency
        people = {
            "harbor": JiraColleague.at(jira.url, PROJECTS["harbor"], TOKEN),
            "lagoon": AzureColleague.at(azure.url, PROJECTS["lagoon"], TOKEN),
        }
        for person in people.values():
            stack.push_async_callback(person.close)
        nodes, admins = {}, {}
        for side in SIDES:
            nodes[side] = _node(side, ports[side], servers, folder)
            stack.push_async_callback(nodes[side].stop)
            await nodes[side].start()
            admin = Admin(side, folder / side / "tidegate.sock")
            admins[side] = await stack.enter_async_context(admin)
        views: dict[Side, View] = {"harbor": JiraView(jira), "lagoon": AzureView(azure)}
        stage = Stage(nodes, admins, dict(people), views, servers.broker)
        for side in SIDES:
            await until_ready(stage, side)
        await _pair(stage, {"harbor": jira.url, "lagoon": azure.url})
        yield stage


def _jira(hook: str) -> JiraSimulator:
    key = PROJECTS["harbor"]
    return JiraSimulator(JiraConfig(projects={key: key}, token=TOKEN, webhooks=(Webhook(hook),)))


def _azure(hook: str) -> AzureDevOpsSimulator:
    return AzureDevOpsSimulator(
        AzureConfig(token=TOKEN, projects=(PROJECTS["lagoon"],), webhooks=((hook, "", ""),))
    )


def _node(side: Side, port: int, servers: Servers, folder: Path) -> NodeProcess:
    address = f"127.0.0.1:{port}"
    data = folder / side
    data.mkdir(mode=0o700)
    public = f'public_url = "http://{address}"\n' if side == "lagoon" else ""
    store = f'[store]\nurl = "{servers.store[side]}"\n' if servers.store[side] else ""
    config = folder / f"{side}.toml"
    config.write_text(
        f'data = "{data}"\n[node]\nname = "{side}"\n{public}[listen]\naddress = "{address}"\n'
        f'[bus]\nurl = "{servers.bus[side]}"\n{store}{_SCAN}'
        '[trackers]\nallow_networks = ["127.0.0.1/32"]\n'
        '[peers]\nallow_http_hosts = ["127.0.0.1"]\nallow_networks = ["127.0.0.1/32"]\n'
    )
    return NodeProcess(side, config, folder / f"{side}.log")


async def until_ready(stage: Stage, side: Side) -> None:
    async with asyncio.timeout(START_SECONDS):
        while not await _ready(stage.admins[side]):
            stage.nodes[side].check()
            await asyncio.sleep(0.05)


async def _ready(admin: Admin) -> bool:
    try:
        await admin.ask("GET", "/readyz")
    except (Refused, aiohttp.ClientError, OSError):
        return False
    return True


async def _pair(stage: Stage, urls: dict[Side, str]) -> None:
    for side, system in (("harbor", "jira"), ("lagoon", "azure-devops")):
        params: dict[str, object] = {"url": urls[side], "token": TOKEN, "webhook_secret": HOOK}
        if side == "lagoon":
            params["project"] = PROJECTS["lagoon"]
        params["scan_lag"] = 1.0
        body = {"name": "tracker", "system": system, "params": params}
        await stage.admins[side].ask("POST", "/api/v2/connectors", body)
    initiated = await stage.admins["lagoon"].ask(
        "POST",
        "/api/v2/connections",
        {
            "name": CONNECTION,
            "connector": "tracker",
            "local_side": "lagoon",
            "remote_side": "harbor",
            "mode": "script",
            "settings": _settings("lagoon"),
            "trusted": True,
        },
    )
    accepted = {
        "invitation": initiated["invitation"],
        "connector": "tracker",
        "mode": "script",
        "settings": _settings("harbor"),
        "trusted": True,
    }
    await stage.admins["harbor"].ask("POST", "/api/v2/connections/accept", accepted)


def _settings(side: Side) -> dict[str, object]:
    project = PROJECTS[side]
    return {"project": project, "issue_type": "Bug", "trigger": {"project": project}}


async def listed(stage: Stage, side: Side, path: str) -> list[dict[str, object]]:
    """All pages of a list."""
    found: list[dict[str, object]] = []
    page = 1
    while True:
        answer = await stage.admins[side].ask("GET", f"{path}?page={page}&page_size=500")
        found += answer["results"]
        if not answer["next"]:
            return found
        page += 1

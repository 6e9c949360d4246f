"""Both companies, with something in between: the way from the private node to the public one leads
through a port of the test, and the private node can be away for a while."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex

import msgspec

from service.quickstart.admin import Admin
from service.quickstart.people import AzureDevOpsPerson, JiraPerson
from service.quickstart.processes import Processes
from service.quickstart.stage import Company, Stage, pair
from tests.e2e.chaos.stage import NodeProcess
from tests.e2e.chaos.trackers import Side
from tests.e2e.companies import people
from tests.e2e.people import Alice, Bob
from tests.support.ports import free_port

HOST = "127.0.0.1"


class Rig(msgspec.Struct, frozen=True):
    stage: Stage
    alice: Alice
    """At harbor, the private company."""
    bob: Bob
    """At lagoon, the public one."""
    harbor: NodeProcess
    lagoon: NodeProcess

    async def wait_until_ready(self) -> None:
        for admin in (self.stage.harbor_admin, self.stage.lagoon_admin):
            await admin.wait_until_ready(self.stage.processes)

    def data(self, side: Side) -> Path:
        return self.stage.folder / side


@asynccontextmanager
async def open_rig(
    folder: Path, *, lagoon_port: int, public_port: int, settle_ms: int = 1_000, peers: str = ""
) -> AsyncIterator[Rig]:
    """`public_port` is where harbor finds lagoon, which listens on `lagoon_port`. `peers` are more
    settings of that section, for both."""
    processes = Processes(folder)
    harbor, lagoon = _company("harbor", free_port()), _company("lagoon", lagoon_port)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(processes.stop)
        nodes, admins = [], []
        for company in (harbor, lagoon):
            await _start_tracker(company, processes)
            node = _node(company, folder, public_port, settle_ms, peers)
            stack.push_async_callback(node.stop)
            await node.start()
            nodes.append(node)
            admin = Admin(company.name, folder / company.name / "tidegate.sock")
            admins.append(await stack.enter_async_context(admin))
        jira = JiraPerson.at(harbor.tracker_url, harbor.project, harbor.tracker_token)
        stack.push_async_callback(jira.close)
        azure = AzureDevOpsPerson.at(
            lagoon.tracker_url + "/simulation", lagoon.project, lagoon.tracker_token
        )
        stack.push_async_callback(azure.close)
        stage = Stage(harbor, lagoon, *admins, jira, azure, processes, folder)
        alice, bob = await stack.enter_async_context(people(stage))
        rig = Rig(stage, alice, bob, *nodes)
        await rig.wait_until_ready()
        await pair(stage, lambda _: None)
        yield rig


def _company(name: Side, port: int) -> Company:
    public = name == "lagoon"
    return Company(
        name=name,
        host=HOST,
        prefix=(),
        bus="embedded:",
        store="",
        public=public,
        project="Lagoon" if public else "HARBOR",
        tracker_token=token_hex(12),
        hook_secret=token_hex(12),
        node_port=port,
        tracker_port=free_port(),
    )


async def _start_tracker(company: Company, processes: Processes) -> None:
    await processes.start(
        f"{company.name}-tracker",
        sys.executable,
        "-m",
        "service.quickstart.tracker",
        "azure-devops" if company.public else "jira",
        str(company.tracker_port),
        company.host,
        f"{company.node_url}/hooks/tracker/{company.hook_secret}",
        company.tracker_token,
        company.project,
    )


def _node(
    company: Company, folder: Path, public_port: int, settle_ms: int, peers: str
) -> NodeProcess:
    data = folder / company.name
    data.mkdir(mode=0o700)
    public = f'public_url = "http://{HOST}:{public_port}"\n' if company.public else ""
    config = folder / f"{company.name}.toml"
    config.write_text(
        f'data = "{data}"\n[node]\nname = "{company.name}"\n{public}'
        f'[listen]\naddress = "{HOST}:{company.node_port}"\n'
        f"[limits]\nsettle_ms = {settle_ms}\n"
        f'[trackers]\nallow_networks = ["{HOST}/32"]\n'
        f'[peers]\nallow_http_hosts = ["{HOST}", "localhost"]\n'
        f'allow_networks = ["{HOST}/32"]\n{peers}'
    )
    side: Side = "lagoon" if company.public else "harbor"
    return NodeProcess(side, config, folder / f"{company.name}.log")

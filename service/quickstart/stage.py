"""Sets the stage: two simulated trackers, two nodes, and a pairing by an invitation code."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex

import msgspec

from service.quickstart.admin import Admin
from service.quickstart.options import Options
from service.quickstart.people import AzureDevOpsPerson, JiraPerson
from service.quickstart.processes import Processes, free_port

Tell = Callable[[str], None]


class Company(msgspec.Struct):
    name: str
    host: str
    prefix: tuple[str, ...]
    bus: str
    store: str
    public: bool
    project: str
    tracker_token: str
    hook_secret: str
    node_port: int
    tracker_port: int

    @property
    def tracker_url(self) -> str:
        return f"http://{self.host}:{self.tracker_port}"

    @property
    def node_url(self) -> str:
        return f"http://{self.host}:{self.node_port}"


class Stage(msgspec.Struct, frozen=True):
    harbor: Company
    """Behind a firewall, with Jira."""
    lagoon: Company
    """With a public URL, and Azure DevOps."""
    harbor_admin: Admin
    lagoon_admin: Admin
    harbor_person: JiraPerson
    lagoon_person: AzureDevOpsPerson
    processes: Processes
    folder: Path


def _company(options: Options, *, public: bool) -> Company:
    host = options.public_host if public else options.private_host
    return Company(
        name="lagoon" if public else "harbor",
        host=host,
        prefix=options.public_prefix if public else options.private_prefix,
        bus=options.bus[int(public)],
        store=options.store[int(public)],
        public=public,
        project="Lagoon" if public else "HARBOR",
        tracker_token=token_hex(12),
        hook_secret=token_hex(12),
        node_port=free_port(host),
        tracker_port=free_port(host),
    )


def config_text(company: Company, folder: Path, peer_host: str) -> str:
    lines = ["[node]", f'name = "{company.name}"']
    if company.public:
        lines.append(f'public_url = "{company.node_url}"')
    lines += ["[listen]", f'address = "{company.host}:{company.node_port}"']
    lines += ["[bus]", f'url = "{company.bus}"']
    if company.store:
        lines += ["[store]", f'url = "{company.store}"']
    lines += [
        "[peers]",
        f'allow_http_hosts = ["{peer_host}", "{company.host}"]',
        f'allow_networks = ["{peer_host}/32", "{company.host}/32"]',
        "[trackers]",
        f'allow_networks = ["{company.host}/32"]',
    ]
    # `data` stands before the first table in TOML.
    return "\n".join([f'data = "{folder}"', *lines]) + "\n"


async def _start_tracker(company: Company, processes: Processes) -> None:
    hook = f"{company.node_url}/hooks/tracker/{company.hook_secret}"
    system = "azure-devops" if company.public else "jira"
    await processes.start(
        f"{company.name}-tracker",
        *company.prefix,
        sys.executable,
        "-m",
        "service.quickstart.tracker",
        system,
        str(company.tracker_port),
        company.host,
        hook,
        company.tracker_token,
        company.project,
    )


async def _start_node(company: Company, processes: Processes, folder: Path, peer: str) -> Admin:
    data = folder / company.name
    data.mkdir(mode=0o700)
    config = folder / f"{company.name}.toml"
    config.write_text(config_text(company, data, peer))
    await processes.start(
        company.name,
        *company.prefix,
        sys.executable,
        "-m",
        "service.cli",
        "run",
        "--config",
        str(config),
    )
    return Admin(company.name, data / "tidegate.sock")


@asynccontextmanager
async def open_stage(options: Options, folder: Path, tell: Tell) -> AsyncIterator[Stage]:
    harbor, lagoon = _company(options, public=False), _company(options, public=True)
    processes = Processes(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(processes.stop)
        tell("Starting a Jira, an Azure DevOps and two nodes …")
        await _start_tracker(harbor, processes)
        await _start_tracker(lagoon, processes)
        harbor_admin = await stack.enter_async_context(
            await _start_node(harbor, processes, folder, lagoon.host)
        )
        lagoon_admin = await stack.enter_async_context(
            await _start_node(lagoon, processes, folder, harbor.host)
        )
        for admin in (harbor_admin, lagoon_admin):
            await admin.wait_until_ready(processes)
        jira = JiraPerson.at(harbor.tracker_url, harbor.project, harbor.tracker_token)
        stack.push_async_callback(jira.close)
        azure = AzureDevOpsPerson.at(
            lagoon.tracker_url + "/simulation", lagoon.project, lagoon.tracker_token
        )
        stack.push_async_callback(azure.close)
        yield Stage(harbor, lagoon, harbor_admin, lagoon_admin, jira, azure, processes, folder)


async def pair(stage: Stage, tell: Tell) -> None:
    """The way that two administrators take."""
    await _add_connectors(stage)
    initiated = await stage.lagoon_admin.ask(
        "POST",
        "/api/v2/connections",
        {
            "name": "lagoon-harbor",
            "connector": "tracker",
            "local_side": "lagoon",
            "remote_side": "harbor",
            "mode": "script",
            "settings": _settings(stage.lagoon),
            "trusted": True,
        },
    )
    code = initiated["invitation"]
    tell(f"lagoon (public) invites:  {code[:32]}…")
    await stage.harbor_admin.ask(
        "POST",
        "/api/v2/connections/accept",
        {
            "invitation": code,
            "connector": "tracker",
            "mode": "script",
            "settings": _settings(stage.harbor),
            "trusted": True,
        },
    )
    here = await stage.harbor_admin.ask("GET", "/api/v2/connections/lagoon-harbor")
    there = await stage.lagoon_admin.ask("GET", "/api/v2/connections/lagoon-harbor")
    if here["check"] != there["check"] or here["status"] != "active":
        raise RuntimeError(f"The pairing went wrong: {here} {there}")
    tell(f"harbor (private) accepts. Both admins see: {here['check']}")


def _settings(company: Company) -> dict[str, object]:
    return {
        "project": company.project,
        "issue_type": "Bug" if company.public else "Task",
        "trigger": {"project": company.project},
    }


async def _add_connectors(stage: Stage) -> None:
    harbor, lagoon = stage.harbor, stage.lagoon
    await stage.harbor_admin.ask(
        "POST",
        "/api/v2/connectors",
        {
            "name": "tracker",
            "system": "jira",
            "params": {
                "url": harbor.tracker_url,
                "token": harbor.tracker_token,
                "webhook_secret": harbor.hook_secret,
            },
        },
    )
    await stage.lagoon_admin.ask(
        "POST",
        "/api/v2/connectors",
        {
            "name": "tracker",
            "system": "azure-devops",
            "params": {
                "url": lagoon.tracker_url + "/simulation",
                "token": lagoon.tracker_token,
                "project": lagoon.project,
                "webhook_secret": lagoon.hook_secret,
            },
        },
    )

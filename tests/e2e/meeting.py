"""Three nodes as processes: two private companies, and a relay at which they meet."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import aiohttp
import msgspec

from service.cli.program import run_program
from service.quickstart.admin import Admin
from service.quickstart.people import AzureDevOpsPerson, JiraPerson
from service.quickstart.processes import Processes, free_port
from tests.e2e.companies import eventually
from tests.e2e.visits import visiting

HOST = "127.0.0.1"


class PrivateCompany(msgspec.Struct, frozen=True):
    name: str
    system: str
    project: str
    tracker_url: str
    config: Path
    folder: Path


class Ground(msgspec.Struct, frozen=True):
    """Where the companies and the relay stand: all on this machine, unless told otherwise."""

    relay: str = HOST
    """The relay's address."""
    namespaces: dict[str, str] = {}
    """By company, and of the relay: the network namespace of its processes."""

    def prefix(self, name: str) -> tuple[str, ...]:
        namespace = self.namespaces.get(name, "")
        return ("ip", "netns", "exec", namespace) if namespace else ()

    def session(self, name: str, **options: Any) -> aiohttp.ClientSession:
        """Of somebody who works at that company."""
        return visiting(self.namespaces.get(name, ""), **options)


class Meeting:
    """`cli` is all that the administrators use."""

    def __init__(self, folder: Path, processes: Processes, ground: Ground) -> None:
        self._folder = folder
        self._ground = ground
        self.processes = processes
        self.relay_url = f"http://{ground.relay}:{free_port(HOST)}"
        self.harbor: PrivateCompany
        self.lagoon: PrivateCompany
        self.jira: JiraPerson
        self.azure: AzureDevOpsPerson
        self._relay: asyncio.subprocess.Process | None = None

    async def cli(self, node: str, *arguments: str) -> Any:
        out, err = io.StringIO(), io.StringIO()
        given = (*arguments, "--json", "--config", str(self._folder / f"{node}.toml"))
        code = await asyncio.to_thread(run_program, given, {}, io.StringIO(), out, err, None)
        if code:
            raise AssertionError(f"{node} {arguments}: {code} {err.getvalue()}")
        return msgspec.json.decode(out.getvalue())

    async def start_node(self, name: str) -> asyncio.subprocess.Process:
        config = self._folder / f"{name}.toml"
        command = (sys.executable, "-m", "service.cli", "run", "--config", str(config))
        process = await self.processes.start(name, *self._ground.prefix(name), *command)
        async with Admin(name, self._folder / name / "tidegate.sock") as admin:
            await admin.wait_until_ready(self.processes)
        return process

    async def start_relay(self) -> None:
        self._relay = await self.start_node("relay")

    async def kill_relay(self) -> None:
        assert self._relay is not None
        self._relay.kill()
        await self._relay.wait()
        self.processes.forget(self._relay)

    def write_config(self, name: str, port: int, public_url: str) -> None:
        data = self._folder / name
        data.mkdir(mode=0o700)
        public = [f'public_url = "{public_url}"'] if public_url else []
        relay = ["[relay]", "enabled = true"] if public_url else []
        lines = [
            f'data = "{data}"',
            "[node]", f'name = "{name}"', *public,
            "[listen]", f'address = "{self._ground.relay if public_url else HOST}:{port}"',
            "[trackers]", f'allow_networks = ["{HOST}/32"]',
            "[limits]", "settle_ms = 0",
            "[peers]", f'allow_http_hosts = ["{self._ground.relay}"]',
            f'allow_networks = ["{self._ground.relay}/32"]',
            *relay,
        ]  # fmt: skip
        (self._folder / f"{name}.toml").write_text("\n".join(lines) + "\n")

    def database(self, name: str) -> Path:
        return self._folder / name / "tidegate.db"

    async def company(self, name: str, system: str, project: str) -> tuple[PrivateCompany, str]:
        """A tracker and a private node with a connector to it; also the tracker's token."""
        token, hook = token_hex(12), token_hex(12)
        port, tracker_port = free_port(HOST), free_port(HOST)
        self.write_config(name, port, "")
        url = f"http://{HOST}:{port}/hooks/tracker/{hook}"
        tracker = f"http://{HOST}:{tracker_port}"
        await self.processes.start(
            f"{name}-tracker", *self._ground.prefix(name),
            sys.executable, "-m", "service.quickstart.tracker",
            system, str(tracker_port), HOST, url, token, project,
        )  # fmt: skip
        await self.start_node(name)
        for what, value in (("token", token), ("hook", hook)):
            (self._folder / f"{name}.{what}").write_text(value)
        address = tracker if system == "jira" else f"{tracker}/simulation"
        where = [] if system == "jira" else ["--param", f"project={project}"]
        await self.cli(
            name, "connector", "add", "tracker", system, address, *where,
            "--param", f"token=@{self._folder / name}.token",
            "--param", f"webhook_secret=@{self._folder / name}.hook",
        )  # fmt: skip
        config = self._folder / f"{name}.toml"
        return PrivateCompany(name, system, project, address, config, self._folder), token

    async def pair(self) -> tuple[Any, Any]:
        """The way of three administrators, by the command line alone."""
        made = await self.cli("relay", "relay", "pass", "add", "harbor", "--quota", "100MB")
        (self._folder / "pass.txt").write_text(made["code"])
        begun = await self.cli(
            "harbor", "connection", "initiate", "harbor-lagoon", "--connector", "tracker",
            "--local-side", "harbor", "--remote-side", "lagoon", "--project", "HARBOR",
            "--type", "Task", "--trigger-project", "HARBOR",
            "--relay", f"@{self._folder / 'pass.txt'}",
        )  # fmt: skip
        (self._folder / "invitation.txt").write_text(begun["invitation"])
        joined = await self.cli(
            "lagoon", "connection", "accept", f"@{self._folder / 'invitation.txt'}",
            "--connector", "tracker", "--project", "Lagoon", "--type", "Bug",
            "--trigger-project", "Lagoon",
        )  # fmt: skip
        begun = await self.cli("harbor", "connection", "show", "harbor-lagoon")
        # Each of the two compares what the other one sees.
        await self.cli("harbor", "connection", "confirm", "harbor-lagoon", joined["check"])
        await self.cli("lagoon", "connection", "confirm", "harbor-lagoon", begun["check"])
        return await self._active("harbor"), await self._active("lagoon")

    async def _active(self, node: str) -> Any:
        async def look() -> Any:
            shown = await self.cli(node, "connection", "show", "harbor-lagoon")
            return shown if shown["status"] == "active" else None

        return await eventually(look, f"an active connection at {node}", pause=0.2)


HERE = Ground()


@asynccontextmanager
async def meeting(folder: Path, ground: Ground = HERE) -> AsyncIterator[Meeting]:
    processes = Processes(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(processes.stop)
        made = Meeting(folder, processes, ground)
        made.write_config("relay", int(made.relay_url.rpartition(":")[2]), made.relay_url)
        _, (made.harbor, jira_token), (made.lagoon, azure_token) = await asyncio.gather(
            made.start_relay(),
            made.company("harbor", "jira", "HARBOR"),
            made.company("lagoon", "azure-devops", "Lagoon"),
        )
        bearer = ground.session("harbor", headers={"Authorization": f"Bearer {jira_token}"})
        made.jira = JiraPerson(made.harbor.tracker_url, "HARBOR", bearer)
        stack.push_async_callback(made.jira.close)
        basic = ground.session(
            "lagoon", headers={"Authorization": aiohttp.encode_basic_auth("", azure_token)}
        )
        made.azure = AzureDevOpsPerson(made.lagoon.tracker_url, "Lagoon", basic)
        stack.push_async_callback(made.azure.close)
        yield made

"""Three nodes as processes: two private companies, and a relay at which they meet."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec

from service.cli.program import run_program
from service.quickstart.admin import Admin
from service.quickstart.people import AzureDevOpsPerson, JiraPerson
from service.quickstart.processes import Processes, free_port
from tests.e2e.companies import eventually

HOST = "127.0.0.1"


class PrivateCompany(msgspec.Struct, frozen=True):
    name: str
    system: str
    project: str
    tracker_url: str
    config: Path
    folder: Path


class Meeting:
    """`cli` is all that the administrators use."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self._folder = folder
        self.processes = processes
        self.relay_url = f"http://{HOST}:{free_port(HOST)}"
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
        process = await self.processes.start(name, *command)
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
            "[listen]", f'address = "{HOST}:{port}"',
            "[trackers]", f'allow_networks = ["{HOST}/32"]',
            "[limits]", "settle_ms = 0",
            "[peers]", f'allow_http_hosts = ["{HOST}"]', f'allow_networks = ["{HOST}/32"]',
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
            f"{name}-tracker", sys.executable, "-m", "service.quickstart.tracker",
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


@asynccontextmanager
async def meeting(folder: Path) -> AsyncIterator[Meeting]:
    processes = Processes(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(processes.stop)
        made = Meeting(folder, processes)
        made.write_config("relay", int(made.relay_url.rpartition(":")[2]), made.relay_url)
        _, (made.harbor, jira_token), (made.lagoon, azure_token) = await asyncio.gather(
            made.start_relay(),
            made.company("harbor", "jira", "HARBOR"),
            made.company("lagoon", "azure-devops", "Lagoon"),
        )
        made.jira = JiraPerson.at(made.harbor.tracker_url, "HARBOR", jira_token)
        stack.push_async_callback(made.jira.close)
        made.azure = AzureDevOpsPerson.at(made.lagoon.tracker_url, "Lagoon", azure_token)
        stack.push_async_callback(made.azure.close)
        yield made

"""What a private node costs at rest that has many connections to many peers."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex

import msgspec
from rich.console import Console
from rich.table import Table

from service.quickstart.admin import Admin
from service.quickstart.processes import Processes
from tests.bench.process_tree import Memory, cpu_ms, memory
from tests.support.ports import free_port
from tests.support.wiretap import Wiretap

HOST, PROJECT = "127.0.0.1", "HARBOR"
NAME = "private"
SETTLE_SECONDS = 10.0
"""After the last pairing: connections are opened, first polls are answered."""


class Plan(msgspec.Struct, frozen=True):
    peers: int
    connections: int
    seconds: float


FULL = Plan(peers=20, connections=100, seconds=120)
QUICK = Plan(peers=20, connections=100, seconds=30)


class AtRest(msgspec.Struct, frozen=True):
    requests_per_minute: float
    """To all peers together."""
    bytes_per_minute: int
    by_path: dict[str, int]
    cpu_percent: float
    """Of one core."""
    memory: Memory


class IdlePeers(msgspec.Struct, frozen=True):
    plan: Plan
    pairing_seconds: float
    alone: AtRest
    """The same node before it was paired."""
    paired: AtRest


async def measure(plan: Plan, folder: Path) -> IdlePeers:
    async with _field(plan, folder) as (processes, wires, private, peers):
        alone = await _at_rest(processes, wires, plan.seconds / 4)
        began = time.monotonic()
        for number in range(plan.connections):
            await _pair(private, peers[number % plan.peers], number)
        took = time.monotonic() - began
        await asyncio.sleep(SETTLE_SECONDS)
        paired = await _at_rest(processes, wires, plan.seconds)
        held = {path for wire in wires for path in wire.requests}
        assert held, "No peer was asked."
        return IdlePeers(plan, round(took, 1), alone, paired)


async def _at_rest(processes: Processes, wires: list[Wiretap], seconds: float) -> AtRest:
    pid = processes.pid(NAME)
    for wire in wires:
        wire.clear()
    used, began = cpu_ms(pid), time.monotonic()
    await asyncio.sleep(seconds)
    used, elapsed = cpu_ms(pid) - used, time.monotonic() - began
    processes.check()
    by_path: Counter[str] = Counter()
    for wire in wires:
        by_path.update(wire.requests)
    minutes = elapsed / 60
    return AtRest(
        requests_per_minute=round(by_path.total() / minutes, 1),
        bytes_per_minute=round(sum(wire.sent + wire.received for wire in wires) / minutes),
        by_path=dict(by_path),
        cpu_percent=round(used / elapsed / 10, 2),
        memory=memory(pid),
    )


Running = tuple[Processes, list[Wiretap], Admin, list[Admin]]


@asynccontextmanager
async def _field(plan: Plan, folder: Path) -> AsyncIterator[Running]:
    processes = Processes(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(processes.stop)
        tracker = await _start_tracker(processes)
        wires, files, peers = [], [], []
        for number in range(plan.peers):
            port = free_port()
            wires.append(await stack.enter_async_context(Wiretap(port)))
            name = f"peer{number}"
            files.append(_config(folder, name, port, wires[-1].port))
            peers.append(Admin(name, folder / name / "tidegate.sock"))
        await processes.start("peers", sys.executable, "-m", "tests.bench.stand_ins", *files)
        config = _config(folder, NAME, free_port(), None)
        command = (sys.executable, "-m", "service.cli", "run", "--config", config)
        await processes.start(NAME, *command)
        private = Admin(NAME, folder / NAME / "tidegate.sock")
        for admin in (private, *peers):
            await stack.enter_async_context(admin)
            await admin.wait_until_ready(processes)
        await _add_connector(private, tracker)
        for admin in peers:
            await _add_connector(admin, tracker)
        yield processes, wires, private, peers


TOKEN = token_hex(12)


async def _start_tracker(processes: Processes) -> str:
    port = free_port()
    # Nobody listens for its webhooks: at rest there are none.
    hook = f"http://{HOST}:{free_port()}/"
    module = ("-m", "service.quickstart.tracker", "jira", str(port), HOST, hook, TOKEN, PROJECT)
    await processes.start("tracker", sys.executable, *module)
    return f"http://{HOST}:{port}"


def _config(folder: Path, name: str, port: int, public_port: int | None) -> str:
    public = f'public_url = "http://{HOST}:{public_port}"\n' if public_port else ""
    file = folder / f"{name}.toml"
    file.write_text(
        f'data = "{folder}/{name}"\n[node]\nname = "{name}"\n{public}'
        f'[listen]\naddress = "{HOST}:{port}"\n[rules]\nworkers = 1\n'
        f'[trackers]\nallow_networks = ["{HOST}/32"]\n'
        f'[peers]\nallow_http_hosts = ["{HOST}"]\nallow_networks = ["{HOST}/32"]\n'
    )
    return str(file)


async def _add_connector(admin: Admin, url: str) -> None:
    params = {"url": url, "token": TOKEN, "webhook_secret": "s" * 24}
    body = {"name": "tracker", "system": "jira", "params": params, "check": False}
    await admin.ask("POST", "/api/v2/connectors", body)


async def _pair(private: Admin, peer: Admin, number: int) -> None:
    settings = {"project": PROJECT, "issue_type": "Bug"}
    asked = {
        "name": f"c{number}",
        "connector": "tracker",
        "local_side": peer.name,
        "remote_side": NAME,
        "settings": settings,
        "check": False,
        "trusted": True,
    }
    code = (await peer.ask("POST", "/api/v2/connections", asked))["invitation"]
    body = {
        "invitation": code,
        "connector": "tracker",
        "settings": settings,
        "check": False,
        "trusted": True,
    }
    made = await private.ask("POST", "/api/v2/connections/accept", body)
    assert made["status"] == "active", made


def show(found: IdlePeers, console: Console) -> None:
    plan = found.plan
    table = Table(title=f"{plan.connections} private connections to {plan.peers} peers, at rest")
    for column in ("figure", "unit", "not paired", "paired"):
        table.add_column(column, justify="left" if column in ("figure", "unit") else "right")
    for name, unit, value in (
        ("requests", "per minute", lambda at: f"{at.requests_per_minute:,.0f}"),
        ("traffic", "kB per minute", lambda at: f"{at.bytes_per_minute / 1000:,.1f}"),
        ("CPU", "% of a core", lambda at: f"{at.cpu_percent:.2f}"),
        ("memory (PSS)", "MB", lambda at: f"{at.memory.pss_mb:,.1f}"),
    ):
        table.add_row(name, unit, value(found.alone), value(found.paired))
    console.print(table)

"""One public node whose door is tried: two connectors with secrets, and one paired peer."""

import asyncio
import base64
import hmac
import os
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import msgspec

from schemas.invitation import Invitation
from schemas.peer import Party, Terms
from service.peers import signing
from service.peers.courier import Courier, open_session
from service.peers.guard import AddressPolicy
from service.peers.identity import NodeIdentity
from service.peers.invitation import from_code
from service.peers.pairing import pair
from service.quickstart.admin import Admin
from service.quickstart.processes import Processes, free_port
from tests.e2e.companies import eventually

HOST = "127.0.0.1"
BODY_LIMIT = 100_000
CONNECTORS = ("jira", "azure")

_CONFIG = """
data = "{folder}/data"
[node]
name = "door"
public_url = "{url}"
[listen]
address = "{address}"
[log]
level = "debug"
[limits]
body_bytes = {limit}
peer_requests = 1000000
[trackers]
allow_networks = ["{host}/32"]
[peers]
allow_http_hosts = ["{host}"]
allow_networks = ["{host}/32"]
"""


def now() -> int:
    return time.time_ns() // 1_000_000


def canary() -> str:
    return f"canary{secrets.token_hex(12)}"


class Secrets(msgspec.Struct, frozen=True):
    """Planted where people put theirs; none may be found in a log."""

    jira_token: str = msgspec.field(default_factory=canary)
    jira_path: str = msgspec.field(default_factory=canary)
    jira_hmac: str = msgspec.field(default_factory=canary)
    azure_token: str = msgspec.field(default_factory=canary)
    azure_path: str = msgspec.field(default_factory=canary)
    azure_password: str = msgspec.field(default_factory=canary)
    sent: str = msgspec.field(default_factory=canary)
    """What callers put into bodies and headers."""

    def all(self) -> tuple[str, ...]:
        return msgspec.structs.astuple(self)


class Door(msgspec.Struct, frozen=True):
    url: str
    folder: Path
    secrets: Secrets
    peer: NodeIdentity
    """Of a node that is paired, and says nonsense."""
    admin: Admin
    processes: Processes

    def jira(self, body: bytes, **changed: str) -> tuple[str, dict[str, str]]:
        """Path and headers of an authentic webhook."""
        digest = hmac.digest(self.secrets.jira_hmac.encode(), body, "sha256").hex()
        headers = {"X-Hub-Signature": f"sha256={digest}", "Content-Type": "application/json"}
        return f"/hooks/jira/{self.secrets.jira_path}", headers | changed

    def azure(self, **changed: str) -> tuple[str, dict[str, str]]:
        basic = base64.b64encode(f"hook:{self.secrets.azure_password}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
        return f"/hooks/azure/{self.secrets.azure_path}", headers | changed

    def signed(self, method: str, path: str, bound: signing.Bound) -> dict[str, str]:
        """The headers of a request that the paired peer has really signed."""
        target = signing.place(self.url).target(method, path)
        nonce = secrets.token_urlsafe(18)
        return signing.sign_request(self.peer, target, bound, now=now(), nonce=nonce)

    def rows(self) -> dict[str, int]:
        """How many rows each table has, of the store and of the bus.

        Counted in a copy, for the bus keeps others out of its file.
        """
        counted = {}
        with tempfile.TemporaryDirectory() as copy:
            for file in sorted((self.folder / "data").glob("*.[ds][bq]*")):
                shutil.copy(file, copy)
            for name in ("tidegate.db", "bus.sqlite"):
                with closing(sqlite3.connect(f"{copy}/{name}")) as c:
                    counted |= {f"{name}/{table}": count for table, count in _counts(c)}
        return counted

    def log(self) -> str:
        return self.processes.log("door").read_text(errors="replace")


def _counts(c: sqlite3.Connection) -> list[tuple[str, int]]:
    names = c.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [(name, c.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for (name,) in names]


@asynccontextmanager
async def open_door(folder: Path) -> AsyncIterator[Door]:
    processes = Processes(folder)
    address = f"{HOST}:{free_port(HOST)}"
    config = folder / "door.toml"
    text = _CONFIG.format(
        folder=folder, url=f"http://{address}", address=address, limit=BODY_LIMIT, host=HOST
    )
    await asyncio.to_thread(config.write_text, text)
    try:
        command = (sys.executable, "-m", "service.cli", "run", "--config", str(config))
        await processes.start("door", *command)
        async with Admin("door", folder / "data" / "tidegate.sock") as admin:
            await admin.wait_until_ready(processes)
            planted = Secrets()
            await _add_connectors(admin, planted)
            peer = await _pair(admin, f"http://{address}")
            door = Door(f"http://{address}", folder, planted, peer, admin, processes)
            await eventually(lambda: _scanned(door), "both connectors were scanned once")
            yield door
    finally:
        await processes.stop()


async def _scanned(door: Door) -> bool:
    """A first scan keeps two cursors; a later one changes no count of rows."""
    return door.rows()["tidegate.db/cursors"] == 2 * len(CONNECTORS)


async def _add_connectors(admin: Admin, planted: Secrets) -> None:
    nowhere = f"http://{HOST}:{free_port(HOST)}"
    jira = {
        "url": nowhere,
        "token": planted.jira_token,
        "webhook_secret": planted.jira_path,
        "webhook_hmac_secret": planted.jira_hmac,
    }
    azure = {
        "url": f"{nowhere}/simulation",
        "token": planted.azure_token,
        "project": "Door",
        "webhook_secret": planted.azure_path,
        "webhook_user": "hook",
        "webhook_password": planted.azure_password,
    }
    for name, system, params in (("jira", "jira", jira), ("azure", "azure-devops", azure)):
        body = {"name": name, "system": system, "params": params, "check": False}
        await admin.ask("POST", "/api/v2/connectors", body)


async def _pair(admin: Admin, url: str) -> NodeIdentity:
    """One connection for each connector: what nobody cares about would be dropped too early."""
    identity = NodeIdentity.generate(os.urandom)
    party = Party("peer", identity.identity_key, identity.message_key, Terms(trusted=True))
    async with open_session(AddressPolicy.of((f"{HOST}/32",))) as session:
        courier = Courier(session, identity, now=now, random_bytes=os.urandom)
        for connector in CONNECTORS:
            code = await _invitation(admin, connector)
            await pair(courier, identity, code, role="joiner", party=party, url=url, now=now)
    return identity


async def _invitation(admin: Admin, connector: str) -> Invitation:
    settings: dict[str, Any] = {"project": "DOOR", "issue_type": "Task"}
    body = {
        "name": f"with-{connector}",
        "connector": connector,
        "local_side": "door",
        "remote_side": "peer",
        "settings": settings,
        "check": False,
        "trusted": True,
    }
    return from_code((await admin.ask("POST", "/api/v2/connections", body))["invitation"])

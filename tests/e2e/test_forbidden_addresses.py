"""A code whose URL leads inside: the node sends not one packet there, however it is written.

The node lives in a network namespace of its own, where every address leads to a trap: whatever it
connects to is noted. Its name server is ours and answers differently each time.
"""

import secrets
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from schemas.invitation import Invitation
from service.peers.identity import NodeIdentity
from service.peers.invitation import to_code
from service.quickstart.admin import Admin, Refused
from service.quickstart.processes import Processes
from tests.e2e.companies import eventually
from tests.e2e.networks import skip_unless_possible
from tests.e2e.traces import digests

pytestmark = pytest.mark.asyncio(loop_scope="module")

PORT = 8443
PUBLIC = "93.184.216.34"
"""Permitted, so that the trap is seen to work."""
HELD = (PUBLIC, "169.254.169.254", "10.0.0.1", "100.64.0.1", "192.168.7.7", "fd00:ec2::254",
        "fe80::7", "64:ff9b::7f00:1", "2002:7f00:1::1", "198.18.0.1")  # fmt: skip
"""What the namespace holds beside 127.0.0.0/8 and ::1: all of it leads to the trap."""
NAMES = {
    "localhost": "127.0.0.1",
    "loop.test": "127.0.0.1",
    "six.test": "::1",
    "inside.test": "10.0.0.1,192.168.7.7",
    "mapped.test": "::ffff:127.0.0.1",
    "metadata.test": "169.254.169.254",
    "turning-in.test": f"{PUBLIC}/127.0.0.1/10.0.0.1",
    "turning-out.test": f"127.0.0.1/10.0.0.1/{PUBLIC}",
    "mixed.test": f"{PUBLIC},127.0.0.1",
}
FORMS = (
    "127.0.0.1", "127.1", "127.0.0.2", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "0", "0.0.0.0", "localhost", "localhost.", "LOCALHOST", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::1]", "[fe80::7%25lo]", "[fd00:ec2::254]", "169.254.169.254", "2852039166",
    "0xa9fea9fe", "[::ffff:169.254.169.254]", "10.0.0.1", "192.168.7.7", "100.64.0.1",
    "198.18.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "loop.test", "six.test", "inside.test",
    "mapped.test", "metadata.test",
)  # fmt: skip


class Inside(msgspec.Struct, frozen=True):
    admin: Admin
    folder: Path
    notes: Path

    async def refused(self, url: str) -> str:
        """What the admin is told who pastes a code with this URL."""
        code = to_code(Invitation("aaaaaaaaaaaaa", _node(), secrets.token_bytes(16), _LATER, url))
        body = {"invitation": code, "connector": "tracker", "settings": {}}
        with pytest.raises(Refused) as refused:
            await self.admin.ask("POST", "/api/v2/connections/accept", body)
        return str(refused.value)

    def seen(self) -> list[str]:
        """Addresses at which the trap was reached."""
        lines = self.notes.read_text().split("\n")
        return [line for line in lines if line and not line.startswith(("dns", "ready"))]

    def lies(self, name: str) -> list[str]:
        lines = self.notes.read_text().split("\n")
        return [line for line in lines if line.startswith(f"dns {name} ")]


_LATER = (int(time.time()) + 3600) * 1000


def _node() -> str:
    return NodeIdentity.generate(secrets.token_bytes).id


@contextmanager
def island() -> Iterator[tuple[str, ...]]:
    """A namespace with no way out; what to put before a command."""
    skip_unless_possible()
    name = f"tg-{uuid.uuid4().hex[:6]}-island"
    # `ip netns exec` puts this file in the place of the machine's own.
    settings = Path("/etc/netns") / name
    settings.mkdir(parents=True)
    try:
        (settings / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:2\n")
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")
        for address in HELD:
            _ip("-n", name, "address", "add", address, "dev", "lo")
        yield ("ip", "netns", "exec", name)
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, timeout=20)
        shutil.rmtree(settings)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=20)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Inside]:
    folder = tmp_path_factory.mktemp("i")
    config = folder / "node.toml"
    config.write_text(
        f'data = "{folder}/data"\n[node]\nname = "inside"\n[listen]\naddress = "127.0.0.1:8080"\n'
        f'[peers]\nallow_http_hosts = ["{PUBLIC}"]\n'
    )
    processes, notes = Processes(folder), folder / "notes"
    with island() as prefix:
        try:
            names = [f"{name}={answers}" for name, answers in NAMES.items()]
            trap = ("-m", "tests.support.trap", str(PORT), str(notes), *names)
            await processes.start("trap", *prefix, sys.executable, *trap)
            node = ("-m", "service.cli", "run", "--config", str(config))
            await processes.start("node", *prefix, sys.executable, *node)
            async with Admin("inside", folder / "data" / "tidegate.sock") as admin:
                await admin.wait_until_ready(processes)
                await eventually(lambda: _ready(notes), "the trap")
                params = {"url": "http://127.0.0.1:9", "token": "t"}
                body = {"name": "tracker", "system": "jira", "params": params, "check": False}
                await admin.ask("POST", "/api/v2/connectors", body)
                yield Inside(admin, folder, notes)
        finally:
            await processes.stop()


async def _ready(notes: Path) -> bool:
    return notes.exists() and "ready" in notes.read_text()


async def test_the_trap_is_seen_at_an_address_that_is_allowed(inside: Inside) -> None:
    await inside.refused(f"https://{PUBLIC}:{PORT}")
    assert inside.seen() == [PUBLIC]


@pytest.mark.parametrize("form", FORMS)
async def test_an_address_inside_is_not_asked(inside: Inside, form: str) -> None:
    before, rows = inside.seen(), kept(inside)
    told = await inside.refused(f"https://{form}:{PORT}")
    assert inside.seen() == before, told
    assert kept(inside) == rows
    assert "'detail': '" in told


def kept(inside: Inside) -> dict[str, str]:
    """All but the audit log, which tells of the attempt."""
    return {name: rows for name, rows in digests(inside.folder / "data").items() if name != "audit"}


async def test_a_name_that_changes_its_address_between_looks_is_asked_at_the_allowed_one_alone(
    inside: Inside,
) -> None:
    before = len(inside.seen())
    for name in ("turning-in.test", "turning-out.test") * 4:
        await inside.refused(f"https://{name}:{PORT}")
    assert len(inside.lies("turning-out.test")) >= 3
    seen = inside.seen()[before:]
    # The first of one name, and what follows the two lies about the other.
    assert len(seen) >= 3
    assert set(seen) == {PUBLIC}


async def test_a_name_with_both_is_asked_at_the_allowed_address_alone(inside: Inside) -> None:
    before = len(inside.seen())
    for _ in range(3):
        await inside.refused(f"https://mixed.test:{PORT}")
    assert set(inside.seen()[before:]) == {PUBLIC}


async def test_a_redirect_inside_is_not_followed(inside: Inside) -> None:
    before = len(inside.seen())
    assert "redirects" in await inside.refused(f"http://{PUBLIC}:{PORT}")
    assert inside.seen()[before:] == [PUBLIC]

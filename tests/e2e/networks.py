"""Two network namespaces joined by one cable; the private one drops whatever wants to come in."""

import os
import re
import shutil
import subprocess
import uuid
from types import TracebackType
from typing import Self

import msgspec
import pytest

PRIVATE_ADDRESS, PUBLIC_ADDRESS = "10.213.7.2", "10.213.7.1"

_FIREWALL = """
table inet firewall {
    counter opened { }
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        counter name opened drop
    }
    chain output {
        type filter hook output priority filter; policy accept;
        oif lo accept
        ct state new counter
    }
}
"""
_WATCH = f"""
table inet watch {{
    counter opened {{ }}
    chain output {{
        type filter hook output priority filter; policy accept;
        oif lo accept
        ip daddr {PRIVATE_ADDRESS} ct state new counter name opened
    }}
}}
"""


class Opened(msgspec.Struct, frozen=True):
    """Packets that would have opened a connection toward the private side."""

    tried: int
    """As the public side sent them."""
    dropped: int
    """As the private side's firewall saw them."""
    outward: int
    """Connections that the private side opened."""


class Networks:
    """Namespaces and cable have random names and are gone at the end."""

    def __init__(self) -> None:
        mark = uuid.uuid4().hex[:6]
        self.private, self.public = f"tg-{mark}-private", f"tg-{mark}-public"
        self._cable = (f"tg{mark}a", f"tg{mark}b")

    def inside(self, namespace: str) -> tuple[str, ...]:
        """What to put before a command."""
        return ("ip", "netns", "exec", namespace)

    def opened(self) -> Opened:
        dropped = self._count(self.private, "counter inet firewall opened")
        tried = self._count(self.public, "counter inet watch opened")
        return Opened(tried, dropped, self._count(self.private, "chain inet firewall output"))

    def _count(self, namespace: str, what: str) -> int:
        found = re.search(
            r"packets (\d+)", run(*self.inside(namespace), "nft", "list", *what.split())
        )
        assert found is not None
        return int(found[1])

    def __enter__(self) -> Self:
        try:
            self._build()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    def _join(self) -> None:
        # Made inside: a cable whose ends never were in the machine's own network.
        ends = ("name", self._cable[0], "type", "veth", "peer", "name", self._cable[1])
        run("ip", "-n", self.private, "link", "add", *ends, "netns", self.public)

    def _build(self) -> None:
        places = zip(
            (self.private, self.public), self._cable, (PRIVATE_ADDRESS, PUBLIC_ADDRESS), strict=True
        )
        run("ip", "netns", "add", self.private)
        run("ip", "netns", "add", self.public)
        self._join()
        for namespace, end, address in places:
            run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", end)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
            run("ip", "-n", namespace, "link", "set", end, "up")
        for namespace, rules in ((self.private, _FIREWALL), (self.public, _WATCH)):
            run(*self.inside(namespace), "nft", "-f", "-", given=rules)

    def _remove(self) -> None:
        """The cable goes with its namespaces."""
        for namespace in (self.private, self.public):
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=20)


class JoinedNetworks(Networks):
    """Joined by two ends that somebody else has made, in the machine's own network."""

    def __init__(self, ends: tuple[str, str]) -> None:
        super().__init__()
        self._cable = ends

    def _join(self) -> None:
        for end, namespace in zip(self._cable, (self.private, self.public), strict=True):
            run("ip", "link", "set", end, "netns", namespace)


def skip_unless_possible() -> None:
    if os.geteuid() != 0:
        pytest.skip("Network namespaces need root.")
    for tool, package in (("ip", "iproute2"), ("nft", "nftables")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install {package}")
    probe = f"tg-{uuid.uuid4().hex[:8]}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, timeout=20)
    if made.returncode:
        pytest.skip(f"Network namespaces cannot be made here: {made.stderr.strip()}")
    subprocess.run(["ip", "netns", "delete", probe], check=True, timeout=20)


def run(*command: str, given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout

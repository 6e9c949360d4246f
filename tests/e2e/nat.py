"""Private networks behind a router that translates addresses; there is no way in, nor between."""

import re
import subprocess
import uuid
from types import TracebackType
from typing import Self

import msgspec

from tests.e2e.networks import run

PRIVATE_ADDRESS, ROUTER_INSIDE = "10.213.8.2", "10.213.8.1"
OTHER_ADDRESS, ROUTER_OTHER = "10.213.10.2", "10.213.10.1"
PUBLIC_ADDRESS, ROUTER_OUTSIDE = "10.213.9.2", "10.213.9.1"

_ROUTER = """
table ip router {{
    counter outward {{ }}
    counter inward {{ }}
    chain forward {{
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        iifname {{ {inside} }} oifname "{outside}" ct state new counter name outward accept
        counter name inward drop
    }}
    chain input {{
        type filter hook input priority filter; policy drop;
    }}
    chain translate {{
        type nat hook postrouting priority srcnat; policy accept;
        oifname "{outside}" masquerade
    }}
}}
"""
_WATCH = f"""
table ip watch {{
    counter translated {{ }}
    counter opened {{ }}
    chain input {{
        type filter hook input priority filter; policy accept;
        ip saddr {ROUTER_OUTSIDE} ct state new counter name translated
    }}
    chain output {{
        type filter hook output priority filter; policy accept;
        oif lo accept
        ct state new counter name opened
    }}
}}
"""


class Translated(msgspec.Struct, frozen=True):
    """Packets that open a connection, by who sent them."""

    outward: int
    """From the private side, as its router let them out."""
    translated: int
    """The same, as the public side saw them: from the router."""
    inward: int
    """Toward the private side, as its router dropped them."""
    by_public: int
    """Sent by the public side, wherever to."""


class NatNetworks:
    """Three namespaces, or four. The public one has no route to the private ones' addresses."""

    def __init__(self, *, two: bool = False) -> None:
        """`two`: there is another private network."""
        mark = uuid.uuid4().hex[:6]
        self.private, self.router, self.public, self.other = (
            f"tg-{mark}-{name}" for name in ("private", "router", "public", "other")
        )
        self._two = two
        self._second = (f"tg{mark}e", f"tg{mark}f")
        self._inside = (f"tg{mark}a", f"tg{mark}b")
        self._outside = (f"tg{mark}c", f"tg{mark}d")

    def inside(self, namespace: str) -> tuple[str, ...]:
        """What to put before a command."""
        return ("ip", "netns", "exec", namespace)

    def opened(self) -> Translated:
        return Translated(
            self._count(self.router, "router outward"),
            self._count(self.public, "watch translated"),
            self._count(self.router, "router inward"),
            self._count(self.public, "watch opened"),
        )

    def _count(self, namespace: str, counter: str) -> int:
        listed = run(*self.inside(namespace), "nft", "list", "counter", "ip", *counter.split())
        found = re.search(r"packets (\d+)", listed)
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

    def _build(self) -> None:
        for namespace in self._all:
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        self._cable(self._inside, self.private, PRIVATE_ADDRESS, ROUTER_INSIDE)
        if self._two:
            self._cable(self._second, self.other, OTHER_ADDRESS, ROUTER_OTHER)
            run("ip", "-n", self.other, "route", "add", "default", "via", ROUTER_OTHER)
        self._cable(self._outside, self.public, PUBLIC_ADDRESS, ROUTER_OUTSIDE)
        run("ip", "-n", self.private, "route", "add", "default", "via", ROUTER_INSIDE)
        run(*self.inside(self.router), "sysctl", "-qw", "net.ipv4.ip_forward=1")
        doors = [self._inside[1], self._second[1]] if self._two else [self._inside[1]]
        inside = ", ".join(f'"{door}"' for door in doors)
        rules = _ROUTER.format(inside=inside, outside=self._outside[1])
        run(*self.inside(self.router), "nft", "-f", "-", given=rules)
        run(*self.inside(self.public), "nft", "-f", "-", given=_WATCH)

    def _cable(self, ends: tuple[str, str], namespace: str, address: str, router: str) -> None:
        peer = ("type", "veth", "peer", "name", ends[1], "netns", self.router)
        run("ip", "-n", namespace, "link", "add", "name", ends[0], *peer)
        for place, end, at in ((namespace, ends[0], address), (self.router, ends[1], router)):
            run("ip", "-n", place, "address", "add", f"{at}/24", "dev", end)
            run("ip", "-n", place, "link", "set", end, "up")

    @property
    def _all(self) -> tuple[str, ...]:
        built = (self.private, self.router, self.public)
        return (*built, self.other) if self._two else built

    def _remove(self) -> None:
        for namespace in self._all:
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=20)

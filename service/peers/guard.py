"""The guard against being sent to forbidden addresses (SSRF), at the socket itself.

The resolver drops forbidden answers, for a clear message; the socket factory sees the very address
that is connected to, so IP literals and names that change their address are caught as well.
"""

import ipaddress
import socket
import ssl
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from schemas.errors import AddressRefused, InputError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local; every large cloud's metadata service
        "100.100.100.200/32",
        "192.0.0.192/32",
        "168.63.129.16/32",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
        "fe80::/10",
    )
)
_TRANSLATED = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
PEERS_REMEDY = "Let an administrator of this node add the network to peers.allow_networks."
TRACKERS_REMEDY = (
    "Let an administrator of this node add the network to trackers.allow_networks, or to this"
    " connector by --allow-network."
)


class AddressPolicy(msgspec.Struct, frozen=True):
    """Public addresses, and the networks that the administrator of this node allows."""

    networks: tuple[Network, ...] = ()
    private: bool = False
    """The usual private networks as well; never this host itself, nor what is link-local."""
    remedy: str = PEERS_REMEDY

    def permits(self, text: str) -> bool:
        try:
            address = _unmapped(ipaddress.ip_address(text.partition("%")[0]))
        except ValueError:
            return False
        if any(_within(candidate, _NEVER) for candidate in (address, *_embedded(address))):
            return False
        if _within(address, self.networks):
            return True
        if self.private and _within(address, _PRIVATE):
            return True
        if address.is_multicast or _within(address, _TRANSLATED):
            return False
        return address.is_global

    @classmethod
    def of(cls, networks: tuple[str, ...]) -> "AddressPolicy":
        """Of peers. Raises `InputError` for what is not a network in CIDR form."""
        return cls(_networks(networks))

    @classmethod
    def of_trackers(cls, networks: tuple[str, ...]) -> "AddressPolicy":
        """Trackers commonly stand in the own house. Raises as `of` does."""
        return cls(_networks(networks), private=True, remedy=TRACKERS_REMEDY)


def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise InputError(f"Not a network: {error}", remedy="Write it as 10.0.0.0/8.") from error


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == net.version and address in net for net in networks)


def _unmapped(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """IPv4 addresses that a gateway would make of this one."""
    if isinstance(address, IPv4Address):
        return ()
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    found = [low] if _within(address, _TRANSLATED) else []
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    return tuple(found)


class _GuardedResolver(AbstractResolver):
    def __init__(self, policy: AddressPolicy, inner: AbstractResolver) -> None:
        self._policy = policy
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        permitted = [entry for entry in found if self._policy.permits(entry["host"])]
        if found and not permitted:
            remedy = self._policy.remedy
            raise AddressRefused(f"{host} has only addresses that are not allowed. {remedy}")
        return permitted

    async def close(self) -> None:
        await self._inner.close()


def guarded_connector(
    policy: AddressPolicy,
    *,
    resolver: AbstractResolver | None = None,
    limit: int = 0,
    keepalive_timeout: float = 75,
    tls: ssl.SSLContext | None = None,
) -> aiohttp.TCPConnector:
    """`resolver` replaces the system's, behind the guard. `limit`: connections at once, 0 is any
    number. `tls`: whom to trust, in place of the system's authorities."""

    def guarded_socket(
        addr_info: tuple[Any, Any, int, str, tuple[Any, ...]],
    ) -> socket.socket:
        family, kind, protocol, _, address = addr_info
        if not policy.permits(str(address[0])):
            raise AddressRefused(f"{address[0]} is not an allowed address. {policy.remedy}")
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(
        resolver=_GuardedResolver(policy, resolver or aiohttp.ThreadedResolver()),
        socket_factory=guarded_socket,
        keepalive_timeout=keepalive_timeout,
        limit=limit,
        ssl=True if tls is None else tls,
    )


def check_peer_url(text: str, *, http_hosts: frozenset[str] = frozenset()) -> str:
    """The URL in the form that is stored: no user, query or fragment, no slash at the end.

    Raises `InputError`. `http_hosts` are those for which the administrator allows plain http.
    """
    try:
        url = URL(text.strip())
        port = url.port
    except ValueError as error:
        raise _bad_url("It cannot be read as a URL.") from error
    host = url.host or ""
    if url.scheme not in ("https", "http") or not host or not port:
        raise _bad_url("It does not begin with https:// and a host name.")
    if url.user is not None or url.password is not None or url.query_string or url.fragment:
        raise _bad_url("It has a user name, query or fragment, which a node's URL does not.")
    if url.scheme == "http" and host not in http_hosts:
        raise _bad_url("It uses http, which is not allowed for this host.")
    return str(url).rstrip("/")


def _bad_url(cause: str) -> InputError:
    return InputError(
        f"The node's URL cannot be used. {cause}",
        remedy="Give the public https URL of the other node, such as https://sync.example.com.",
    )

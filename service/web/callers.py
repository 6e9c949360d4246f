"""Who calls: the address of a request, behind the proxies that the administrator trusts."""

import ipaddress

import msgspec
from aiohttp import web

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Callers(msgspec.Struct, frozen=True):
    """`proxies` are believed when they name the caller in X-Forwarded-For; nobody else is."""

    proxies: tuple[Network, ...] = ()

    @classmethod
    def behind(cls, networks: tuple[str, ...]) -> "Callers":
        return cls(tuple(ipaddress.ip_network(text) for text in networks))

    def of(self, request: web.Request) -> str:
        """'' when it cannot be known: a trusted proxy that does not tell."""
        direct = parsed(request.remote or "")
        if direct is None:
            return ""
        if not self.trusts(direct):
            return grouped(direct)
        told = ",".join(request.headers.getall("X-Forwarded-For", ()))
        for text in reversed(told.split(",")):
            address = parsed(text.strip())
            if address is None:
                return ""
            if not self.trusts(address):
                return grouped(address)
        return ""

    def trusts(self, address: Address) -> bool:
        return any(address.version == net.version and address in net for net in self.proxies)


def parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def grouped(address: Address) -> str:
    """Whoever has one IPv6 address commonly has the /64 around it."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)

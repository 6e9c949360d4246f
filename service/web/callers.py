"""Who calls: the address of a request, behind the proxies that the administrator trusts."""

import ipaddress
import re
from functools import lru_cache

import msgspec
from aiohttp import web
from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]{1,100}){1,10}")


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

    def address(self, request: web.Request) -> URL:
        """What the caller asked for: as a trusted proxy tells it, or as it came here."""
        direct = parsed(request.remote or "")
        if direct is None or not self.trusts(direct):
            return request.url
        proto = _told(request, "X-Forwarded-Proto").lower()
        host = _told(request, "X-Forwarded-Host")
        prefix = _told(request, "X-Forwarded-Prefix").rstrip("/")
        scheme = proto if proto in ("http", "https") else request.url.scheme
        if not _is_host(host):
            host = request.url.raw_authority
        if not _PREFIX.fullmatch(prefix):
            prefix = ""
        return URL(f"{scheme}://{host}{prefix}{request.rel_url.raw_path_qs}", encoded=True)

    def trusts(self, address: Address) -> bool:
        return any(address.version == net.version and address in net for net in self.proxies)


CALLERS = web.AppKey("callers", Callers)


def _told(request: web.Request, name: str) -> str:
    """The last value is of the proxy that asked us; those before it came from further away."""
    return ",".join(request.headers.getall(name, ())).rpartition(",")[2].strip()


def _is_host(text: str) -> bool:
    found = _HOST.fullmatch(text)
    return found is not None and int(found["port"] or 0) <= 65_535


@lru_cache(maxsize=4_096)
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

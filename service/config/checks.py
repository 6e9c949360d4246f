"""What a value must be beyond its type. Each check answers '' or what is wrong."""

import ipaddress
import zoneinfo
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from schemas.errors import InputError
from service.rules.masking import masks_of

Check = Callable[[Any], str]


def split_address(address: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port`. Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError("must be host:port")
    if host.startswith("[") and host.endswith("]"):
        return str(ipaddress.IPv6Address(host[1:-1])), int(port)
    if not host or ":" in host:
        raise ValueError("must be host:port, an IPv6 address in brackets")
    return host, int(port)


def _address(value: str) -> str:
    try:
        split_address(value)
    except ValueError as error:
        return f"must be host:port, such as 0.0.0.0:8080 ({error})"
    return ""


def _optional_address(value: str) -> str:
    return _address(value) if value else ""


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _public_url(value: str) -> str:
    if not value:
        return ""
    parts = _split(value)
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        return "must be like https://tidegate.example.com; leave it out for a private node"
    if parts.username or parts.query or parts.fragment:
        return "must not carry user-info, a query or a fragment"
    return ""


def _bus_url(value: str) -> str:
    if value == "embedded:":
        return ""
    parts = _split(value)
    if parts is not None and parts.scheme in ("amqp", "amqps") and parts.hostname:
        return ""
    return "must be embedded:, amqp://user:password@host/vhost or amqps://…"


def _store_url(value: str) -> str:
    if not value or value.startswith("sqlite:///"):
        return ""
    parts = _split(value)
    if parts is not None and parts.scheme in ("postgresql", "postgres"):
        return ""
    return "must be sqlite:///path/to/file.db or postgresql://user:password@host/database"


def _networks(value: tuple[str, ...]) -> str:
    for network in value:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            return f"{network!r} is not a network such as 10.0.0.0/8"
    return ""


def _time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return f"{value!r} is no time zone such as Europe/Berlin"
    return ""


def _origins(value: Any) -> str:
    for origin in value:
        parts = _split(origin)
        whole = parts is not None and origin == f"{parts.scheme}://{parts.netloc}"
        if not whole or parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
            return f"must be addresses such as https://console.example, not {origin!r}"
    return ""


def _masks(value: tuple[str, ...]) -> str:
    try:
        masks_of(value)
    except InputError as error:
        return f"{error.message} {error.remedy}"
    return ""


CHECKS: dict[str, Check] = {
    "node.public_url": _public_url,
    "listen.address": _address,
    "listen.admin": _optional_address,
    "listen.cors_origins": _origins,
    "listen.hooks": _optional_address,
    "listen.peers": _optional_address,
    "listen.proxies": _networks,
    "bus.url": _bus_url,
    "store.url": _store_url,
    "peers.allow_networks": _networks,
    "trackers.allow_networks": _networks,
    "disclosure.masks": _masks,
    "alm.time_zone": _time_zone,
}

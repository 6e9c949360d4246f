"""Which public doors a node opens: together at one address, or each at its own."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from service.config.model import Config, Limits
from service.web.refusals import Door
from service.web.serving import Hardening

Routes = Sequence[web.AbstractRouteDef]


class PublicDoor(msgspec.Struct, frozen=True):
    name: Door
    address: str
    routes: tuple[web.AbstractRouteDef, ...]


def doors(config: Config, hooks: Routes, peers: Routes) -> tuple[PublicDoor, ...]:
    """`peers` is empty for a private node, which has no door for them."""
    by_address: dict[str, list[web.AbstractRouteDef]] = {}
    names: dict[str, Door] = {}
    wanted: tuple[tuple[Door, str, Routes], ...] = (
        ("hooks", config.listen.hooks, hooks),
        ("peers", config.listen.peers, peers),
    )
    for name, own, routes in wanted:
        if routes:
            address = own or config.listen.address
            names[address] = "other" if address in names else name
            by_address.setdefault(address, []).extend(routes)
    return tuple(
        PublicDoor(names[address], address, tuple(routes)) for address, routes in by_address.items()
    )


def hardening_of(limits: Limits) -> Hardening:
    return Hardening(
        keepalive_seconds=limits.idle_seconds,
        connections=limits.connections,
        per_address=limits.connections_per_address,
    )

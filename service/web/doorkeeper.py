"""Lets connections in: so many in all, and so many from one address."""

import asyncio

import structlog
from aiohttp import web

from service.web.callers import Callers, grouped, parsed
from service.web.refusals import Door, Reason, Refusals

log = structlog.get_logger()

NO_PROXIES = Callers()


class Doorkeeper:
    def __init__(
        self,
        connections: int,
        per_address: int,
        callers: Callers,
        door: Door,
        refusals: Refusals | None,
    ) -> None:
        self.door = door
        self._connections = connections
        self._per_address = per_address
        self._callers = callers
        self._refusals = refusals

    def entrance(self, server: web.Server | None) -> asyncio.Protocol:
        return _Entrance(self, server)

    def malformed(self, cause: str) -> None:
        self.refuse("malformed", cause)

    def refuse(self, reason: Reason, cause: str, caller: str = "") -> None:
        if self._refusals is None:
            log.info("web.refused", door=self.door, reason=reason, cause=cause, caller=caller)
        else:
            self._refusals.note(self.door, reason, cause=cause, caller=caller)

    def lets_in(self, server: web.Server, transport: asyncio.BaseTransport) -> bool:
        known = server.connections
        if len(known) >= self._connections:
            self.refuse("connections", f"There are {len(known)} connections.")
            return False
        caller = self._caller(transport)
        if not caller or len(known) < self._per_address:
            return True
        if sum(self._caller(each.transport) == caller for each in known) < self._per_address:
            return True
        self.refuse("address", f"It has {self._per_address} connections.", caller)
        return False

    def _caller(self, transport: asyncio.BaseTransport | None) -> str:
        """'' for a trusted proxy, which brings many."""
        name = transport.get_extra_info("peername") if transport is not None else None
        address = parsed(str(name[0])) if name else None
        return "" if address is None or self._callers.trusts(address) else grouped(address)


class _Entrance(asyncio.Protocol):
    """Only a connection that stands has an address to judge by."""

    def __init__(self, keeper: Doorkeeper, server: web.Server | None) -> None:
        self._keeper = keeper
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._server is None or not self._keeper.lets_in(self._server, transport):
            transport.close()
            return
        handler = self._server()
        transport.set_protocol(handler)
        handler.connection_made(transport)

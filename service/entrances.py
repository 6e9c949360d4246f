"""The doors of a node: for webhooks, peers, strangers and admins, and the socket on its machine."""

import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp.typedefs import Middleware

from service.config.checks import split_address
from service.doors import PublicDoor, doors, hardening_of
from service.parts import Parts, new_id
from service.peers.mailbox import PeerEndpoints
from service.peers.nonces import RecentNonces
from service.peers.relay.endpoints import RelayEndpoints
from service.web.access import by_socket, by_token
from service.web.api.records import Records
from service.web.app import build_admin_app, build_public_app
from service.web.callers import Callers
from service.web.gate import gate
from service.web.hooks import Webhooks
from service.web.serving import listening, listening_on_socket
from service.workers.feed_store import Directory
from service.workers.relay_desk import RelayDesk


class Entrances:
    def __init__(self, parts: Parts, stack: AsyncExitStack) -> None:
        self._parts = parts
        self._stack = stack
        self._endpoints: PeerEndpoints | None = None
        self._relay: RelayEndpoints | None = None
        self.address = ""
        """Where strangers may knock, once the doors are open."""

    async def open(self) -> None:
        parts = self._parts
        hooks = Webhooks(
            parts.webhook_desk,
            parts.bus,
            parts.metrics,
            now=parts.now,
            new_id=new_id,
        )
        peers = list(self._peer_routes()) if parts.config.node.public else []
        for door in doors(parts.config, hooks.routes(), peers):
            await self._open_door(door)
        enter = self._stack.enter_async_context
        await enter(listening_on_socket(self._admin_app(by_socket()), Path(parts.config.socket)))
        if parts.config.listen.admin:
            host, port = split_address(parts.config.listen.admin)
            await enter(listening(self._admin_app(self._by_token()), host, port, door="admin"))

    async def _open_door(self, door: PublicDoor) -> None:
        parts = self._parts
        limits = parts.config.limits
        callers = Callers.behind(parts.config.listen.proxies)
        app = build_public_app(
            door.routes,
            parts.board,
            body_bytes=limits.body_bytes,
            new_id=new_id,
            gate=gate(callers, parts.refused_often, parts.refusals),
        )
        host, port = split_address(door.address)
        bound = await self._stack.enter_async_context(
            listening(
                app,
                host,
                port,
                hardening_of(limits),
                door=door.name,
                callers=callers,
                refusals=parts.refusals,
            )
        )
        self.address = ", ".join(filter(None, (self.address, f"{bound[0]}:{bound[1]}")))

    def _by_token(self) -> Middleware:
        parts = self._parts
        return by_token(
            parts.tokens,
            allowance=parts.api_often,
            refused=parts.refused_often,
            callers=Callers.behind(parts.config.listen.proxies),
            refusals=parts.refusals,
        )

    def _admin_app(self, entrance: Middleware) -> Any:
        parts = self._parts
        return build_admin_app(
            parts.operations,
            parts.board,
            parts.metrics,
            new_id=new_id,
            records=Records(parts.audit, parts.repeats),
            entrance=entrance,
            callers=Callers.behind(parts.config.listen.proxies),
            origins=frozenset(parts.config.listen.cors_origins),
            refresh_metrics=parts.checks.refresh_gauges,
        )

    def _peer_routes(self) -> Any:
        """Only of a node with a public URL: a private one has no door for peers."""
        parts = self._parts
        url = parts.config.node.public_url
        self._endpoints = PeerEndpoints(
            parts.identity,
            url,
            directory=Directory(parts.roster),
            nonces=RecentNonces(now=parts.now),
            feed=parts.feed,
            bell=parts.doorbell,
            contacts=parts.contacts,
            pairing=parts.pairing_desk(),
            source=parts.source,
            sink=parts.sink,
            now=parts.now,
            random_bytes=secrets.token_bytes,
            look_seconds=self._look_seconds,
            traffic=parts.traffic,
            allowance=parts.asked_often,
        )
        return [*self._endpoints.routes(), *self._relay_routes(url)]

    @property
    def _look_seconds(self) -> float:
        """Another daemon on the same PostgreSQL cannot ring here."""
        return 25.0 if self._parts.store.system == "sqlite" else 1.0

    def _relay_routes(self, url: str) -> Any:
        parts = self._parts
        if not parts.config.relay.enabled:
            return []
        self._relay = RelayEndpoints(
            parts.identity,
            url,
            store=RelayDesk(parts.store, new_id=new_id),
            nonces=RecentNonces(now=parts.now),
            now=parts.now,
            look_seconds=self._look_seconds,
            allowance=parts.asked_often,
        )
        return self._relay.routes()

    def release(self) -> None:
        """Lets go of the requests that wait for news."""
        if self._endpoints is not None:
            self._endpoints.release()
        if self._relay is not None:
            self._relay.release()

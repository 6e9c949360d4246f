"""Keeps the running tasks in line with what the node has: one scan per connector, and one that
looks after its webhooks where the tracker can tell of them; one task per peer that has an address
or is met at a relay, and one that asks for the acceptance of a private node's invitations."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec
import structlog

from adapters.port import Watching
from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.node import Peer, PublicPeer, RelayedPeer
from schemas.values import Millis
from service.store import invitations
from service.store.store import Store
from service.workers.operations.pairing import Pairing, decode_draft
from service.workers.roster import Roster
from service.workers.supervisor import Supervisor

log = structlog.get_logger()

ASK_SECONDS = 3.0
REFRESH_SECONDS = 2.0

Run = Callable[[], Coroutine[Any, Any, None]]


class Watch(msgspec.Struct, frozen=True):
    """Of a connector, by name."""

    connector: str


class Arrangement:
    """`scan` and `watch` make the tasks of a connector (by name), `reach` that of a peer."""

    def __init__(
        self,
        supervisor: Supervisor,
        roster: Roster,
        *,
        scan: Callable[[str], Run],
        watch: Callable[[str], Run],
        reach: Callable[[Peer], Run],
    ) -> None:
        self._supervisor = supervisor
        self._roster = roster
        self._scan, self._watch = scan, watch
        self._reach = reach
        self._running: dict[str, object] = {}
        self._lock = asyncio.Lock()

    async def arrange(self) -> None:
        async with self._lock:
            wanted = self._wanted()
            for name, what in list(self._running.items()):
                if _place(wanted.get(name)) != _place(what):
                    del self._running[name]
                    await self._supervisor.end(name)
            for name, what in wanted.items():
                if name not in self._running:
                    self._running[name] = what
                    self._supervisor.start(name, self._task(name, what))

    async def begin_anew(self) -> None:
        """Every task once more, with the settings of now."""
        async with self._lock:
            for name in list(self._running):
                del self._running[name]
                await self._supervisor.end(name)
        await self.arrange()

    def _wanted(self) -> dict[str, object]:
        scans = {
            f"scan {opened.record.name}": opened.record.name
            for opened in self._roster.connectors.values()
            # ALM connections look by their own jobs, when these are due.
            if any(
                live.record.type != "alm" for live in self._roster.of_connector(opened.record.id)
            )
        }
        watches = {
            f"watch {opened.record.name}": Watch(opened.record.name)
            for opened in self._roster.connectors.values()
            if isinstance(opened.tracker, Watching) and self._roster.of_connector(opened.record.id)
        }
        connected = {live.record.peer for live in self._roster.connections.values()}
        reached = {
            f"peer {peer.name} {peer.id}": peer
            for peer in self._roster.peers.values()
            if isinstance(peer, PublicPeer | RelayedPeer)
            and peer.id in connected
            and not peer.revoked
        }
        return {**scans, **watches, **reached}

    def _task(self, name: str, what: object) -> Run:
        if isinstance(what, Watch):
            return self._watch(what.connector)
        return self._reach(what) if isinstance(what, Peer) else self._scan(str(what))


def _place(what: object) -> object:
    """The task of a peer with an address goes on when keys change: it looks at the newest for each
    request. Keys that a code has renewed are tried at once. One through a relay begins anew."""
    match what:
        case PublicPeer():
            return what.id, what.url, what.renewed
        case RelayedPeer():
            return what.id, what.relay, what.identity_key, what.former_key, what.message_key
        case _:
            return what


class Asking:
    """A private inviter learns by asking that its invitation was accepted."""

    def __init__(self, store: Store, pairing: Pairing, *, now: Callable[[], Millis]) -> None:
        self._store = store
        self._pairing = pairing
        self._now = now

    async def run(self) -> None:
        while True:
            for row in await self._store.read(invitations.all):
                await self._ask(row)
            await asyncio.sleep(ASK_SECONDS)

    async def _ask(self, row: invitations.Invitation) -> None:
        draft = decode_draft(row.draft)
        open_ = row.used is None and row.revoked is None and row.expires > self._now()
        if not draft.destination or not open_:
            return
        try:
            await self._pairing.ask_as_inviter(row, draft)
        except (PeerError, PeerUnavailable, InputError) as error:
            log.debug("pairing.not_yet", invitation=row.id, cause=error.message)


class Refresh:
    """Another daemon on the same store may have changed what the node has."""

    def __init__(
        self,
        roster: Roster,
        arrangement: Arrangement,
        refreshed: Callable[[], Awaitable[None]],
    ) -> None:
        """`refreshed` follows a change that another daemon made."""
        self._roster = roster
        self._arrangement = arrangement
        self._refreshed = refreshed

    async def run(self) -> None:
        while True:
            if await self._roster.refresh():
                await self._refreshed()
            # A peer may have told that it moved.
            await self._arrangement.arrange()
            await asyncio.sleep(REFRESH_SECONDS)

"""Ties the peers' ports to the store: what is given to a peer and what is taken from one."""

from collections.abc import Awaitable, Callable

import msgspec
import sqlalchemy as sa

from schemas.events import Event, TwinDue
from schemas.node import Activity, Peer
from schemas.peer import AttachmentWanted, FeedItem, Refusal, Unavailable
from schemas.replica import TwinMessage
from schemas.values import Millis
from service.peers.feed import seal_message
from service.peers.identity import NodeIdentity
from service.peers.port import Incoming, Outgoing, Position, ReceivedItem, Taken
from service.store import activity, attachments, outbox, peers, twins
from service.store.outbox import OutboxRow
from service.store.store import Store
from service.store.twin_records import TwinKey
from service.sync.intake import merge_messages
from service.workers.parking import park_refused
from service.workers.roster import LiveConnection, Roster

_decode = msgspec.msgpack.Decoder(TwinMessage).decode
_REQUESTS = 32
_LONGEST = 500
_OPEN = frozenset({"active", "paused"})


class Directory:
    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def get(self, peer: str) -> Peer | None:
        return self._roster.peers.get(peer)


class FeedDesk:
    """`publish` rings the bus for twins whose message has arrived."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        identity: NodeIdentity,
        publish: Callable[[tuple[Event, ...]], Awaitable[None]],
        *,
        now: Callable[[], Millis],
    ) -> None:
        self._store = store
        self._roster = roster
        self._identity = identity
        self._publish = publish
        self._now = now

    async def give(self, peer: str, *, max_bytes: int, max_items: int) -> Outgoing:
        def work(c: sa.Connection) -> tuple[Position, list[OutboxRow], list[AttachmentWanted]]:
            rows = outbox.after(c, peer, 0, max_bytes, max_items) if max_items else []
            return _position(c, peer), rows, self._requests(c, peer)

        position, rows, requests = await self._store.read(work)
        recipient = self._roster.peers[peer]
        items = (self._item(recipient, row) for row in rows)
        return Outgoing(position, 0, tuple(i for i in items if i is not None), tuple(requests))

    def _item(self, recipient: Peer, row: OutboxRow) -> FeedItem | None:
        live = self._roster.connections.get(row.connection)
        if live is None or live.record.status != "active":
            return None
        shared = live.record.shared
        sealed = seal_message(self._identity, recipient, shared, _decode(row.payload))
        return FeedItem(row.seq, shared, row.twin, sealed)

    def _requests(self, c: sa.Connection, peer: str) -> list[AttachmentWanted]:
        wanted = []
        for request in attachments.open_for(c, peer, _REQUESTS):
            live = self._roster.connections.get(request.connection)
            if live is not None:
                limit = live.record.settings.attachment_limit
                wanted.append(
                    AttachmentWanted(
                        request.id, live.record.shared, request.twin, request.attachment, limit
                    )
                )
        return wanted

    async def take(self, peer: str, incoming: Incoming) -> Taken:
        def work(c: sa.Connection) -> tuple[Taken, list[TwinDue]]:
            refused, rung = [], []
            for item in incoming.items:
                live = self._roster.shared_with(peer, item.connection)
                if live is None or live.record.status not in _OPEN:
                    reason = "This node has no such connection."
                    refused.append(Refusal(item.seq, item.connection, item.message.twin, reason))
                elif self._receive(c, live, item):
                    rung.append(TwinDue(item.message.twin, live.record.id))
            if incoming.upto:
                peers.set_received(c, peer, incoming.epoch, incoming.upto)
            self._confirm(c, peer, incoming)
            given_up = (self._give_up(c, peer, lost) for lost in incoming.unavailable)
            rung += [due for due in given_up if due is not None]
            peers.set_contact(c, peer, self._now())
            return Taken(_position(c, peer), tuple(refused)), rung

        taken, rung = await self._store.write(work)
        if rung:
            await self._publish(tuple(rung))
        return taken

    def _receive(self, c: sa.Connection, live: LiveConnection, item: ReceivedItem) -> bool:
        return twins.receive(
            c,
            live.record.id,
            item.message.twin,
            live.record.connector,
            item.message,
            merge_messages,
            self._now(),
        )

    def _confirm(self, c: sa.Connection, peer: str, incoming: Incoming) -> None:
        state = peers.feed_state(c, peer)
        if incoming.have and incoming.have_epoch == state.epoch:
            outbox.ack(c, peer, min(incoming.have, state.newest))
        for refusal in incoming.refused:
            self._park(c, "peer.refused", peer, refusal)

    def _give_up(self, c: sa.Connection, peer: str, lost: Unavailable) -> TwinDue | None:
        """The twin that waited for it, to be told. Only of what this peer was asked for."""
        request = attachments.get(c, lost.request)
        if request is None or request.peer != peer:
            return None
        if not attachments.mark_failed(c, lost.request, _printable(lost.reason)):
            return None
        twins.set_due(c, request.connection, request.twin, self._now())
        return TwinDue(request.twin, request.connection)

    async def set_aside(self, peer: str, refusals: tuple[Refusal, ...]) -> None:
        def work(c: sa.Connection) -> None:
            for refusal in refusals:
                self._park(c, "peer.set_aside", peer, refusal)
                outbox.drop(c, peer, refusal.seq)

        await self._store.write(work)

    def _park(self, c: sa.Connection, event: str, peer: str, refusal: Refusal) -> None:
        """What was refused does not go again by itself: a person has to see it."""
        live = self._roster.shared_with(peer, refusal.connection)
        if live is None:
            # Of nothing that we share; noted, it would let a peer fill the log.
            return
        reason = _printable(refusal.reason)
        park_refused(
            c,
            TwinKey(live.record.id, refusal.twin),
            f"The other side does not get this issue: {reason}",
            "Remove the cause there or here, then retry: the issue is sent again.",
            self._now(),
        )
        activity.append(
            c,
            Activity(
                at=self._now(),
                event=event,
                connection=live.record.id,
                twin=refusal.twin,
                detail={"reason": reason, "peer": peer},
            ),
        )


def _printable(reason: str) -> str:
    """It may be another node's words."""
    return "".join(c if c.isprintable() else " " for c in reason)[:_LONGEST]


def _position(c: sa.Connection, peer: str) -> Position:
    state = peers.feed_state(c, peer)
    return Position(state.epoch, state.received, state.received_epoch)

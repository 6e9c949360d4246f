"""Ties the peers' ports to the store: what is given to a peer and what is taken from one."""

from collections.abc import Awaitable, Callable

import msgspec
import sqlalchemy as sa

from schemas.events import Event, TwinDue
from schemas.node import Activity, Connection, Peer
from schemas.peer import (
    NO_CONNECTION,
    NOTICE_TWIN,
    UNKNOWN_KIND,
    AttachmentWanted,
    Declined,
    FeedItem,
    Refusal,
    Unavailable,
)
from schemas.replica import TwinMessage
from schemas.values import Millis
from service.peers.feed import NOTICE, seal_message, seal_notice
from service.peers.identity import NodeIdentity
from service.peers.port import (
    Incoming,
    Outgoing,
    Position,
    ReceivedItem,
    ReceivedNotice,
    Taken,
)
from service.store import activity, attachments, outbox, peers, twins
from service.store.outbox import OutboxRow
from service.store.store import Store
from service.store.twin_records import TwinKey
from service.sync.intake import merge_messages
from service.workers import notices, repairing, resync
from service.workers.contents import shown
from service.workers.dry_run_desk import DryRunDesk
from service.workers.parking import park_refused, resend_later
from service.workers.roster import LiveConnection, Roster, touch
from service.workers.triggers import twin_id

_decode = msgspec.msgpack.Decoder(TwinMessage).decode
_REQUESTS = 32
_LONGEST = 500
_OPEN = frozenset({"active", "paused"})
_AGAIN = 3
"""How often an item goes once more that was sealed to a key which the peer has lost."""
_NONE_SUCH = "This node has no such connection."

Moved = dict[str, Connection]
"""By this node's own id: connections whose standing an exchange has changed."""


class Directory:
    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def get(self, peer: str) -> Peer | None:
        """`peer` is the hash of the key that it signs with. A revoked one is a stranger."""
        found = self._roster.peer_of_key(peer)
        return None if found is None or found.revoked else found


class FeedDesk:
    """`publish` rings the bus for twins whose message has arrived; `changed` follows a transaction
    after which a connection stands differently. `dry_runs` takes what is asked of this node."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        identity: NodeIdentity,
        publish: Callable[[tuple[Event, ...]], Awaitable[None]],
        *,
        dry_runs: DryRunDesk,
        changed: Callable[[], Awaitable[None]],
        now: Callable[[], Millis],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._roster = roster
        self._identity = identity
        self._publish = publish
        self._dry_runs = dry_runs
        self._changed = changed
        self._now = now
        self._new_id = new_id
        self._again: dict[tuple[str, str], int] = {}
        self._older: dict[str, str] = {}

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
        if live is None:
            return None
        shared = live.record.shared
        if row.twin == NOTICE_TWIN:
            notice = notices.decode_notice(row.payload)
            sealed = seal_notice(self._identity, recipient, shared, notice)
            return FeedItem(row.seq, shared, row.twin, sealed, NOTICE)
        if live.record.status != "active":
            return None
        if row.twin.startswith("@"):
            return self._dry_runs.item(live, recipient, row)
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
        heard = self._dry_runs.hear(peer, incoming.asks, incoming.answers)

        def work(c: sa.Connection) -> tuple[Taken, list[TwinDue], Moved]:
            moved: Moved = {}
            refused = [
                _none_such(told.seq, told.connection, NOTICE_TWIN)
                for told in incoming.notices
                if not self._hear(c, peer, told, moved)
            ]
            rung = []
            for item in incoming.items:
                live = self._roster.shared_with(peer, item.connection)
                if live is None or not self._is_open(c, live.record, moved):
                    refused.append(_none_such(item.seq, item.connection, item.message.twin))
                elif self._receive(c, live, item):
                    rung.append(TwinDue(item.message.twin, live.record.id))
            refused += self._dry_runs.take(c, heard)
            if incoming.upto:
                peers.set_received(c, peer, incoming.epoch, incoming.upto)
            self._confirm(c, peer, incoming, moved)
            given_up = (self._give_up(c, peer, lost) for lost in incoming.unavailable)
            rung += [due for due in given_up if due is not None]
            for declined in incoming.declined:
                self._note_declined(c, peer, declined)
            peers.set_contact(c, peer, self._now())
            return Taken(_position(c, peer), tuple(refused)), rung, moved

        taken, rung, moved = await self._store.write(work)
        self._dry_runs.follow(heard, incoming.refused)
        if moved:
            await self._changed()
        if rung:
            await self._publish(tuple(rung))
        return taken

    def _hear(self, c: sa.Connection, peer: str, told: ReceivedNotice, moved: Moved) -> bool:
        live = self._roster.shared_with(peer, told.connection)
        if live is None:
            return told.notice.status == "removed"
        heard = notices.hear(c, live.record.id, told.notice, self._now())
        if heard is not None:
            moved[live.record.id] = heard
        return live.record.status != "removed" or told.notice.status == "removed"

    def _is_open(self, c: sa.Connection, known: Connection, moved: Moved) -> bool:
        record = moved.get(known.id, known)
        if record.status in ("pending", "broken"):
            # Its sender would not speak of issues, had it not confirmed and found us.
            heeded = notices.heed_message(c, known.id, self._now())
            if heeded is None:
                return False
            record = moved[known.id] = heeded
        return record.status in _OPEN

    def _receive(self, c: sa.Connection, live: LiveConnection, item: ReceivedItem) -> bool:
        if item.message.claims:
            return repairing.receive(c, live.record, item.message, self._now())
        twins.reopen(c, live.record.id, item.message)
        return twins.receive(
            c,
            live.record.id,
            item.message.twin,
            live.record.connector,
            _proven(live, item.message),
            merge_messages,
            self._now(),
        )

    def _confirm(self, c: sa.Connection, peer: str, incoming: Incoming, moved: Moved) -> None:
        state = peers.feed_state(c, peer)
        for refusal in incoming.refused:
            if self._dry_runs.take_refusal(c, peer, refusal):
                continue
            if refusal.code == NO_CONNECTION:
                self._break(c, peer, refusal, moved)
            elif refusal.code == UNKNOWN_KIND:
                self._note_older(c, peer, refusal)
            elif not self._goes_again(c, peer, refusal):
                self._park(c, "peer.refused", peer, refusal)
        if incoming.have and incoming.have_epoch == state.epoch:
            have = min(incoming.have, state.newest)
            self._heal(c, peer, have, incoming.refused, moved)
            outbox.ack(c, peer, have)
            if incoming.have > state.newest:
                self._begin_anew(c, peer)

    def _give_up(self, c: sa.Connection, peer: str, lost: Unavailable) -> TwinDue | None:
        """The twin that waited for it, to be told. Only of what this peer was asked for."""
        request = attachments.get(c, lost.request)
        if request is None or request.peer != peer:
            return None
        if not attachments.mark_failed(c, lost.request, _printable(lost.reason)):
            return None
        twins.set_due(c, request.connection, request.twin, self._now())
        return TwinDue(request.twin, request.connection)

    def _note_declined(self, c: sa.Connection, peer: str, declined: Declined) -> None:
        """Only of what the peer was shown: it cannot fill the log with anything else."""
        live = self._roster.shared_with(peer, declined.connection)
        row = None if live is None else twins.get(c, live.record.id, declined.twin)
        if live is None or row is None or not shown(row.state, declined.attachment):
            return
        activity.append(
            c,
            Activity(
                at=self._now(),
                event="attachment.declined_there",
                connection=live.record.id,
                twin=declined.twin,
                detail={
                    "filename": _printable(declined.filename),
                    "reason": _printable(declined.reason),
                },
            ),
        )

    def _break(self, c: sa.Connection, peer: str, refusal: Refusal, moved: Moved) -> None:
        """The other side does not know the connection: a person should, and nothing is lost."""
        live = self._roster.shared_with(peer, refusal.connection)
        if live is None or live.record.status == "removed":
            return
        now = self._now()
        if notices.set_broken(c, live.record.id, notices.UNKNOWN_THERE, now):
            moved[live.record.id] = live.record
        if refusal.twin != NOTICE_TWIN:
            key = TwinKey(live.record.id, refusal.twin)
            if not resend_later(c, key, owner=f"refused {peer}", now=now):
                self._park(c, "peer.refused", peer, refusal)

    def _heal(
        self, c: sa.Connection, peer: str, have: int, refused: tuple[Refusal, ...], moved: Moved
    ) -> None:
        """A notice that the other side has taken shows that it knows the connection again."""
        for live in self._roster.broken_with(peer):
            if live.record.standing.broken != notices.UNKNOWN_THERE:
                continue
            seq = outbox.seq_of(c, live.record.id, NOTICE_TWIN)
            said_no = any(
                r.connection == live.record.shared and r.twin == NOTICE_TWIN for r in refused
            )
            if seq is None or seq > have or said_no:
                continue
            if notices.set_broken(c, live.record.id, "", self._now()):
                moved[live.record.id] = live.record

    def _note_older(self, c: sa.Connection, peer: str, refusal: Refusal) -> None:
        """The peer is of an older version; told once, for nothing is wrong with the issue."""
        reason = _printable(refusal.reason)
        known = self._roster.shared_with(peer, refusal.connection) is not None
        if not known or self._older.get(peer) == reason:
            return
        self._older[peer] = reason
        activity.append(
            c,
            Activity(at=self._now(), event="peer.older", detail={"reason": reason, "peer": peer}),
        )

    def _goes_again(self, c: sa.Connection, peer: str, refusal: Refusal) -> bool:
        """What was sealed to a lost key is sealed afresh: nothing is wrong with it."""
        at = (refusal.connection, refusal.twin)
        if refusal.code != "unknown_key" or self._again.get(at, 0) >= _AGAIN:
            self._again.pop(at, None)
            return False
        self._again[at] = self._again.get(at, 0) + 1
        outbox.requeue(c, peer, refusal.seq)
        return True

    def _begin_anew(self, c: sa.Connection, peer: str) -> None:
        """It has stored what this database never said: this node was restored."""
        now = self._now()
        known = self._roster.peers.get(peer)
        if known is None or not resync.may_begin(known, now):
            return

        def forgot(before: Peer) -> Peer:
            return msgspec.structs.replace(before, floor=now, forgot=now)

        peers.change(c, peer, forgot)
        resync.begin_epoch(c, peer, self._new_id(), now)
        touch(c)

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


def _none_such(seq: int, connection: str, twin: str) -> Refusal:
    return Refusal(seq, connection, twin, _NONE_SUCH, NO_CONNECTION)


def _proven(live: LiveConnection, message: TwinMessage) -> TwinMessage:
    """A peer may remind us of our own issue only where the twin was made from that very issue, so
    that it cannot have another one shown to it."""
    if not message.yours or twin_id(live, message.yours) == message.twin:
        return message
    return msgspec.structs.replace(message, yours="")


def _printable(reason: str) -> str:
    """It may be another node's words."""
    return "".join(c if c.isprintable() else " " for c in reason)[:_LONGEST]


def _position(c: sa.Connection, peer: str) -> Position:
    state = peers.feed_state(c, peer)
    return Position(state.epoch, state.received, state.received_epoch)

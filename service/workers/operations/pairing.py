"""Pairing: from an invitation to an active connection, on the side that asks and on the other."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
import sqlalchemy as sa
import structlog

from schemas.api import ConnectionAccept
from schemas.errors import InputError
from schemas.invitation import Invitation
from schemas.node import Connection, ConnectionSettings, Mode, Peer, PublicPeer
from schemas.peer import Party, Terms
from schemas.values import Millis
from service.peers.invitation import check_not_expired, verifier
from service.peers.pairing import pair
from service.peers.port import OpenInvitation, Paired
from service.rules.defaults import default_rules
from service.store import connections, invitations, peers, rule_versions
from service.store.store import Store
from service.workers.operations.desk import Desk
from service.workers.roster import touch

log = structlog.get_logger()


MODES: Mapping[str, Mode] = {"basic": "basic", "visual": "visual", "script": "script"}


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an invitation's record remembers of the connection to be."""

    connection: str
    """This node's own id of its pending end."""
    role: str
    terms: Terms
    expected: str = ""
    destination: str = ""
    secret: bytes = b""
    """Only of a private inviter, which asks with it; gone once paired."""
    check: str = ""


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    transcript: bytes
    answer: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_draft = msgspec.msgpack.Decoder(Draft).decode
_decode_answer = msgspec.msgpack.Decoder(_Answer).decode


def encode_draft(draft: Draft) -> bytes:
    return _encode(draft)


def decode_draft(raw: bytes) -> Draft:
    return _decode_draft(raw)


class InvitationDesk:
    """The answering side's port, tied to the store. `changed` follows a completed pairing."""

    def __init__(
        self, store: Store, changed: Callable[[], Awaitable[None]], *, now: Callable[[], Millis]
    ) -> None:
        self._store = store
        self._changed = changed
        self._now = now

    async def find(self, invitation: str) -> OpenInvitation | None:
        row = await self._store.read(lambda c: invitations.get(c, invitation))
        if row is None:
            return None
        draft = decode_draft(row.draft)
        answer = _decode_answer(row.answer) if row.answer else _Answer(b"", b"")
        return OpenInvitation(
            id=row.id,
            verifier=row.verifier,
            role="joiner" if draft.role == "joiner" else "inviter",
            expected=draft.expected,
            terms=draft.terms,
            expires=row.expires,
            tries=row.tries,
            revoked=row.revoked is not None,
            transcript=answer.transcript,
            answer=answer.answer,
        )

    async def count_try(self, invitation: str) -> None:
        await self._store.write(lambda c: invitations.count_try(c, invitation))

    async def complete(
        self, paired: Paired, *, transcript: bytes, answer: bytes, now: Millis
    ) -> bool:
        def work(c: sa.Connection) -> bool:
            row = invitations.get(c, paired.invitation)
            if row is None or not invitations.burn(c, paired.invitation, now):
                return False
            invitations.set_answer(c, paired.invitation, _encode(_Answer(transcript, answer)))
            activate(c, decode_draft(row.draft), paired, now)
            return True

        completed = await self._store.write(work)
        if completed:
            await self._changed()
        return completed


def activate(c: sa.Connection, draft: Draft, paired: Paired, now: Millis) -> None:
    """The pending end gets its peer, and default rules for the pair of systems."""
    known = peers.get(c, paired.peer.id)
    if known is None:
        peers.add(c, paired.peer)
    else:
        peers.update(c, _newer(known, paired.peer))
    theirs = paired.joiner_terms if paired.role == "inviter" else paired.terms
    pending = connections.get(c, draft.connection)
    if pending is None:
        raise InputError("The connection was removed meanwhile.", status=410)
    if paired.role == "joiner":
        _take_terms(c, pending, paired.terms, now)
    both_public = isinstance(paired.peer, PublicPeer) and pending.type == "public"
    connections.set_peer(c, pending.id, paired.peer.id, f"check {paired.check}", now)
    if rule_versions.newest(c, pending.id) is None:
        outgoing, incoming = default_rules(draft.terms.system, theirs.system)
        rule_versions.add(
            c,
            pending.id,
            outgoing,
            incoming,
            author="tidegate",
            message="Default rules",
            now=now,
        )
    touch(c)
    log.info(
        "connection.active", connection=pending.name, peer=paired.peer.name, public=both_public
    )


def _newer(known: Peer, fresh: Peer) -> Peer:
    """A second connection with a known node keeps its epoch, and an address that it gave before."""
    fresh = msgspec.structs.replace(fresh, epoch=known.epoch)
    if isinstance(known, PublicPeer) and not isinstance(fresh, PublicPeer):
        return msgspec.structs.replace(known, name=fresh.name, message_key=fresh.message_key)
    return fresh


def _take_terms(c: sa.Connection, pending: Connection, inviter: Terms, now: Millis) -> None:
    """The inviter's terms bind: names of the sides, mode, shared id, conflict policy."""
    settings = msgspec.structs.replace(
        pending.settings,
        conflict_policy=inviter.conflict_policy,
        field_policies=inviter.field_policies,
    )
    record = msgspec.structs.replace(
        pending,
        shared=inviter.shared,
        mode=MODES.get(inviter.mode, pending.mode),
        local_side=inviter.remote_side,
        remote_side=inviter.local_side,
        name=pending.name if pending.name != pending.id else inviter.name or pending.id,
        settings=settings,
        changed=now,
    )
    connections.replace(c, record)


class Pairing:
    """The asking side."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def party(self, terms: Terms) -> Party:
        identity = self._desk.identity
        return Party(
            self._desk.node_name,
            identity.identity_key,
            identity.message_key,
            terms,
            self._desk.public_url,
        )

    async def join(self, invitation: Invitation, body: ConnectionAccept) -> str:
        """Accepts an invitation; answers the id of this node's end. It may still be pending when
        the inviter is private and has to ask."""
        desk = self._desk
        check_not_expired(invitation, desk.now())
        if invitation.node == desk.identity.id:
            raise InputError(
                "This invitation was made by this very node.",
                status=409,
                remedy="Accept it on the other side's node, or make a local connection.",
            )
        if not invitation.url and not desk.public_url:
            raise InputError(
                "Both sides are private: neither can reach the other.",
                status=409,
                remedy="Give one node a public URL.",
            )
        record = self._pending(invitation, body)
        terms = Terms(system=desk.connector(body.connector).record.system)
        draft = Draft(record.id, "joiner", terms, expected=invitation.node)
        if not invitation.url:
            await self._wait_for_inviter(invitation, record, draft)
            return record.id
        paired = await pair(
            desk.courier,
            desk.identity,
            invitation,
            role="joiner",
            party=self.party(terms),
            url=desk.check_url(invitation.url),
            now=desk.now,
        )
        known = desk.roster.shared_with(paired.peer.id, paired.terms.shared)
        if known is not None:
            raise InputError(
                f"This invitation was accepted before: it made {known.record.name!r}.",
                status=409,
                remedy="Ask the other side for a new invitation.",
            )
        _check_mode(paired.terms, body)

        def work(c: sa.Connection) -> None:
            connections.add(c, record)
            activate(c, draft, paired, desk.now())

        await desk.store.write(work)
        await desk.changed()
        return record.id

    async def _wait_for_inviter(
        self, invitation: Invitation, record: Connection, draft: Draft
    ) -> None:
        desk = self._desk
        known = verifier(invitation.id, invitation.secret)

        def work(c: sa.Connection) -> None:
            connections.add(c, record)
            invitations.add(
                c,
                invitation.id,
                known,
                encode_draft(draft),
                now=desk.now(),
                expires=invitation.expires,
            )
            touch(c)

        await desk.store.write(work)
        await desk.changed()

    def _pending(self, invitation: Invitation, body: ConnectionAccept) -> Connection:
        desk = self._desk
        now = desk.now()
        own = desk.new_id()
        return Connection(
            id=own,
            shared=f"pending-{own}",
            name=body.name or own,
            type="public" if invitation.url and desk.public_url else "private",
            mode=body.mode,
            status="pending",
            local_side="local",
            remote_side="remote",
            connector=desk.connector(body.connector).record.id,
            peer="",
            counterpart="",
            settings=msgspec.convert(msgspec.to_builtins(body.settings), ConnectionSettings),
            created=now,
            changed=now,
            reason="Waits for the other side.",
            description=body.description,
        )

    async def ask_as_inviter(self, row: invitations.Invitation, draft: Draft) -> None:
        """A private inviter learns of the acceptance by asking; raises `PeerError` until then."""
        desk = self._desk
        invitation = Invitation(row.id, desk.identity.id, draft.secret, row.expires)
        paired = await pair(
            desk.courier,
            desk.identity,
            invitation,
            role="inviter",
            party=self.party(draft.terms),
            url=draft.destination,
            now=desk.now,
        )

        def work(c: sa.Connection) -> None:
            if invitations.burn(c, row.id, desk.now()):
                activate(c, draft, paired, desk.now())

        await desk.store.write(work)
        await desk.changed()


def _check_mode(terms: Terms, body: ConnectionAccept) -> None:
    if terms.mode and terms.mode != body.mode:
        log.info("connection.mode_taken_over", mode=terms.mode)

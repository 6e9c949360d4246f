"""Pairing: from an invitation to an active connection, on the side that asks and on the other."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
import sqlalchemy as sa
import structlog

from schemas.connection_api import ConnectionAccept
from schemas.errors import InputError
from schemas.invitation import Invitation
from schemas.node import (
    Connection,
    ConnectionSettings,
    Mode,
    Peer,
    PublicPeer,
    RelayedPeer,
    Standing,
)
from schemas.peer import Party, Role, Terms
from schemas.relay import RelayPlace
from schemas.values import Millis
from service.peers.invitation import check_not_expired, verifier
from service.peers.pairing import pair
from service.peers.port import OpenInvitation, Paired
from service.rules.defaults import Manifest, default_rules
from service.store import connections, invitations, peers, rule_versions
from service.store.store import Store
from service.workers.notices import note_status
from service.workers.operations.desk import Desk
from service.workers.operations.naming import free_name, plain
from service.workers.renewal import renew_keys
from service.workers.roster import touch
from service.workers.standing import settled
from service.workers.systems import manifest_of

log = structlog.get_logger()


ManifestOf = Callable[[str, str], Manifest]
"""Of the connector with an id, or of the system that is named where that cannot be opened."""
MODES: Mapping[str, Mode] = {"basic": "basic", "visual": "visual", "script": "script"}


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an invitation's record remembers of the connection to be."""

    connection: str
    """This node's own id of its pending end."""
    role: str
    terms: Terms
    expected: str = ""
    """Node id of the only other node that may take part; '' when it was not known."""
    destination: str = ""
    secret: bytes = b""
    """Only of a private inviter, which asks with it; gone once paired."""
    public: bool = False
    """This node has an address."""
    template: str = "single-project"
    relay: RelayPlace | None = None
    """Where the two nodes meet to pair; and later too, when neither has a public URL."""
    left: bool = False
    """The channel at the relay was left again."""
    renews: str = ""
    """Id of a known peer whose keys are to be pinned again; there is no connection then."""


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
        self,
        store: Store,
        changed: Callable[[], Awaitable[None]],
        *,
        manifest: ManifestOf,
        now: Callable[[], Millis],
    ) -> None:
        self._store = store
        self._changed = changed
        self._manifest = manifest
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
            draft = decode_draft(row.draft)
            if draft.renews:
                renew_keys(c, draft.renews, paired.peer, now)
            else:
                activate(c, draft, paired, now, self._manifest)
            return True

        completed = await self._store.write(work)
        if completed:
            await self._changed()
        return completed


def activate(
    c: sa.Connection, draft: Draft, paired: Paired, now: Millis, manifest: ManifestOf
) -> None:
    """The pending end gets its peer, and default rules for the pair of systems. It stays pending
    until both admins have confirmed the check string, unless they did so in advance."""
    peer = peers.pin(c, _met(paired.peer, draft))
    pending = connections.get(c, draft.connection)
    if pending is None or pending.status != "pending":
        raise InputError("The connection was removed meanwhile.", status=410)
    theirs = paired.joiner_terms if paired.role == "inviter" else paired.terms
    if paired.role == "joiner":
        pending = _with_terms(c, pending, paired.terms)
    both_public = draft.public and isinstance(paired.peer, PublicPeer)
    standing = Standing(
        inviter=paired.role == "inviter",
        check=paired.check,
        unconfirmed_here=not draft.terms.trusted,
        unconfirmed_there=not theirs.trusted,
        since=pending.standing.since,
    )
    record = settled(
        msgspec.structs.replace(
            pending,
            peer=peer.id,
            type="public" if both_public else "private",
            standing=standing,
        ),
        now,
    )
    connections.replace(c, record)
    if rule_versions.newest(c, pending.id) is None:
        ours = manifest(pending.connector, draft.terms.system)
        _add_rules(c, pending.id, (ours, manifest_of(theirs.system)), draft.template, now)
    note_status(c, record)
    touch(c)


def _met(peer: Peer, draft: Draft) -> Peer:
    """Two private nodes keep the relay at which they paired."""
    if draft.relay is None or draft.public or isinstance(peer, PublicPeer):
        return peer
    return RelayedPeer(
        peer.id, peer.name, peer.identity_key, peer.message_key, peer.epoch, relay=draft.relay
    )


def _add_rules(
    c: sa.Connection, id: str, manifests: tuple[Manifest, Manifest], template: str, now: Millis
) -> None:
    outgoing, incoming = default_rules(*manifests, template)
    rule_versions.add(
        c, id, outgoing, incoming, author="tidegate", message="Default rules", now=now
    )


def _with_terms(c: sa.Connection, pending: Connection, inviter: Terms) -> Connection:
    """The inviter's terms bind: names of the sides, mode, shared id, conflict policy."""
    settings = msgspec.structs.replace(
        pending.settings,
        conflict_policy=inviter.conflict_policy,
        field_policies=inviter.field_policies,
        paragraphs=inviter.paragraphs,
    )
    named = pending.name != pending.id
    return msgspec.structs.replace(
        pending,
        shared=inviter.shared,
        mode=MODES.get(inviter.mode, pending.mode),
        local_side=plain(inviter.remote_side) or pending.local_side,
        remote_side=plain(inviter.local_side) or pending.remote_side,
        name=pending.name
        if named
        else free_name(inviter.name, lambda name: connections.by_name(c, name) is not None),
        description=pending.description or inviter.description[:2_000],
        settings=settings,
    )


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
        self.check(invitation)
        record = self.pending(invitation, body)
        system = desk.connector(body.connector).record.system
        draft = Draft(
            record.id,
            "joiner",
            Terms(system=system, mode=body.mode or "", trusted=body.trusted),
            expected=invitation.node,
            public=bool(desk.public_url),
            template=body.template,
        )
        if not invitation.url:
            await self._wait_for_inviter(invitation, record, draft)
            return record.id
        paired = await self._ask(invitation, "joiner", draft.terms, desk.check_url(invitation.url))
        known = desk.roster.shared_with(paired.peer.id, paired.terms.shared)
        if known is not None:
            raise accepted_before(known.record.name)

        def work(c: sa.Connection) -> None:
            connections.add(c, record)
            activate(c, draft, paired, desk.now(), desk.roster.manifest)

        await desk.store.write(work)
        await desk.changed()
        return record.id

    def check(self, invitation: Invitation) -> None:
        """Before anybody is asked."""
        desk = self._desk
        check_not_expired(invitation, desk.now())
        if invitation.node == desk.identity.id:
            raise InputError(
                "This invitation was made by this very node.",
                status=409,
                remedy="Accept it on the other side's node, or make a local connection.",
            )
        if invitation.destination and invitation.destination != desk.identity.id:
            raise InputError(
                "This invitation is for another node than this one.",
                status=409,
                remedy="Accept it on the node whose URL the inviting side gave as the destination.",
            )
        if not invitation.url and not desk.public_url and invitation.relay is None:
            raise InputError(
                "Both sides are private: neither can reach the other.",
                status=409,
                remedy="Give one node a public URL, or let the inviter meet you at a relay.",
            )

    async def _ask(self, invitation: Invitation, role: Role, terms: Terms, url: str) -> Paired:
        desk = self._desk
        return await pair(
            desk.courier,
            desk.identity,
            invitation,
            role=role,
            party=self.party(terms),
            url=url,
            now=desk.now,
        )

    async def _wait_for_inviter(
        self, invitation: Invitation, record: Connection, draft: Draft
    ) -> None:
        desk = self._desk
        known = verifier(invitation.id, invitation.secret)

        def work(c: sa.Connection) -> None:
            before = invitations.get(c, invitation.id)
            if before is not None:
                accepted = connections.get(c, before.connection or "")
                raise accepted_before(accepted.name if accepted else "one that was removed")
            connections.add(c, record)
            invitations.add(
                c,
                invitation.id,
                known,
                encode_draft(draft),
                now=desk.now(),
                expires=invitation.expires,
                connection=record.id,
            )
            touch(c)

        await desk.store.write(work)
        await desk.changed()

    def pending(self, invitation: Invitation, body: ConnectionAccept) -> Connection:
        """The joiner's end, as long as the inviter's terms are not known."""
        desk = self._desk
        now = desk.now()
        own = desk.new_id()
        return Connection(
            id=own,
            shared=f"pending-{own}",
            name=body.name or own,
            type="public" if invitation.url and desk.public_url else "private",
            mode=body.mode or "basic",
            status="pending",
            local_side="local",
            remote_side="remote",
            connector=desk.connector(body.connector).record.id,
            peer="",
            counterpart="",
            settings=msgspec.convert(msgspec.to_builtins(body.settings), ConnectionSettings),
            created=now,
            changed=now,
            reason="Waits until the inviting side has asked: it is private.",
            description=body.description,
            standing=Standing(since=now),
        )

    async def ask_as_inviter(self, row: invitations.Invitation, draft: Draft) -> None:
        """A private inviter learns of the acceptance by asking; raises `PeerError` until then."""
        desk = self._desk
        invitation = Invitation(
            row.id, desk.identity.id, draft.secret, row.expires, destination=draft.expected
        )
        paired = await self._ask(invitation, "inviter", draft.terms, draft.destination)

        def work(c: sa.Connection) -> None:
            if invitations.burn(c, row.id, desk.now()):
                activate(c, draft, paired, desk.now(), desk.roster.manifest)

        await desk.store.write(work)
        await desk.changed()


def accepted_before(name: str) -> InputError:
    return InputError(
        f"This invitation was accepted before: it made {name!r}.",
        status=409,
        remedy="Ask the other side for a new invitation.",
    )

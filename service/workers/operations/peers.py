"""Peers and this node's own keys: show, revoke, renew, move, rotate, claim."""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from schemas.api import Page, PageQuery
from schemas.errors import InputError
from schemas.node import Peer, PublicPeer, RelayedPeer
from schemas.peer import Terms
from schemas.trust import KeysView, PeerRenew, PeerRenewal, PeerUrl, PeerView
from schemas.values import Millis
from service.peers.identity import node_id
from service.peers.invitation import from_code, new_invitation, to_code, verifier
from service.peers.pairing import KEYS, check_card, pair
from service.store import invitations, peers
from service.workers import resync
from service.workers.acquaintance import FORK_REASON, KEYS_REASON, halt, lift
from service.workers.operations.desk import Desk
from service.workers.operations.pages import page_of
from service.workers.operations.pairing import Draft, Pairing, encode_draft
from service.workers.renewal import renew_keys
from service.workers.roster import touch

_VALID: Millis = 86_400_000


class PeerOperations:
    def __init__(self, desk: Desk, pairing: Pairing) -> None:
        self._desk, self._pairing = desk, pairing
        self._keys, self._runs, self._contacts = desk.keys, desk.runs, desk.contacts

    async def all(self, query: PageQuery) -> Page[PeerView]:
        found = sorted(self._desk.roster.peers.values(), key=lambda peer: (peer.name, peer.id))
        return page_of(query, [self._view(peer) for peer in found])

    async def one(self, name: str) -> PeerView:
        return self._view(self._named(name))

    async def revoke(self, name: str) -> PeerView:
        def revoked(peer: Peer) -> Peer:
            return msgspec.structs.replace(peer, revoked=True, former_key=b"")

        def work(c: sa.Connection, peer: str, now: Millis) -> None:
            peers.change(c, peer, revoked)
            halt(c, peer, KEYS_REASON, now)
            resync.note(c, "peer.revoked", peer, now)

        return await self._change(name, work)

    async def set_url(self, name: str, body: PeerUrl) -> PeerView:
        """Raises `PeerError` when another node answers there, `PeerUnavailable` when none does."""
        known = self._named(name)
        if not isinstance(known, PublicPeer):
            raise InputError(
                f"The peer {known.name!r} is private: it has no URL, and asks this node.",
                status=409,
                remedy="Let its administrator give it this node's new URL: tidegate peer set-url",
            )
        url = self._desk.check_url(body.url)
        check_card(await self._desk.courier.node_card(url), node_id(known.identity_key))

        def moved(peer: Peer) -> Peer:
            return msgspec.structs.replace(peer, url=url, refused_url="")

        def work(c: sa.Connection, peer: str, now: Millis) -> None:
            peers.change(c, peer, moved)
            resync.note(c, "peer.moved", peer, now)

        return await self._change(name, work)

    async def renew(self, name: str, body: PeerRenew) -> PeerRenewal:
        known = self._named(name)
        return await (self._accept(known, body.code) if body.code else self._invite(known))

    async def _invite(self, peer: Peer) -> PeerRenewal:
        desk = self._desk
        if isinstance(peer, RelayedPeer):
            raise InputError(
                f"Neither this node nor {peer.name!r} has a public URL, and keys are renewed"
                " without the relay.",
                status=409,
                remedy="Give one of the two a public URL meanwhile; or save the pairs (tidegate"
                " connection pairs), remove the connection on both sides, and pair again.",
            )
        if not desk.public_url:
            raise InputError(
                "This node is private: the other node could not bring the code's answer here.",
                status=409,
                remedy="Make the code on the other node, and give it here with --code.",
            )
        expires = desk.now() + _VALID
        invitation = new_invitation(
            desk.identity.id, desk.public_url, expires=expires, random_bytes=desk.random_bytes
        )
        terms = Terms(type=KEYS)
        draft = encode_draft(Draft("", "inviter", terms, renews=peer.id))
        known = verifier(invitation.id, invitation.secret)
        now, ends = desk.now(), invitation.expires
        await desk.store.write(
            lambda c: invitations.add(c, invitation.id, known, draft, now=now, expires=ends)
        )
        return PeerRenewal(self._view(peer), to_code(invitation), ends)

    async def _accept(self, peer: Peer, code: str) -> PeerRenewal:
        """Raises `PeerError` and `InputError`; then nothing was changed on either side."""
        desk = self._desk
        invitation = from_code(code)
        if not invitation.url:
            raise InputError(
                "The code leads to no public node.",
                status=409,
                remedy="Let a node with a public URL make it: tidegate peer renew PEER",
            )
        paired = await pair(
            desk.courier,
            desk.identity,
            invitation,
            role="joiner",
            party=self._pairing.party(Terms(type=KEYS)),
            url=desk.check_url(invitation.url),
            now=desk.now,
        )
        if paired.terms.type != KEYS:
            raise InputError(
                "The code is an invitation to a new connection.",
                status=409,
                remedy="Accept it with: tidegate connection accept CODE",
            )

        def work(c: sa.Connection, id: str, now: Millis) -> None:
            renew_keys(c, id, paired.peer, now)

        return PeerRenewal(await self._change(peer.id, work), check=paired.check)

    async def rotate_keys(self) -> KeysView:
        await self._keys.rotate_message_key()
        return await self.keys()

    async def rotate_identity(self) -> KeysView:
        await self._keys.rotate_identity()
        return await self.keys()

    async def claim(self) -> KeysView:
        """An administrator says that this is the real one of two copies."""
        await self._runs.make_claim()
        now = self._desk.now()

        def work(c: sa.Connection) -> None:
            for peer in peers.all(c):
                lift(c, peer.id, FORK_REASON, now)
            resync.note(c, "node.claimed", "", now)
            touch(c)

        await self._desk.store.write(work)
        await self._desk.changed()
        return await self.keys()

    async def keys(self) -> KeysView:
        identity, known = self._desk.identity, self._desk.roster.peers.values()
        ring = identity.ring
        return KeysView(
            identity.id,
            identity.serial,
            len(ring.messages),
            ring.messages[0].made,
            identity.ids[1:],
            tuple(sorted(peer.name for peer in known if peer.knows >= identity.serial)),
            tuple(sorted(peer.name for peer in known if peer.knows < identity.serial)),
            self._runs.claim,
        )

    async def _change(
        self, name: str, work: Callable[[sa.Connection, str, Millis], None]
    ) -> PeerView:
        desk = self._desk
        peer, now = self._named(name), desk.now()

        def all_of_it(c: sa.Connection) -> None:
            work(c, peer.id, now)
            touch(c)

        await desk.store.write(all_of_it)
        await desk.changed()
        desk.ring_peer(peer.id)
        return await self.one(peer.id)

    def _named(self, name: str) -> Peer:
        known = self._desk.roster.peers
        found = [peer for peer in known.values() if name in (peer.id, peer.name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(
                f"{len(found)} peers are named {name!r}.",
                status=409,
                remedy=f"Say which one: {', '.join(sorted(peer.id for peer in found))}.",
            )
        names = sorted(peer.name for peer in known.values())
        raise InputError(
            f"There is no peer {name!r}.",
            status=404,
            remedy=f"Peers of this node: {', '.join(names) or 'none yet'}.",
        )

    def _view(self, peer: Peer) -> PeerView:
        contact = self._contacts.of(peer.id)
        state, remedy = _state(peer)
        return PeerView(
            id=peer.id,
            name=peer.name,
            identity=node_id(peer.identity_key),
            kind="public" if isinstance(peer, PublicPeer) else "private",
            url=peer.url if isinstance(peer, PublicPeer) else "",
            refused_url=peer.refused_url,
            state=state,
            remedy=remedy,
            card_serial=peer.serial,
            knows_our_keys=peer.knows >= self._desk.identity.serial,
            last_contact=contact.last if contact else None,
            away_since=contact.away_since if contact else None,
            cause=f"{contact.cause} {contact.remedy}".strip() if contact else "",
            clock_ahead=self._contacts.clock_ahead(peer.id),
            connections=tuple(
                sorted(
                    live.record.name
                    for live in self._desk.roster.connections.values()
                    if live.record.peer == peer.id
                )
            ),
        )


def _state(peer: Peer) -> tuple[str, str]:
    if peer.revoked:
        return "revoked", "To trust it again: tidegate peer renew PEER"
    if peer.lineage.forked:
        return "forked", "Let its administrator stop the copy and run: tidegate node claim"
    if peer.lineage.suspect:
        return (
            "doubted",
            "It may be restored from a backup, or a copy: `peers.probation_seconds` will show.",
        )
    if peer.refused_url:
        return "trusted", "Allow its new URL here, or set it: tidegate peer set-url PEER URL"
    return "trusted", ""

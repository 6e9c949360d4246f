"""Pairing of two private nodes that meet at a relay."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import sqlalchemy as sa
import structlog
from yarl import URL

from schemas.connection_api import ConnectionAccept
from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.invitation import Invitation, RelayMeeting
from schemas.node import Peer, RelayedPeer
from schemas.peer import Terms
from schemas.relay import RelayPlace
from service.peers.identity import node_id
from service.peers.invitation import verifier
from service.peers.pairing import PairingDesk, pair
from service.peers.relay.client import RelayClient
from service.peers.relay.pairing import ChannelDesk, WayThroughRelay
from service.peers.relay.passes import pass_from_code
from service.store import connections, invitations
from service.workers.operations.desk import Desk
from service.workers.operations.initiation import needless_relay
from service.workers.operations.pairing import (
    Draft,
    Pairing,
    activate,
    decode_draft,
    encode_draft,
)
from service.workers.roster import touch

log = structlog.get_logger()

ANSWER_SECONDS = 15.0
"""How long accepting waits for the inviting node, which may be away."""
LOOK_SECONDS = 3.0

Sleep = Callable[[float], Awaitable[None]]


def relay_host(peer: Peer | None) -> str:
    return URL(peer.relay.url).authority if isinstance(peer, RelayedPeer) else ""


class RelayedPairing:
    """Both sides: `meet` and `answer_all` of the inviter, `join` and `ask_all` of the joiner."""

    def __init__(self, desk: Desk, pairing: Pairing, answerer: PairingDesk) -> None:
        self._desk = desk
        self._pairing = pairing
        self._answerer = answerer
        self._client = RelayClient(desk.courier, desk.identity)
        self._ways: dict[str, WayThroughRelay] = {}
        self._channels: dict[str, ChannelDesk] = {}
        self._in_hand: set[str] = set()

    async def meet(self, relay: str, invitation: Invitation) -> tuple[Invitation, RelayPlace]:
        """The invitation, with the place where its joiner finds this node."""
        desk = self._desk
        if desk.public_url:
            raise needless_relay()
        given = pass_from_code(relay)
        url = desk.check_url(given.url)
        place = await self._client.open(given, url, desk.new_id(), invitation.secret)
        meeting = RelayMeeting(url, given.node, place.channel)
        return msgspec.structs.replace(invitation, relay=meeting), place

    async def join(self, invitation: Invitation, body: ConnectionAccept) -> str:
        """Accepts the invitation; answers the id of this node's end, which is still pending when
        the inviting node is away."""
        desk = self._desk
        meeting = await self._check(invitation)
        record = self._pairing.pending(invitation, body)
        system = desk.connector(body.connector).record.system
        terms = Terms(system=system, mode=body.mode or "", trusted=body.trusted)
        place, inviter = await self._client.join(invitation, meeting, desk.check_url(meeting.url))
        draft = Draft(
            record.id,
            "joiner",
            terms,
            expected=invitation.node,
            secret=invitation.secret,
            relay=place,
            public=bool(desk.public_url),
            template=body.template,
        )

        def work(c: sa.Connection) -> None:
            connections.add(c, record)
            known = verifier(invitation.id, invitation.secret)
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
        self._ways[invitation.id] = WayThroughRelay(
            self._client, place, inviter, wait=ANSWER_SECONDS, now=desk.now
        )
        await self._first_try(invitation, draft)
        return record.id

    async def _check(self, invitation: Invitation) -> RelayMeeting:
        desk = self._desk
        self._pairing.check(invitation)
        known = await desk.store.read(lambda c: invitations.get(c, invitation.id))
        if known is not None or invitation.relay is None:
            raise InputError(
                "This invitation was accepted here before.",
                status=409,
                remedy="See `tidegate connection list`, or ask for a new invitation.",
            )
        return invitation.relay

    async def _first_try(self, invitation: Invitation, draft: Draft) -> None:
        """What the inviter refuses leaves nothing behind."""
        desk = self._desk
        self._in_hand.add(invitation.id)
        try:
            await self._ask(invitation, draft)
        except PeerUnavailable as error:
            log.info("pairing.not_yet", invitation=invitation.id, cause=error.message)
        except (InputError, PeerError):

            def work(c: sa.Connection) -> None:
                connections.remove(c, draft.connection)
                invitations.remove(c, draft.connection)
                touch(c)

            self._ways.pop(invitation.id, None)
            await desk.store.write(work)
            await desk.changed()
            raise
        finally:
            self._in_hand.discard(invitation.id)

    async def _ask(self, invitation: Invitation, draft: Draft) -> None:
        desk = self._desk
        paired = await pair(
            self._ways[invitation.id],
            desk.identity,
            invitation,
            role="joiner",
            party=self._pairing.party(draft.terms),
            url="",
            now=desk.now,
        )

        def work(c: sa.Connection) -> None:
            if invitations.burn(c, invitation.id, desk.now()):
                activate(c, draft, paired, desk.now(), desk.roster.manifest)

        await desk.store.write(work)
        await desk.changed()
        self._ways.pop(invitation.id, None)

    async def look(self) -> None:
        """Once over all invitations that are open at a relay, on either side."""
        for row in await self._desk.store.read(invitations.all):
            draft = decode_draft(row.draft)
            good = row.revoked is None and row.expires > self._desk.now()
            if draft.relay is None or not good:
                continue
            try:
                if draft.role == "inviter":
                    await self._answer(row, draft.relay)
                elif row.used is None and row.id not in self._in_hand:
                    await self._ask_again(row, draft, draft.relay)
            except (PeerError, PeerUnavailable, InputError) as error:
                log.debug("pairing.not_yet", invitation=row.id, cause=error.message)

    async def _answer(self, row: invitations.Invitation, place: RelayPlace) -> None:
        """A used invitation is answered once more after a restart: the answer may not have left."""
        channel = self._channels.get(row.id)
        if channel is None:
            channel = ChannelDesk(self._client, place, row.id, self._answerer)
            self._channels[row.id] = channel
        if row.used is None or not channel.done:
            await channel.look(used=row.used is not None)

    async def _ask_again(
        self, row: invitations.Invitation, draft: Draft, place: RelayPlace
    ) -> None:
        relay = node_id(place.identity_key)
        meeting = RelayMeeting(place.url, relay, place.channel)
        invitation = Invitation(row.id, draft.expected, draft.secret, row.expires, relay=meeting)
        if row.id not in self._ways:
            _, inviter = await self._client.join(invitation, meeting, place.url)
            self._ways[row.id] = WayThroughRelay(
                self._client, place, inviter, wait=0.0, now=self._desk.now
            )
        await self._ask(invitation, draft)

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        while True:
            await self.look()
            await sleep(LOOK_SECONDS)

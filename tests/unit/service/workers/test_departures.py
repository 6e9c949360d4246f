"""When a channel at a relay is left, and when not."""

from typing import Any

import msgspec
import pytest

from schemas.errors import PeerError, PeerUnavailable
from schemas.node import Peer, RelayedPeer
from schemas.peer import Terms
from schemas.relay import RelayPlace
from service.peers.courier import NotThere
from service.store import connections, invitations, outbox, peers
from service.workers import notices
from service.workers.departures import GRACE, Departures
from service.workers.operations.pairing import Draft, decode_draft, encode_draft

OLD, NEW = (RelayPlace("https://relay.example", b"r" * 32, name) for name in ("old", "new"))


class Relay:
    """Notes who leaves; `fails` by channel."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.fails: dict[str, Exception] = {}

    async def leave(self, place: RelayPlace) -> None:
        await self.look(place)
        self.left.append(place.channel)

    async def look(self, place: RelayPlace) -> None:
        if place.channel in self.fails:
            raise self.fails[place.channel]


class Company:
    """A node that meets its only peer at a relay, in the connection `c`."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.relay = Relay()
        self.departures = Departures(
            shop.store, shop.roster, self.relay, changed=shop.roster.reload, now=shop.now
        )

    async def meet(self, place: RelayPlace = OLD) -> None:
        def work(c: Any) -> None:
            known = peers.all(c)[0]
            kept = {name: getattr(known, name) for name in Peer.__struct_fields__}
            peers.update(c, RelayedPeer(**kept, relay=place))

        await self.shop.store.write(work)
        await self.shop.roster.reload()

    async def end(self, by: str, *, unheard: bool = False) -> None:
        def work(c: Any) -> None:
            now = self.shop.at
            ended = notices.bury(c, connections.get(c, "c"), by, now)
            if unheard:
                connections.replace(c, notices.tell(c, ended, now))

        await self.shop.store.write(work)
        await self.shop.roster.reload()

    async def invite(self, id: str, place: RelayPlace, **changes: Any) -> None:
        now = self.shop.at

        def work(c: Any) -> None:
            draft = Draft("pending", "inviter", Terms(), relay=place)
            invitations.add(
                c, id, b"v", encode_draft(draft), now=now, expires=now + 1_000, connection="pending"
            )
            if changes.get("revoked"):
                invitations.revoke(c, id, now)
            if changes.get("used"):
                invitations.burn(c, id, now)

        await self.shop.store.write(work)

    async def met_at(self) -> RelayPlace | None:
        (peer,) = await self.shop.store.read(peers.all)
        return peer.relay if isinstance(peer, RelayedPeer) else None


@pytest.fixture
async def company(private) -> Company:
    made = Company(private)
    await made.meet()
    return made


async def test_a_channel_in_use_stays(company) -> None:
    await company.departures.once()
    assert company.relay.left == []
    assert await company.met_at() == OLD


async def test_after_the_last_connection_the_channel_is_left_once(company) -> None:
    await company.end("here")
    for _ in range(2):
        await company.departures.once()
    assert company.relay.left == ["old"]
    assert await company.met_at() is None


async def test_not_before_the_other_side_has_heard_of_the_end(company) -> None:
    await company.end("here", unheard=True)
    await company.departures.once()
    assert company.relay.left == []
    await company.shop.store.write(lambda c: outbox.remove(c, "c"))
    await company.departures.once()
    assert company.relay.left == ["old"]


async def test_nobody_waits_in_a_channel_that_is_gone(company) -> None:
    await company.end("here", unheard=True)
    company.relay.fails["old"] = NotThere("The relay knows no such channel.")
    await company.departures.once()
    assert await company.met_at() is None
    assert await company.shop.store.read(outbox.count) == 0


async def test_the_side_that_was_told_lets_the_other_hear_that_it_was(company) -> None:
    await company.end("there")
    await company.departures.once()
    assert company.relay.left == []
    company.shop.at += GRACE
    await company.departures.once()
    assert company.relay.left == ["old"]


@pytest.mark.parametrize("cause", [PeerUnavailable("away"), PeerError("No node answers.")])
async def test_a_relay_that_is_away_is_asked_again(company, cause) -> None:
    await company.end("here")
    company.relay.fails["old"] = cause
    await company.departures.once()
    assert await company.met_at() == OLD
    company.relay.fails.clear()
    await company.departures.once()
    assert company.relay.left == ["old"]


async def test_the_channel_of_an_invitation_that_is_over_is_left_once(company) -> None:
    await company.invite("open", msgspec.structs.replace(NEW, channel="open"))
    await company.invite("revoked", NEW, revoked=True)
    for _ in range(2):
        await company.departures.once()
    assert company.relay.left == ["new"]
    company.shop.at += 1_001
    await company.departures.once()
    assert company.relay.left == ["new", "open"]
    row = await company.shop.store.read(lambda c: invitations.get(c, "open"))
    assert decode_draft(row.draft).left


async def test_a_used_invitation_keeps_the_channel_that_its_peer_is_met_at(company) -> None:
    await company.invite("first", OLD, used=True)
    company.shop.at += 2 * GRACE
    await company.departures.once()
    assert company.relay.left == []
    # A later pairing with the same peer has brought another.
    await company.meet(NEW)
    await company.departures.once()
    assert company.relay.left == ["old"]
    assert await company.met_at() == NEW

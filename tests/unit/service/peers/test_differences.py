"""Nodes whose clocks, versions or addresses differ: what still works, and what admins are told."""

import os

import aiohttp
import msgspec
import pytest

from schemas.errors import ClocksDiffer, PeerError
from schemas.peer import EXCHANGE_PATH, PROTOCOL, Exchange
from service.peers import key_ring, signing

encode = msgspec.msgpack.encode
SAID = Exchange("epoch-private")
DAY = 86_400_000


async def test_clocks_that_differ_are_measured_on_both_sides_and_not_tolerated(world):
    public, private = await world.pair_of(private=True)
    right = private.now
    private.now = lambda: right() + 90_000
    with pytest.raises(ClocksDiffer) as caught:
        await private.courier.exchange(public.as_peer(), SAID)
    private.contacts.failed(public.id, "long poll", caught.value)
    assert public.contacts.clock_ahead(private.id) in range(88, 92)
    assert private.contacts.clock_ahead(public.id) in range(-92, -87)
    assert "NTP" in private.contacts.of(public.id).remedy
    assert public.store.received == []
    private.now = right
    await private.courier.exchange(public.as_peer(), SAID)
    assert abs(public.contacts.clock_ahead(private.id)) <= 1


@pytest.mark.parametrize(
    ("said", "here", "there"),
    [
        ({"minimum": PROTOCOL + 1, "version": PROTOCOL + 1}, "this node", "the other node"),
        ({"minimum": 0, "version": 0}, "the other node", "this node"),
    ],
)
async def test_both_admins_are_told_which_node_is_to_be_updated(world, said, here, there):
    public, private = await world.pair_of(private=True)
    with pytest.raises(PeerError) as caught:
        await private.courier.exchange(public.as_peer(), msgspec.structs.replace(SAID, **said))
    contact = public.contacts.of(private.id)
    assert contact.refused
    assert here in contact.remedy
    assert there in f"{caught.value.message} {caught.value.remedy}"
    assert public.store.received == []


async def post(public, private, authority: str) -> int:
    """The status of an exchange that was signed for another authority."""
    body = encode(SAID)
    target = signing.place(authority).target("POST", EXCHANGE_PATH)
    headers = signing.sign_request(
        private.identity,
        target,
        signing.content_digest(body),
        now=private.now(),
        nonce=os.urandom(16).hex(),
    )
    url = public.url + EXCHANGE_PATH
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status


async def test_who_has_not_heard_of_a_move_still_reaches_the_node_for_thirty_days(world):
    public, private = await world.pair_of(private=True)
    old, at = "https://old.example", public.now()
    assert await post(public, private, old) == 401
    ring = key_ring.with_url(public.identity.ring, old, at)
    ring = key_ring.with_url(ring, public.url, at)
    public.identity.adopt(ring)
    assert await post(public, private, old) == 200
    assert await post(public, private, "https://stranger.example") == 401
    assert await post(public, private, public.url) == 200
    public.identity.adopt(key_ring.without_expired(ring, at + 31 * DAY))
    assert await post(public, private, old) == 401

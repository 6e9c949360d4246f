"""Bells, nonces, back-off and contacts."""

import asyncio

from schemas.errors import PeerUnavailable
from service.peers.backoff import Backoff
from service.peers.contact import Contacts
from service.peers.doorbell import Doorbell
from service.peers.nonces import RecentNonces


async def test_a_ring_between_looking_and_waiting_is_not_missed():
    bell = Doorbell()
    seen = bell.count("p")
    bell.ring("p")
    assert await bell.wait("p", seen, 10)


async def test_a_ring_wakes_all_who_wait_for_that_peer_only():
    bell = Doorbell()
    waiting = [asyncio.create_task(bell.wait("p", 0, 10)) for _ in range(3)]
    other = asyncio.create_task(bell.wait("q", 0, 10))
    await asyncio.sleep(0)
    bell.ring("p")
    assert await asyncio.gather(*waiting) == [True] * 3
    assert not other.done()
    bell.ring_all()
    assert await other


async def test_waiting_ends_with_the_time_and_leaves_nothing():
    bell = Doorbell()
    assert not await bell.wait("p", 0, 0)
    task = asyncio.create_task(bell.wait("p", 0, 10))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    bell.ring("p")
    assert bell.count("p") == 1


async def test_a_nonce_is_good_once_and_forgotten_after_its_time():
    now = [100_000]
    nonces = RecentNonces(now=lambda: now[0])
    assert await nonces.remember("k", "n", created=100, expires=160_000)
    assert not await nonces.remember("k", "n", created=100, expires=160_000)
    assert await nonces.remember("other", "n", created=100, expires=160_000)
    now[0] = 160_001
    assert await nonces.remember("k", "m", created=160, expires=220_000)
    assert len(nonces._seen) == 1


def test_back_off_doubles_to_a_minute_and_begins_anew():
    backoff = Backoff(lambda: 0.0)
    assert [backoff.next() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.next(at_least=90) == 90
    backoff.reset()
    assert backoff.next() == 0.5
    assert Backoff(lambda: 1.0).next() == 0.25


def test_a_private_peer_that_no_longer_asks_is_away_since_it_last_did():
    now = [1000]
    contacts = Contacts(now=lambda: now[0])
    contacts.reached("p", "mailbox")
    now[0] = 80_000
    assert contacts.of("p").away_since is None
    now[0] = 100_000
    assert contacts.of("p").away_since == 1000
    assert contacts.all()[0].away_since == 1000
    contacts.reached("p", "mailbox")
    assert contacts.of("p").away_since is None


def test_health_learns_since_when_a_peer_is_away():
    now = [1000]
    contacts = Contacts(now=lambda: now[0])
    contacts.reached("p", "push")
    for now[0] in (2000, 3000):
        contacts.failed("p", "push", PeerUnavailable("down", remedy="wait"))
    contact = contacts.of("p")
    assert (contact.last, contact.away_since, contact.cause) == (1000, 2000, "down")
    now[0] = 4000
    contacts.reached("p", "push")
    assert contacts.of("p").away_since is None

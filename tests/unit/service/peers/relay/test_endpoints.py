"""Who may come to a relay, to which channel, and with how much."""

import asyncio
import contextlib

import pytest

from schemas.errors import PeerError, PeerUnavailable
from schemas.peer import MAX_BODY
from schemas.relay import MAX_ENVELOPE, Poll, RelayPlace
from service.peers import holding, signing
from service.peers.bodies import Pace
from service.peers.relay.passes import RelayPass
from service.store import relay_channels, relay_passes
from tests.unit.service.peers.relay.meeting import SECRET


async def test_a_pass_that_the_relay_does_not_know_opens_nothing(relay, private) -> None:
    left = await private("left")
    given = await relay.make_pass()
    forged = RelayPass(given.id, given.node, b"w" * 16, given.url)
    unknown = RelayPass("a" * 8, given.node, given.secret, given.url)
    for wrong in (forged, unknown):
        with pytest.raises(PeerError, match="does not know this pass") as refused:
            await left.client.open(wrong, relay.url, "channel-1", SECRET)
        assert "administrator" in refused.value.remedy
    assert await relay.desk.channel("channel-1") is None


async def test_a_pass_that_is_over_opens_nothing(relay, private) -> None:
    left = await private("left")
    for name, over in (("revoked", relay.revoke), ("no longer valid", None)):
        given = await relay.make_pass(name, days=1 if over else 0)
        if over:
            await over(given)
        with pytest.raises(PeerError, match=name):
            await left.client.open(given, relay.url, "channel-1", SECRET)


async def test_another_relay_at_the_url_is_noticed(relay, private) -> None:
    left = await private("left")
    given = await relay.make_pass()
    elsewhere = RelayPass(given.id, left.node.id, given.secret, given.url)
    with pytest.raises(PeerError, match="not the relay that is meant"):
        await left.client.open(elsewhere, relay.url, "channel-1", SECRET)


async def test_only_whoever_has_the_invitation_joins_and_only_once(relay, private) -> None:
    left, right, third = [await private(name) for name in ("left", "right", "third")]
    await left.client.open(await relay.make_pass(), relay.url, "channel-1", SECRET)
    good = relay.invitation(left.node, "channel-1")
    wrong = relay.invitation(left.node, "channel-1", b"w" * 16)
    with pytest.raises(PeerError, match="no such channel"):
        await third.client.join(wrong, wrong.relay, relay.url)
    await right.client.join(good, good.relay, relay.url)
    # The answer may have been lost.
    await right.client.join(good, good.relay, relay.url)
    with pytest.raises(PeerError, match="Another node has joined"):
        await third.client.join(good, good.relay, relay.url)


async def test_guessing_locks_the_channel(relay, private) -> None:
    left, right = await private("left"), await private("right")
    await left.client.open(await relay.make_pass(), relay.url, "channel-1", SECRET)
    wrong = relay.invitation(left.node, "channel-1", b"w" * 16)
    for _ in range(5):
        with pytest.raises(PeerError, match="no such channel"):
            await right.client.join(wrong, wrong.relay, relay.url)
    good = relay.invitation(left.node, "channel-1")
    with pytest.raises(PeerError, match="locked after too many wrong tries"):
        await right.client.join(good, good.relay, relay.url)


async def test_the_relay_cannot_pass_off_another_inviter(relay, private) -> None:
    """It hands out the inviter's keys, which the joiner compares with its invitation."""
    left, right, evil = [await private(name) for name in ("left", "right", "evil")]
    await evil.client.open(await relay.make_pass(), relay.url, "channel-1", SECRET)
    good = relay.invitation(left.node, "channel-1")
    with pytest.raises(PeerError, match="not the one that the invitation is about"):
        await right.client.join(good, good.relay, relay.url)


async def test_a_stranger_finds_no_channel(pair, private) -> None:
    stranger = await private("stranger")
    calls = (
        stranger.client.poll(pair.place, Poll("feed")),
        stranger.client.put(pair.place, "feed", b"mine"),
        stranger.client.leave(pair.place),
        stranger.client.drop_blob(pair.place, "b"),
        stranger.client.poll(
            RelayPlace(pair.place.url, pair.place.identity_key, "no"), Poll("feed")
        ),
    )
    for call in calls:
        with pytest.raises(PeerError, match="no such channel"):
            await call
    assert not pair.relay.desk.put_so_far


async def test_a_request_works_once(pair) -> None:
    """Whoever overhears a request can do nothing with it."""
    node = pair.left.node
    path = f"/relay/v1/channels/{pair.place.channel}/leave"
    target = signing.place(pair.relay.url).target("POST", path)
    headers = signing.sign_request(
        node.identity, target, signing.content_digest(b""), now=node.now(), nonce="n" * 22
    )
    session = node.courier._session
    for bad in ({}, headers | {"Signature": f"tidegate=:{'A' * 86}==:"}):
        async with session.post(pair.relay.url + path, headers=bad) as answer:
            assert answer.status == 401
    moved = f"/relay/v1/channels/{pair.place.channel}/poll"
    async with session.post(pair.relay.url + moved, headers=headers) as answer:
        assert answer.status == 401
    async with session.post(pair.relay.url + path, headers=headers, data=b"x") as answer:
        assert answer.status == 401
    async with session.post(pair.relay.url + path, headers=headers) as answer:
        assert answer.status == 401
    assert await pair.relay.desk.channel(pair.place.channel) is not None


async def test_envelopes_have_a_size_and_a_slot(pair) -> None:
    with pytest.raises(PeerError, match="larger than"):
        await pair.left.client.put(pair.place, "feed", b"x" * (MAX_ENVELOPE + 1))
    with pytest.raises(PeerError, match="is empty"):
        await pair.left.client.put(pair.place, "feed", b"")
    with pytest.raises(PeerError, match="no such slot"):
        await pair.left.client.put(pair.place, "other", b"x")
    await pair.left.client.put(pair.place, "feed", b"x" * MAX_ENVELOPE)
    polled = await pair.right.client.poll(pair.place, Poll("feed"))
    assert len(polled.envelope) == MAX_ENVELOPE == MAX_BODY


async def test_a_full_quota_is_told_with_what_to_do(relay, private) -> None:
    left = await private("left")
    given = await relay.make_pass(quota=1000)
    place = await left.client.open(given, relay.url, "channel-1", SECRET)
    await left.client.put(place, "feed", b"x" * 900)
    with pytest.raises(PeerError, match="as much for this pass as it may") as refused:
        await left.client.put(place, "pair", b"x" * 101)
    assert "relay's administrator" in refused.value.remedy

    async def frames():
        yield b"x" * 101

    with pytest.raises(PeerError, match="as much for this pass as it may"):
        await left.client.put_blob(place, "b", "head", frames())
    used = await relay.store.read(lambda c: relay_passes.size(c, given.id))
    assert used == 900


async def test_a_revoked_pass_closes_its_channels_at_once(relay, private) -> None:
    left = await private("left")
    given = await relay.make_pass()
    place = await left.client.open(given, relay.url, "channel-1", SECRET)
    await left.client.put(place, "feed", b"x")
    await relay.revoke(given)
    with pytest.raises(PeerError, match="is revoked") as refused:
        await left.client.put(place, "feed", b"x")
    assert "new pass" in refused.value.remedy
    await left.client.leave(place)
    assert await relay.desk.channel("channel-1") is None


async def test_a_held_poll_is_answered_by_an_envelope(pair) -> None:
    waiting = asyncio.ensure_future(pair.right.client.poll(pair.place, Poll("feed", wait=20.0)))
    while not pair.relay.endpoints._held:
        await asyncio.sleep(0)
    await pair.left.client.put(pair.place, "feed", b"news")
    async with asyncio.timeout(5):
        assert (await waiting).envelope == b"news"


async def test_a_newer_poll_releases_the_older_and_stopping_releases_all(pair) -> None:
    polls = []
    for _ in range(2):
        held = set(pair.relay.endpoints._held.values())
        polls.append(
            asyncio.ensure_future(pair.right.client.poll(pair.place, Poll("feed", wait=20.0)))
        )
        while not set(pair.relay.endpoints._held.values()) - held:
            await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert not (await polls[0]).envelope
        pair.relay.endpoints.release()
        assert not (await polls[1]).envelope


async def test_a_content_that_breaks_off_leaves_nothing(pair) -> None:
    async def frames():
        yield b"x" * 3_000_000
        raise ConnectionResetError

    with pytest.raises(PeerUnavailable):
        await pair.left.client.put_blob(pair.place, "b", "head", frames())
    async with asyncio.timeout(5):
        while await pair.relay.store.read(
            lambda c: c.execute(relay_channels.relay_blobs.select()).all()
        ):
            await asyncio.sleep(0.01)
    polled = await pair.right.client.poll(pair.place, Poll("feed"))
    assert polled.blobs == ()


class ThreeTimes:
    def __init__(self) -> None:
        self.left: dict[str, int] = {}

    def take(self, caller: str) -> float:
        self.left[caller] = self.left.get(caller, 3) - 1
        return 0.0 if self.left[caller] >= 0 else 4.5

    def give_back(self, caller: str) -> None:
        self.left[caller] += 1


async def test_each_caller_may_ask_so_often(pair, monkeypatch) -> None:
    allowance = pair.relay.endpoints._allowance = ThreeTimes()
    for _ in range(3):
        await pair.left.client.put(pair.place, "feed", b"mine")
    with pytest.raises(PeerUnavailable, match="429") as refused:
        await pair.left.client.put(pair.place, "feed", b"mine")
    assert refused.value.retry_after == 5
    monkeypatch.setattr(holding, "HELD", 0.01)
    for _ in range(5):
        asked = Poll("feed", have=3, wait=0.05)
        await pair.right.client.poll(pair.place, asked)
    assert allowance.left[pair.right.node.id] == 3


async def test_an_upload_that_drips_is_ended_and_leaves_nothing(pair) -> None:
    pair.relay.endpoints._pace = Pace(grace=0.05, seconds=0.05, portion=1_000)
    never = asyncio.Event()

    async def dripping():
        for _ in range(1_000):
            yield b"x"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(never.wait(), 0.01)

    with pytest.raises(PeerUnavailable):
        await pair.left.client.put_blob(pair.place, "blob-1", "head", dripping())
    assert await pair.relay.desk.find_blob(pair.place.channel, "inviter", "blob-1") is None
    (shown,) = await pair.relay.store.read(lambda c: relay_passes.page(c, limit=2))
    used = await pair.relay.store.read(lambda c: relay_passes.usage(c, shown.id))
    assert used.size == 0

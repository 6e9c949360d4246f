"""What lies at a relay: passes with quotas, channels, envelopes, contents; and their ends."""

import pytest

from schemas.errors import InputError
from schemas.node import Peer, PublicPeer, RelayedPeer
from schemas.relay import RelayPlace
from service.store import peers, relay_channels, relay_passes
from service.store.relay_channels import BLOB_LIFE, ENVELOPE_LIFE, UNUSED_LIFE, ChannelRow
from service.store.relay_passes import RelayPassRow
from service.store.store import Store

NOW = 1_760_000_000_000
QUOTA = 10_000
KEY = b"k" * 32


@pytest.fixture
async def relay(store: Store) -> Store:
    """With the pass `p1` and its channel `c1`."""

    def fill(c):
        relay_passes.add(c, RelayPassRow("p1", "acme", b"hash", QUOTA, NOW, NOW + 1000))
        assert relay_channels.add(c, ChannelRow("c1", "p1", b"card", None, KEY, 0, NOW))

    await store.write(fill)
    return store


async def test_a_channel_is_joined_once_and_with_the_right_key(relay: Store) -> None:
    def join(key: bytes, card: bytes = b"other") -> bool:
        return relay.write(lambda c: relay_channels.join(c, "c1", card, key, 5))

    assert not await join(b"w" * 32)
    assert await join(KEY)
    assert not await join(KEY, b"third")
    row = await relay.read(lambda c: relay_channels.get(c, "c1"))
    assert (row.joiner, row.tries) == (b"other", 2)


async def test_five_wrong_keys_lock_a_channel(relay: Store) -> None:
    for _ in range(5):
        assert not await relay.write(lambda c: relay_channels.join(c, "c1", b"other", b"w" * 32, 5))
    assert not await relay.write(lambda c: relay_channels.join(c, "c1", b"other", KEY, 5))
    assert (await relay.read(lambda c: relay_channels.get(c, "c1"))).joiner is None


async def test_opening_may_be_repeated_by_the_same_and_by_no_other(relay: Store) -> None:
    def again(**changes):
        known = {"id": "c1", "pass_id": "p1", "inviter": b"card", "joiner": None}
        row = ChannelRow(**(known | {"join_key": KEY, "tries": 0, "created": NOW} | changes))
        return relay.write(lambda c: relay_channels.add(c, row))

    assert await again()
    assert not await again(inviter=b"another")
    assert await again(id="c2")


async def test_a_pass_opens_so_many_channels(relay: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_channels, "MAX_CHANNELS", 2)
    for name, opened in (("c2", True), ("c3", False)):
        row = ChannelRow(name, "p1", b"card", None, KEY, 0, NOW)
        assert await relay.write(lambda c, row=row: relay_channels.add(c, row)) is opened


async def test_the_newest_envelope_replaces_the_older(relay: Store) -> None:
    put = _putter(relay)
    assert await put(b"one") == 1
    assert await put(b"two") == 2
    assert (await _lying(relay, 1)).envelope == b"two"
    assert (await _lying(relay, 2)) == relay_channels.SlotState(2, b"")
    assert (await _lying(relay, 0, side="joiner")).number == 0
    assert (await _lying(relay, 0, slot="pair")).number == 0
    assert await relay.read(lambda c: relay_passes.usage(c, "p1")) == relay_passes.Usage(1, 3)


async def test_the_quota_counts_what_lies_there_and_not_what_was_replaced(relay: Store) -> None:
    put = _putter(relay)
    for _ in range(5):
        assert await put(b"x" * (QUOTA - 100))
    assert await put(b"x" * (QUOTA + 1)) is None
    assert await put(b"x" * 101, side="joiner") is None
    assert await put(b"x" * 100, side="joiner")
    assert (await _lying(relay, 0)).envelope == b"x" * (QUOTA - 100)


async def test_a_content_counts_once_it_is_whole(relay: Store) -> None:
    await _begin(relay, "u1")
    for number, part in enumerate((b"ab", b"cd")):
        assert await _add(relay, "u1", number, part)
    assert await relay.read(lambda c: relay_channels.whole_blobs(c, "c1", "inviter")) == ()
    assert await relay.read(lambda c: relay_channels.find_blob(c, "c1", "inviter", "b")) is None
    assert await relay.write(lambda c: relay_channels.end_blob(c, "u1"))
    assert await relay.read(lambda c: relay_channels.whole_blobs(c, "c1", "inviter")) == ("b",)
    assert await relay.read(lambda c: relay_channels.whole_blobs(c, "c1", "joiner")) == ()
    assert await relay.read(lambda c: relay_channels.find_blob(c, "c1", "inviter", "b")) == (
        "u1",
        "head",
    )
    parts = [await relay.read(lambda c, n=n: relay_channels.chunk(c, "u1", n)) for n in range(3)]
    assert parts == [b"ab", b"cd", None]


async def test_a_content_that_is_put_again_takes_the_place_of_the_older(relay: Store) -> None:
    await _begin(relay, "u1")
    await _add(relay, "u1", 0, b"old")
    await _begin(relay, "u2")
    assert await _add(relay, "u1", 1, b"late") is False
    assert not await relay.write(lambda c: relay_channels.end_blob(c, "u1"))
    assert await relay.read(lambda c: relay_channels.chunk(c, "u1", 0)) is None
    assert await _add(relay, "u2", 0, b"new")


async def test_contents_count_for_the_quota_until_they_are_dropped(relay: Store) -> None:
    await _begin(relay, "u1")
    assert await _add(relay, "u1", 0, b"x" * (QUOTA - 100))
    assert await _add(relay, "u1", 1, b"x" * 101) is None
    await relay.write(lambda c: relay_channels.drop_blob(c, "c1", "inviter", "b"))
    assert await relay.read(lambda c: relay_passes.size(c, "p1")) == 0
    assert await _putter(relay)(b"x" * QUOTA)


async def test_what_is_too_old_is_swept_away(relay: Store) -> None:
    put = _putter(relay)
    await put(b"one")
    await _begin(relay, "u1")
    swept = await relay.write(lambda c: relay_channels.sweep(c, NOW + BLOB_LIFE))
    assert (swept.envelopes, swept.blobs, swept.channels) == (0, 0, 0)
    swept = await relay.write(lambda c: relay_channels.sweep(c, NOW + BLOB_LIFE + 1))
    assert (swept.envelopes, swept.blobs, swept.channels) == (0, 1, 0)
    await relay.write(lambda c: relay_channels.join(c, "c1", b"other", KEY, 5))
    swept = await relay.write(lambda c: relay_channels.sweep(c, NOW + ENVELOPE_LIFE + 1))
    assert (swept.envelopes, swept.blobs, swept.channels) == (1, 0, 0)
    assert (await _lying(relay, 0)).number == 0
    # Else a side that has seen the first one would not see the next.
    assert await put(b"next") == 2


async def test_channels_that_nobody_can_use_are_swept_away(relay: Store) -> None:
    await _putter(relay)(b"one")
    swept = await relay.write(lambda c: relay_channels.sweep(c, NOW + UNUSED_LIFE + 1))
    assert swept.channels == 1
    assert await relay.read(lambda c: relay_channels.get(c, "c1")) is None
    assert await relay.read(lambda c: relay_passes.size(c, "p1")) == 0


async def test_a_revoked_pass_is_seen_at_its_channels(relay: Store) -> None:
    assert await relay.write(lambda c: relay_passes.revoke(c, "p1", NOW + 5))
    assert not await relay.write(lambda c: relay_passes.revoke(c, "p1", NOW + 6))
    assert (await relay.read(lambda c: relay_channels.get(c, "c1"))).revoked == NOW + 5
    await relay.write(lambda c: relay_channels.join(c, "c1", b"other", KEY, 5))
    swept = await relay.write(lambda c: relay_channels.sweep(c, NOW + UNUSED_LIFE + 6))
    assert swept.channels == 1


async def test_passes_have_names_of_their_own(relay: Store) -> None:
    with pytest.raises(InputError) as refused:
        await relay.write(
            lambda c: relay_passes.add(c, RelayPassRow("p2", "acme", b"h", 1, NOW, NOW))
        )
    assert refused.value.status == 409
    await relay.write(lambda c: relay_passes.add(c, RelayPassRow("p2", "b", b"h", 1, NOW + 1, 0)))
    rows = await relay.read(lambda c: relay_passes.page(c, limit=5))
    assert [row.name for row in rows] == ["b", "acme"]
    assert (await relay.read(lambda c: relay_passes.named(c, "acme"))).id == "p1"


async def test_a_peer_is_met_at_a_relay_until_it_has_an_address(store: Store) -> None:
    place = RelayPlace("https://relay.example", b"i" * 32, "c1")
    keys = ("p1", "Globex", b"i" * 32, b"m" * 32, "epoch")
    met = RelayedPeer(*keys, relay=place)
    await store.write(lambda c: peers.add(c, met))
    assert await store.read(lambda c: peers.get(c, "p1")) == met
    assert await store.read(lambda c: peers.heard_through_relay(c, "p1")) == 0
    await store.write(lambda c: peers.set_heard_through_relay(c, "p1", 1 << 50))
    assert await store.read(lambda c: peers.heard_through_relay(c, "p1")) == 1 << 50
    for peer in (PublicPeer(*keys, "https://globex.example"), Peer(*keys)):
        await store.write(lambda c, peer=peer: peers.update(c, peer))
        assert await store.read(peers.all) == [peer]


def _putter(relay: Store):
    async def put(envelope: bytes, side: str = "inviter") -> int | None:
        return await relay.write(lambda c: relay_channels.put(c, "c1", side, "feed", envelope, NOW))

    return put


async def _lying(relay: Store, have: int, side: str = "inviter", slot: str = "feed"):
    return await relay.read(lambda c: relay_channels.lying(c, "c1", side, slot, have))


async def _begin(relay: Store, upload: str) -> None:
    assert await relay.write(
        lambda c: relay_channels.begin_blob(c, "c1", "inviter", "b", "head", upload, NOW)
    )


async def _add(relay: Store, upload: str, number: int, content: bytes) -> bool | None:
    return await relay.write(lambda c: relay_channels.add_chunk(c, upload, number, content))

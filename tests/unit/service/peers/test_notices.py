"""Notices about a connection travel sealed as messages do, and neither passes for the other."""

import msgspec
import pytest

from schemas.errors import PeerError
from schemas.peer import NOTICE_TWIN, ConnectionNotice, Exchange, FeedItem
from service.peers.feed import NOTICE, open_message, open_notice, seal_message, seal_notice

PAUSED = ConnectionNotice("paused", 7, 1_760_000_000_000, "for the night")


@pytest.fixture
async def nodes(world):
    return await world.pair_of(private=True)


def sealed(sender, recipient, connection="shared-1"):
    return seal_notice(sender.identity, recipient.as_peer(), connection, PAUSED)


def test_a_notice_comes_back_whole(nodes):
    public, other = nodes
    item = FeedItem(1, "shared-1", NOTICE_TWIN, sealed(other, public), NOTICE)
    assert open_notice(public.identity, other.as_peer(), item) == PAUSED


def test_a_notice_of_one_connection_is_none_of_another(nodes):
    public, other = nodes
    item = FeedItem(1, "shared-2", NOTICE_TWIN, sealed(other, public), NOTICE)
    with pytest.raises(PeerError):
        open_notice(public.identity, other.as_peer(), item)


def test_a_notice_names_no_twin_and_no_twin_is_called_like_a_notice(nodes):
    public, other = nodes
    with pytest.raises(PeerError, match="speaks of no twin"):
        open_notice(
            public.identity,
            other.as_peer(),
            FeedItem(1, "shared-1", "twin-1", sealed(other, public), NOTICE),
        )
    message = other.message(NOTICE_TWIN, "hello")
    taken = seal_message(other.identity, public.as_peer(), "shared-1", message)
    with pytest.raises(PeerError, match="No twin"):
        open_message(public.identity, other.as_peer(), FeedItem(1, "shared-1", NOTICE_TWIN, taken))


@pytest.mark.parametrize("content", [b"", b"\xc1", msgspec.msgpack.encode({"status": "x"})])
def test_a_malformed_notice_is_refused(nodes, content, monkeypatch):
    public, other = nodes
    monkeypatch.setattr("service.peers.feed._encode_message", lambda _: content)
    item = FeedItem(1, "shared-1", NOTICE_TWIN, sealed(other, public), NOTICE)
    with pytest.raises(PeerError, match="malformed"):
        open_notice(public.identity, other.as_peer(), item)


async def test_a_notice_is_handed_to_the_store_apart_from_messages(nodes, monkeypatch):
    public, other = nodes
    seen = []
    take = public.store.take

    async def watch(peer, incoming):
        seen.append((incoming.upto, [(n.seq, n.notice) for n in incoming.notices]))
        return await take(peer, incoming)

    monkeypatch.setattr(public.store, "take", watch)
    items = (FeedItem(4, "shared-1", NOTICE_TWIN, sealed(other, public), NOTICE),)
    await public.feed.absorb(other.as_peer(), Exchange("epoch-other", items=items))
    assert seen == [(4, [(4, PAUSED)])]

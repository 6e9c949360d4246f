"""Asks and answers of dry runs travel sealed, each in its own place, and hold what can be shown."""

import datetime
import math

import msgspec
import pytest

from schemas.dry_runs import ANSWER_TWIN, ASK_TWIN, MAX_ENCODED, DryRunAnswer, DryRunAsk
from schemas.errors import PeerError
from schemas.peer import NOTICE_TWIN, Exchange, FeedItem
from schemas.replica import Replica, TwinMessage
from schemas.rule_life import Write
from service.peers.dry_runs import ANSWER, ASK, open_answer, open_ask, seal_answer, seal_ask
from service.peers.sealing import Context, seal

SHARED = "shared-1"
TOLD = DryRunAsk("a1", TwinMessage("t", "i", 1, 0, Replica({"summary": "s"})), 20.0)
ANSWERED = DryRunAnswer(
    "a1", 3, {"fields": {"labels": ["a"]}}, (Write("update", {"set": {"due": None}}),), ("n",)
)


@pytest.fixture
async def nodes(world):
    return await world.pair_of(private=True)


def put(sender, recipient, twin, kind, payload):
    context = Context(SHARED, twin, kind)
    return FeedItem(
        1, SHARED, twin, seal(sender.identity, recipient.as_peer(), context, payload), kind
    )


def encoded(what):
    return msgspec.msgpack.encode(what)


def test_ask_and_answer_come_back_whole(nodes):
    public, other = nodes
    sealed = seal_ask(other.identity, public.as_peer(), SHARED, TOLD)
    item = FeedItem(1, SHARED, ASK_TWIN + "a1", sealed, ASK)
    assert open_ask(public.identity, other.as_peer(), item) == TOLD
    sealed = seal_answer(public.identity, other.as_peer(), SHARED, ANSWERED)
    item = FeedItem(1, SHARED, ANSWER_TWIN + "a1", sealed, ANSWER)
    assert open_answer(other.identity, public.as_peer(), item) == ANSWERED


@pytest.mark.parametrize(
    ("twin", "ask", "told"),
    [
        (ASK_TWIN + "a2", TOLD, "another than its envelope"),
        ("t", TOLD, "another than its envelope"),
        (
            ASK_TWIN + "a1",
            msgspec.structs.replace(
                TOLD, message=msgspec.structs.replace(TOLD.message, twin=NOTICE_TWIN)
            ),
            "another than its envelope",
        ),
        (ASK_TWIN + "a1", msgspec.structs.replace(TOLD, seconds=61.0), "malformed"),
        (ASK_TWIN + "a1", b"x" * (MAX_ENCODED + 1), "too large"),
        (ASK_TWIN + "a1", {"id": "a/../1"}, "malformed"),
    ],
)
def test_an_ask_that_is_none_is_refused(nodes, twin, ask, told):
    public, other = nodes
    item = put(other, public, twin, ASK, encoded(ask))
    with pytest.raises(PeerError, match=told):
        open_ask(public.identity, other.as_peer(), item)


@pytest.mark.parametrize(
    "wanted",
    [{"a": msgspec.msgpack.Ext(5, b"x")}, {"a": {(1, 2): 3}}, {"a": {None: 3}}, [1], "text"],
)
def test_an_answer_that_cannot_be_shown_is_refused(nodes, wanted):
    public, other = nodes
    payload = encoded({"id": "a1", "wanted": wanted})
    item = put(other, public, ANSWER_TWIN + "a1", ANSWER, payload)
    with pytest.raises(PeerError, match="malformed"):
        open_answer(public.identity, other.as_peer(), item)


def test_an_answer_holds_only_what_json_can(nodes):
    public, other = nodes
    when = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    payload = encoded({"id": "a1", "wanted": {"b": b"x", "at": when, "n": math.nan, "deep": [[1]]}})
    item = put(other, public, ANSWER_TWIN + "a1", ANSWER, payload)
    answer = open_answer(public.identity, other.as_peer(), item)
    assert answer.wanted == {
        "b": "eA==", "at": "2026-01-02T00:00:00Z", "n": None, "deep": [[1]],
    }  # fmt: skip


def test_nesting_without_end_is_refused(nodes):
    public, other = nodes
    deep = b"\x91" * 100_000 + b"\xc0"
    payload = b"\x82" + encoded("id") + encoded("a1") + encoded("wanted") + b"\x81\xa1a" + deep
    item = put(other, public, ANSWER_TWIN + "a1", ANSWER, payload)
    with pytest.raises(PeerError, match="malformed"):
        open_answer(public.identity, other.as_peer(), item)


async def test_they_are_handed_to_the_store_apart_from_messages(nodes, monkeypatch):
    public, other = nodes
    seen = []
    take = public.store.take

    async def watch(peer, incoming):
        seen.append((incoming.upto, [a.ask for a in incoming.asks], incoming.answers[0].answer))
        return await take(peer, incoming)

    monkeypatch.setattr(public.store, "take", watch)
    items = tuple(
        msgspec.structs.replace(put(other, public, twin, kind, encoded(what)), seq=seq)
        for seq, twin, kind, what in (
            (4, ASK_TWIN + "a1", ASK, TOLD),
            (5, ANSWER_TWIN + "a1", ANSWER, ANSWERED),
        )
    )
    await public.feed.absorb(other.as_peer(), Exchange("epoch-other", items=items))
    assert seen == [(5, [TOLD], ANSWERED)]
    assert public.store.received == []

"""Push and poll between two nodes, over real HTTP."""

import asyncio
import time

import msgspec
import pytest

from schemas.errors import PeerUnavailable, StoreUnavailable
from schemas.node import PublicPeer
from schemas.peer import MAX_ITEM, Declined, Exchange
from service.peers import holding, pusher, signing
from service.peers.feed import Feed
from service.peers.poller import Hold
from service.peers.port import Taken


async def test_a_public_node_pushes_at_once_when_rung(world):
    public, other = await world.pair_of(private=False)
    world.link(other, public)
    await other.store.until(lambda: public.id in other.store.have)
    other.send(public, "twin-1", "Größe 🌊 שלום")
    await public.store.until(lambda: public.summaries() == ["Größe 🌊 שלום"])
    await other.store.until(lambda: not other.store.outbox)


async def test_a_private_node_is_reached_through_the_request_it_holds(world):
    public, private = await world.pair_of(private=True)
    world.link(private, public)
    await asyncio.wait_for(public.bell.waited.wait(), 5)
    began = time.perf_counter()
    public.send(private, "twin-1", "hello")
    await private.store.until(lambda: private.summaries() == ["hello"])
    assert time.perf_counter() - began < 1.0
    await public.store.until(lambda: not public.store.outbox)
    assert not private.pauses.taken


async def test_a_private_node_sends_while_its_poll_is_held(world):
    public, private = await world.pair_of(private=True)
    world.link(private, public)
    await asyncio.wait_for(public.bell.waited.wait(), 5)
    private.send(public, "twin-1", "from behind the firewall")
    await public.store.until(lambda: public.summaries() == ["from behind the firewall"])
    await private.store.until(lambda: not private.store.outbox)
    assert public.contacts.of(private.id).way == "mailbox"


async def test_many_changes_travel_together_and_in_order(world):
    public, other = await world.pair_of(private=False)
    for number in range(250):
        other.send(public, f"twin-{number}", f"issue {number}")
    world.link(other, public)
    await public.store.until(lambda: len(public.store.received) == 250)
    assert public.summaries() == [f"issue {n}" for n in range(250)]
    assert public.store.takes <= 4


async def test_a_newer_message_replaces_one_that_waits(world):
    public, private = await world.pair_of(private=True)
    for number in range(10):
        public.send(private, "twin-1", f"edit {number}")
    world.link(private, public)
    await private.store.until(lambda: bool(private.store.received))
    await public.store.until(lambda: not public.store.outbox)
    assert private.summaries() == ["edit 9"]


async def test_a_lost_answer_doubles_nothing(world):
    public, other = await world.pair_of(private=False)
    other.send(public, "twin-1", "once")
    outgoing = await other.feed.pending(public.as_peer())
    said = other.feed.compose(public.as_peer(), outgoing.position, outgoing)
    peer = public.as_peer()
    assert isinstance(peer, PublicPeer)
    for _ in range(3):
        answer = await other.courier.exchange(peer, said)
        assert answer.have == 1
        assert answer.have_epoch == other.store.epoch
    assert public.summaries() == ["once"]


async def test_an_item_of_an_unknown_connection_stops_no_other(world):
    public, other = await world.pair_of(private=False)
    other.send(public, "twin-1", "stray", connection="never-agreed")
    other.send(public, "twin-2", "good")
    world.link(other, public)
    await other.store.until(lambda: bool(other.store.refused))
    assert public.summaries() == ["good"]
    assert [r.twin for r in other.store.refused] == ["twin-1"]
    assert not other.store.outbox


async def test_a_private_node_tells_what_it_refused(world):
    public, private = await world.pair_of(private=True)
    public.send(private, "twin-1", "stray", connection="never-agreed")
    world.link(private, public)
    await public.store.until(lambda: bool(public.store.refused))
    assert public.store.refused[0].reason == "unknown connection"


async def test_an_item_too_large_is_set_aside_and_stops_no_other(world):
    public, other = await world.pair_of(private=False)
    other.store.put(public.id, "shared-1", "huge", bytes(MAX_ITEM + 1))
    other.send(public, "twin-2", "good")
    world.link(other, public)
    await public.store.until(lambda: public.summaries() == ["good"])
    (refused,) = other.store.refused
    assert refused.twin == "huge"
    assert "too large" in refused.reason


async def test_a_peer_that_is_away_is_left_in_peace_and_found_again(world):
    public, other = await world.pair_of(private=False)
    gone = msgspec.structs.replace(public.as_peer(), url="http://127.0.0.1:9")
    url, public.url = public.url, gone.url
    task = world.link(other, public)
    await other.pauses.until(lambda: len(other.pauses.taken) >= 8)
    contact = other.contacts.of(public.id)
    assert contact.away_since is not None
    assert "reached" in contact.cause
    assert max(other.pauses.taken[:3]) < max(other.pauses.taken[5:8])
    task.cancel()
    await asyncio.wait([task])
    public.url = url
    other.send(public, "twin-1", "late")
    world.link(other, public)
    await public.store.until(lambda: public.summaries() == ["late"])
    await other.store.until(lambda: not other.store.outbox)
    assert other.contacts.of(public.id).away_since is None


async def test_a_newer_poll_releases_the_older(world):
    public, private = await world.pair_of(private=True)
    peer = public.as_peer()
    assert isinstance(peer, PublicPeer)
    poll = Exchange(epoch="epoch-other", wait=25.0, limit=10)
    first = asyncio.create_task(private.courier.exchange(peer, poll))
    await asyncio.wait_for(public.bell.waited.wait(), 5)
    second = asyncio.create_task(private.courier.exchange(peer, poll))
    assert (await asyncio.wait_for(first, 5)).items == ()
    public.endpoints.release()
    assert (await asyncio.wait_for(second, 5)).items == ()


async def test_an_unconfirmed_change_comes_again_after_a_restart(world):
    public, private = await world.pair_of(private=True)
    public.send(private, "twin-1", "kept")
    peer = public.as_peer()
    assert isinstance(peer, PublicPeer)
    poll = Exchange(epoch="epoch-other", limit=10)
    first = await private.courier.exchange(peer, poll)
    assert len(first.items) == 1
    again = await private.courier.exchange(peer, poll)
    assert again.items == first.items
    restarted = Feed(private.identity, private.store)
    await restarted.absorb(peer, again)
    assert private.summaries() == ["kept"]


async def test_a_poll_that_a_proxy_cuts_twice_is_held_shorter(world):
    hold = Hold()
    assert not hold.was_cut(0.1)
    assert hold.was_cut(10.0)
    assert hold.seconds == 25.0
    assert hold.was_cut(10.0)
    assert hold.seconds == pytest.approx(7.0)
    for _ in range(2):
        assert hold.was_cut(4.0)
    assert hold.seconds == 0.0
    assert not hold.was_cut(30.0)
    for _ in range(500):
        hold.answered()
    assert hold.seconds == 25.0


async def test_one_cut_among_answered_polls_changes_nothing(world):
    hold = Hold()
    for _ in range(5):
        hold.was_cut(10.0)
        hold.answered()
    assert hold.seconds == 25.0


async def test_a_peer_that_needs_a_newer_protocol_is_told_so(world):
    public, other = await world.pair_of(private=False)
    peer = public.as_peer()
    assert isinstance(peer, PublicPeer)
    with pytest.raises(Exception, match="protocol") as caught:
        await other.courier.exchange(peer, Exchange(epoch="e", version=9, minimum=9))
    assert "Update" in caught.value.remedy
    assert not public.store.takes


def test_a_newer_minor_version_may_add_fields():
    raw = msgspec.msgpack.decode(msgspec.msgpack.encode(Exchange(epoch="e")))
    raw["colour"] = "blue"
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(raw), type=Exchange)
    assert decoded == Exchange(epoch="e")


async def test_a_stopped_server_is_unavailable_and_not_an_error_of_the_peer(world):
    public, other = await world.pair_of(private=False)
    gone = PublicPeer(
        public.id,
        "p",
        public.identity.identity_key,
        public.identity.message_key,
        "",
        "http://127.0.0.1:9",
    )
    with pytest.raises(PeerUnavailable):
        await other.courier.exchange(gone, Exchange(epoch="e"))


class Line:
    """A TCP line to a node that can be told to close instead of passing on what it hears."""

    def __init__(self, node):
        self.node = node
        self.opened = 0
        self.cut = lambda requests: False

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.target = self.node.url.rpartition(":")[2]
        # Callers sign the address of the line, as they would a reverse proxy's.
        self.node.url = f"http://127.0.0.1:{port}"
        self.node.endpoints._place = signing.place(self.node.url)
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        self.opened += 1
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", int(self.target))
        back = asyncio.create_task(self._pass(inner_reader, writer))
        requests = 0
        while data := await reader.read(1 << 16):
            requests += data.startswith(b"POST")
            if self.cut(requests):
                break
            inner_writer.write(data)
        back.cancel()
        writer.close()
        inner_writer.close()

    async def _pass(self, reader, writer):
        while data := await reader.read(1 << 16):
            writer.write(data)


async def test_an_idle_connection_that_the_peer_closed_costs_no_wait(world):
    public, other = await world.pair_of(private=False)
    async with Line(public) as line:
        line.cut = lambda requests: requests > 1
        world.link(other, public)
        await other.store.until(lambda: public.id in other.store.have)
        other.send(public, "twin-1", "hello")
        await public.store.until(lambda: public.summaries() == ["hello"])
        assert line.opened == 2
        assert not other.pauses.taken


async def test_a_proxy_that_cuts_held_requests_is_found_out(world):
    public, private = await world.pair_of(private=True)
    ahead = [0]
    real = public.now
    public.now = private.now = lambda: real() + ahead[0]
    async with Line(public) as line:
        cuts = []

        def cut(requests):
            if len(cuts) < 2:
                cuts.append(requests)
                ahead[0] += 10_000
                return True
            return False

        # Whatever comes is cut "after ten seconds", until the poller has understood.
        line.cut = cut
        poller = private.links()._poller(public.as_peer())
        task = asyncio.create_task(poller.run())
        await asyncio.wait_for(public.bell.waited.wait(), 5)
        public.send(private, "twin-1", "still quick")
        await private.store.until(lambda: private.summaries() == ["still quick"])
        assert poller._hold.seconds == pytest.approx(7.0, abs=0.2)
        assert not private.pauses.taken
        task.cancel()
        await asyncio.wait([task])


async def test_a_private_peer_gets_no_task(world):
    public, private = await world.pair_of(private=True)
    assert public.links().task(private.as_peer()) is None


async def test_a_peer_that_takes_nothing_is_not_asked_without_end(world):
    public, other = await world.pair_of(private=False)

    async def forgetful(peer, incoming):
        return Taken(public.store.position(peer), ())

    public.store.take = forgetful
    other.send(public, "twin-1", "hello")
    world.link(other, public)
    await other.pauses.until(lambda: len(other.pauses.taken) >= 3)
    assert "has not taken" in other.contacts.of(public.id).cause
    assert other.store.outbox


async def test_an_unavailable_store_is_told_as_such_and_tried_again(world):
    public, other = await world.pair_of(private=False)
    take = public.store.take
    failures = [StoreUnavailable("disk full at /secret/path"), None]

    async def failing(peer, incoming):
        failure = failures.pop(0) if failures else None
        if failure is not None:
            raise failure
        return await take(peer, incoming)

    public.store.take = failing
    other.send(public, "twin-1", "hello")
    world.link(other, public)
    await public.store.until(lambda: public.summaries() == ["hello"])
    assert other.pauses.taken
    assert other.pauses.taken[0] >= 5


class OncePerSecond:
    def __init__(self) -> None:
        self.left = 1
        self.given_back = 0

    def take(self, caller):
        self.left -= 1
        return 0.0 if self.left >= 0 else 7.2

    def give_back(self, caller):
        self.left += 1
        self.given_back += 1


async def test_a_peer_that_asks_too_often_is_told_when_to_come_back(world):
    public, private = await world.pair_of(private=True)
    public.endpoints._allowance = OncePerSecond()
    said = private.feed.compose(public.as_peer(), private.store.position(public.id))
    await private.courier.exchange(public.as_peer(), said)
    with pytest.raises(PeerUnavailable, match="429") as caught:
        await private.courier.exchange(public.as_peer(), said)
    assert caught.value.retry_after == 8


async def test_a_request_that_was_held_does_not_count(world, monkeypatch):
    public, private = await world.pair_of(private=True)
    allowance = public.endpoints._allowance = OncePerSecond()
    monkeypatch.setattr(holding, "HELD", 0.01)
    said = msgspec.structs.replace(
        private.feed.compose(public.as_peer(), private.store.position(public.id)),
        wait=0.05,
        limit=1,
    )
    await private.courier.exchange(public.as_peer(), said)
    assert (allowance.left, allowance.given_back) == (1, 1)
    await private.courier.exchange(public.as_peer(), msgspec.structs.replace(said, wait=0))
    assert allowance.left == 0


async def test_a_crowd_of_changes_shares_requests_and_a_lone_one_goes_at_once(world, monkeypatch):
    public, other = await world.pair_of(private=False)
    waits = []

    async def gather(seconds):
        waits.append(seconds)

    monkeypatch.setattr(pusher, "_pause", gather)
    world.link(other, public)
    other.send(public, "lone", "1")
    await public.store.until(lambda: len(public.store.received) == 1)
    assert waits == []
    # The bell rings again while the first of the crowd is on its way.
    exchange = other.courier.exchange

    async def crowded(peer, body):
        if body.items and len(public.store.received) < 3:
            other.send(public, f"later-{len(public.store.received)}", "x")
        return await exchange(peer, body)

    monkeypatch.setattr(other.courier, "exchange", crowded)
    other.send(public, "first", "x")
    await public.store.until(lambda: len(public.store.received) >= 4)
    assert waits
    assert set(waits) == {pusher._GATHER_SECONDS}


DECLINED = Declined("shared-1", "t1", "file-1", "big.zip", "It is too large.")


@pytest.mark.parametrize("private", [True, False], ids=["private", "public"])
async def test_a_file_that_is_left_out_is_told_once_and_at_once(world, private):
    public, other = await world.pair_of(private=private)
    world.link(other, public)
    if private:
        await asyncio.wait_for(public.bell.waited.wait(), 5)
    else:
        world.link(public, other)
    for here, there in ((public, other), (other, public)):
        began = time.perf_counter()
        here.feed.decline(there.id, (DECLINED,))
        here.bell.ring(there.id)
        await there.store.until(lambda there=there: bool(there.store.declined))
        assert time.perf_counter() - began < 5
    public.send(other, "t1", "more")
    await other.store.until(lambda: other.summaries() == ["more"])
    assert public.store.declined == other.store.declined == [DECLINED]


async def test_what_is_left_out_is_told_again_when_the_first_time_failed(world):
    public, other = await world.pair_of(private=False)
    other.feed.decline(public.id, (DECLINED,))
    said = other.feed.compose(public.as_peer(), other.store.position(public.id))
    assert said.declined == (DECLINED,)
    assert not other.feed.owes_word(public.as_peer())
    other.feed.put_back(public.as_peer(), said)
    world.link(other, public)
    await public.store.until(lambda: public.store.declined == [DECLINED])

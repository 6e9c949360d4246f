"""What is given to a peer, what is taken from one, and what becomes of refusals."""

from typing import Any

import pytest

from schemas.events import TwinDue
from schemas.node import Peer
from schemas.peer import Refusal
from schemas.replica import Replica, TwinMessage
from service.peers.identity import NodeIdentity
from service.peers.port import Incoming, ReceivedItem
from service.store import activity, connections, peers, twins
from service.store.twin_records import TwinKey
from service.workers.feed_store import FeedDesk
from service.workers.parking import resume
from service.workers.roster import touch


def identity(fill: bytes) -> NodeIdentity:
    return NodeIdentity.generate(lambda size: fill * size)


OURS, THEIRS = identity(b"1"), identity(b"2")


@pytest.fixture
async def desk(private: Any) -> FeedDesk:
    them = Peer("peer", "globex", THEIRS.identity_key, THEIRS.message_key, "e")

    def pin(c: Any) -> None:
        peers.update(c, them)
        touch(c)

    await private.store.write(pin)
    await private.roster.reload()
    return FeedDesk(
        private.store,
        private.roster,
        OURS,
        private.publish,
        dry_runs=private.dry_runs(OURS),
        changed=private.roster.reload,
        now=private.now,
        new_id=private.new_id,
    )


def incoming(*items: ReceivedItem, **changes: Any) -> Incoming:
    known: dict[str, Any] = {
        "epoch": "e",
        "after": 0,
        "upto": max((item.seq for item in items), default=0),
        "items": items,
        "have": 0,
        "have_epoch": "",
        "refused": (),
        "unavailable": (),
    }
    return Incoming(**(known | changes))


def item(seq: int, version: int = 1, connection: str = "shared") -> ReceivedItem:
    message = TwinMessage("t", "far", version, 0, Replica({"summary": "s"}))
    return ReceivedItem(seq, connection, message)


async def test_what_waits_is_sealed_for_the_peer_and_names_the_shared_connection(
    private, desk, issue_of
) -> None:
    twin = await private.sync("c", issue_of(private.trackers["a"]))
    outgoing = await desk.give("peer", max_bytes=1 << 20, max_items=10)
    (given,) = outgoing.items
    assert (given.connection, given.twin) == ("shared", twin)
    assert given.sealed
    assert b"summary" not in given.sealed


async def test_a_paused_connection_gives_nothing(private, desk, issue_of) -> None:
    await private.sync("c", issue_of(private.trackers["a"]))

    def pause(c: Any) -> None:
        connections.set_status(c, "c", "paused", "", private.at)

    await private.store.write(pause)
    await private.roster.reload()
    assert (await desk.give("peer", max_bytes=1 << 20, max_items=10)).items == ()


async def test_what_arrives_is_stored_and_rung_for_once(private, desk) -> None:
    taken = await desk.take("peer", incoming(item(7)))
    assert (taken.position.have, taken.refused) == (7, ())
    assert private.published == [TwinDue("t", "c")]
    await desk.take("peer", incoming(item(8)))
    assert len(private.published) == 1
    row = await private.row("c", "t")
    assert row.incoming is not None


async def test_an_item_of_an_unknown_connection_is_refused_and_counts_as_received(
    private, desk
) -> None:
    taken = await desk.take("peer", incoming(item(7, connection="other")))
    assert [(r.seq, r.connection, r.twin) for r in taken.refused] == [(7, "other", "t")]
    assert taken.position.have == 7
    assert private.published == []


async def test_a_confirmed_message_leaves_the_outbox_in_the_right_epoch_only(
    private, desk, issue_of
) -> None:
    await private.sync("c", issue_of(private.trackers["a"]))
    outgoing = await desk.give("peer", max_bytes=1 << 20, max_items=10)
    await desk.take("peer", incoming(have=99, have_epoch="another"))
    assert len(await private.sent()) == 1
    await desk.take("peer", incoming(have=99, have_epoch=outgoing.position.epoch))
    assert await private.sent() == []


async def test_what_the_peer_refused_waits_for_a_person_and_is_then_said_again_whole(
    private, desk, issue_of
) -> None:
    twin = await private.sync("c", issue_of(private.trackers["a"]))
    outgoing = await desk.give("peer", max_bytes=1 << 20, max_items=10)
    refusal = Refusal(outgoing.items[0].seq, "shared", twin, "Unknown\x1b[31m" + "x" * 900)
    await desk.take(
        "peer",
        incoming(have=refusal.seq, have_epoch=outgoing.position.epoch, refused=(refusal,)),
    )
    assert await private.sent() == []
    (entry,) = await private.parked()
    assert (entry.twin, entry.fault, entry.issue) == (twin, "peer", "a-i1")
    assert "Unknown [31m" in entry.message
    assert len(entry.message) < 600
    assert entry.remedy
    (noted,) = [
        row.activity
        for row in await private.store.read(lambda c: activity.page(c, connection="c", twin=twin))
        if row.activity.event == "peer.refused"
    ]
    assert noted.detail["peer"] == "peer"

    key = TwinKey("c", twin)
    assert await private.store.write(lambda c: resume(c, key, "", owner="person", now=private.at))
    await private.worker.handle((TwinDue(twin, "c"),))
    (again,) = await private.sent()
    assert again.replica.fields["summary"] == "s"
    assert await private.parked() == []


async def test_what_can_never_travel_is_set_aside_and_parked(private, desk, issue_of) -> None:
    twin = await private.sync("c", issue_of(private.trackers["a"]))
    outgoing = await desk.give("peer", max_bytes=1 << 20, max_items=10)
    await desk.set_aside("peer", (Refusal(outgoing.items[0].seq, "shared", twin, "too large"),))
    assert await private.sent() == []
    (entry,) = await private.parked()
    assert "too large" in entry.message


async def test_a_refusal_of_what_we_never_said_changes_nothing(private, desk) -> None:
    refused = (Refusal(1, "shared", "unknown", "no"), Refusal(2, "other", "t", "no"))
    await desk.take("peer", incoming(refused=refused))
    assert await private.parked() == []
    assert await private.store.read(lambda c: twins.page(c)) == []

"""Twins: what arrives, what is due, and who may work on them."""

import asyncio

import msgspec
import pytest

from schemas.errors import InputError
from schemas.issue import IssueRef
from schemas.node import ParkedTwin
from schemas.replica import Replica, TwinMessage
from schemas.twin import Twin
from service.store import connections, leases, parked, twins
from service.store.errors import LeaseLost
from service.store.store import Store, open_store
from service.store.twin_records import Busy, Claim, TwinKey

NOW = 1_760_000_000_000
LEASE = 30_000


def twin(id: str = "t1", connection: str = "c1", number: str = "10001", **more) -> Twin:
    ref = IssueRef(number, f"TIDE-{number}", f"https://tracker/{number}")
    return Twin(id=id, connection=connection, issue=ref, **more)


def message(version: int, *, id: str = "t1", **fields) -> TwinMessage:
    return TwinMessage(twin=id, issue="77", version=version, have=0, replica=Replica(fields))


def newest(waiting, arrived):
    return arrived


async def create(store: Store, *made: Twin, due_at: int | None = None) -> None:
    for each in made:
        await store.write(lambda c, each=each: twins.create(c, each, "jira", NOW, due_at))


def take(c, owner="a", now=NOW, id="t1", **more):
    return leases.claim(c, "c1", id, owner, now, LEASE, **more)


async def claimed(store: Store, owner="a", now=NOW, **more) -> Claim:
    found = await store.write(lambda c: take(c, owner, now, **more))
    assert isinstance(found, Claim)
    return found


async def receive(store: Store, arrived: TwinMessage, merge=newest, now=NOW) -> bool:
    return await store.write(
        lambda c: twins.receive(c, "c1", arrived.twin, "jira", arrived, merge, now)
    )


async def row(store: Store, id="t1"):
    found = await store.read(lambda c: twins.get(c, "c1", id))
    assert found is not None
    return found


async def test_a_twin_is_kept_whole(ready: Store):
    made = twin(remote_issue="9", sent={"summary": "שלום 🙂 \x00 end"}, replica_version=3)
    await create(ready, made, due_at=NOW + 5)

    found = await row(ready)

    assert found.state == made
    assert (found.connector, found.due_at, found.incoming, found.created) == (
        "jira",
        NOW + 5,
        None,
        NOW,
    )
    assert await ready.read(lambda c: twins.get(c, "c1", "other")) is None


async def test_creating_twice_changes_nothing(ready: Store):
    await create(ready, twin(version=1))
    again = await ready.write(lambda c: twins.create(c, twin(version=2), "jira", NOW, None))
    assert again is False
    assert (await row(ready)).state.version == 1


async def test_an_issue_is_found_by_id_and_by_key(ready: Store):
    await create(ready, twin(), twin("t2", "c2"), twin("t3", number="10002"))

    by_id = await ready.read(lambda c: twins.by_issue(c, "jira", "10001"))
    by_key = await ready.read(lambda c: twins.by_issue(c, "jira", "TIDE-10001"))
    many = await ready.read(lambda c: twins.by_issues(c, "jira", ["10001", "TIDE-10002", "x"]))
    elsewhere = await ready.read(lambda c: twins.by_issue(c, "other", "10001"))

    assert [(each.connection, each.twin) for each in by_id] == [("c1", "t1"), ("c2", "t2")]
    assert by_key == by_id
    assert sorted(each.twin for each in many) == ["t1", "t2", "t3"]
    assert elsewhere == []


async def test_bulk_lookup_takes_any_number_of_issues(ready: Store):
    await create(ready, *(twin(f"t{n}", number=str(n)) for n in range(30)))
    asked = [str(n) for n in range(3000)]
    found = await ready.read(lambda c: twins.by_issues(c, "jira", asked))
    assert len(found) == 30


async def test_pages_show_every_twin_once(ready: Store):
    await create(ready, *(twin(f"t{n}", f"c{n % 2 + 1}", str(n)) for n in range(7)))
    seen, after = [], None

    def read(c):
        return twins.page(c, after=after, limit=3)

    while page := await ready.read(read):
        seen += [(each.connection, each.twin) for each in page]
        after = TwinKey(page[-1].connection, page[-1].twin)
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 7
    assert await ready.read(twins.count) == {"c1": 4, "c2": 3}
    assert len(await ready.read(lambda c: twins.page(c, connection="c2"))) == 3
    assert len(await ready.read(lambda c: twins.page(c, issue="TIDE-3"))) == 1


async def test_a_claim_brings_state_and_what_waits(ready: Store):
    await create(ready, twin(version=4))
    await receive(ready, message(2, summary="new"))
    claim = await claimed(ready)
    assert claim.state.version == 4
    assert claim.incoming == message(2, summary="new")
    assert (claim.fence, claim.until, claim.connector) == (1, NOW + LEASE, "jira")


async def test_an_unknown_twin_cannot_be_claimed(ready: Store):
    assert await ready.write(lambda c: take(c, id="nobody")) is None


async def test_many_claim_at_once_and_one_gets_it(ready: Store):
    await create(ready, twin())
    results = await asyncio.gather(
        *(ready.write(lambda c, n=n: take(c, f"owner{n}")) for n in range(20))
    )
    assert sum(isinstance(each, Claim) for each in results) == 1
    assert sum(isinstance(each, Busy) for each in results) == 19
    assert (await row(ready)).dirty


async def test_a_ring_during_a_lease_is_not_lost(ready: Store):
    await create(ready, twin())
    claim = await claimed(ready)
    assert await ready.write(lambda c: take(c, "b")) == Busy(until=NOW + LEASE, parked=False)

    assert await ready.write(lambda c: leases.release(c, claim)) is True
    assert (await row(ready)).lease_owner == "a"
    assert await ready.write(lambda c: leases.release(c, claim)) is False

    found = await row(ready)
    assert (found.lease_owner, found.lease_until, found.dirty, found.due_at) == ("", 0, False, None)
    assert isinstance(await ready.write(lambda c: take(c, "b")), Claim)


async def test_release_keeps_due_time_and_attempts(ready: Store):
    await create(ready, twin(), due_at=NOW)
    claim = await claimed(ready)
    await ready.write(lambda c: leases.release(c, claim, due_at=NOW + 900, attempts=3))
    assert ((await row(ready)).due_at, (await row(ready)).attempts) == (NOW + 900, 3)
    assert (await claimed(ready, now=NOW + 900)).attempts == 3


async def test_an_older_holder_can_write_nothing(ready: Store):
    await create(ready, twin())
    old = await claimed(ready)
    later = NOW + LEASE
    new = await claimed(ready, "b", later)
    assert new.fence == old.fence + 1

    for write in (
        lambda c: leases.save(c, old, twin(version=99), taken=None, now=later),
        lambda c: leases.release(c, old),
        lambda c: leases.save_and_release(c, old, twin(version=99), taken=None, now=later),
        lambda c: leases.renew(c, old, later + LEASE),
        lambda c: leases.refresh(c, old),
        lambda c: parked.park(c, parked_twin(), old),
    ):
        with pytest.raises(LeaseLost):
            await ready.write(write)

    found = await row(ready)
    assert (found.state.version, found.lease_owner, found.parked) == (0, "b", False)


async def test_one_owner_that_lost_its_lease_to_itself_is_fenced_too(ready: Store):
    """A worker that slept through its lease, while its neighbour in the same daemon took over."""
    await create(ready, twin())
    old = await claimed(ready, "a")
    new = await claimed(ready, "a", NOW + LEASE)
    with pytest.raises(LeaseLost):
        await ready.write(lambda c: leases.save(c, old, twin(version=9), taken=None, now=NOW))
    await ready.write(lambda c: leases.save(c, new, twin(version=2), taken=None, now=NOW))
    assert (await row(ready)).state.version == 2


async def test_a_released_lease_is_held_no_more(ready: Store):
    await create(ready, twin())
    claim = await claimed(ready)
    await ready.write(lambda c: leases.release(c, claim))
    with pytest.raises(LeaseLost):
        await ready.write(lambda c: leases.save(c, claim, twin(), taken=None, now=NOW))


async def test_a_renewed_lease_holds_longer(ready: Store):
    await create(ready, twin())
    claim = await claimed(ready)
    await ready.write(lambda c: leases.renew(c, claim, NOW + 2 * LEASE))
    assert isinstance(await ready.write(lambda c: take(c, "b", NOW + LEASE)), Busy)
    assert isinstance(await ready.write(lambda c: take(c, "b", NOW + 2 * LEASE)), Claim)


async def test_saving_takes_the_incoming_message_away(ready: Store):
    await receive(ready, message(2))
    claim = await claimed(ready)
    changed = twin(version=1, replica_version=2)
    await ready.write(lambda c: leases.save(c, claim, changed, taken=2, now=NOW + 7))
    found = await row(ready)
    assert (found.state, found.incoming, found.reconciled_at) == (changed, None, NOW + 7)
    assert await receive(ready, message(2)) is False


async def test_what_arrives_during_a_lease_stays(ready: Store):
    await receive(ready, message(2))
    claim = await claimed(ready)
    assert await receive(ready, message(3, summary="newer"))

    stays = await ready.write(
        lambda c: leases.save_and_release(
            c, claim, twin(replica_version=2), taken=2, now=NOW, due_at=None
        )
    )

    assert stays is True
    again = await ready.read(lambda c: leases.refresh(c, claim))
    assert again.incoming == message(3, summary="newer")
    assert again.state.replica_version == 2
    done = twin(replica_version=3)
    assert not await ready.write(
        lambda c: leases.save_and_release(c, again, done, taken=3, now=NOW)
    )
    found = await row(ready)
    assert (found.incoming, found.due_at, found.lease_owner) == (None, None, "")


async def test_older_and_repeated_messages_change_nothing(ready: Store):
    assert await receive(ready, message(5, summary="five"))
    assert not await receive(ready, message(5, summary="again"))
    assert not await receive(ready, message(4, summary="four"))
    assert (await row(ready)).incoming == message(5, summary="five")


async def test_a_message_for_a_known_version_changes_nothing(ready: Store):
    await create(ready, twin(replica_version=8))
    assert not await receive(ready, message(8))
    assert await receive(ready, message(9))


async def test_waiting_and_new_message_are_merged(ready: Store):
    def merge(waiting, arrived):
        old = waiting.replica.fields if waiting else {}
        merged = Replica(old | arrived.replica.fields)
        return msgspec.structs.replace(arrived, replica=merged)

    await receive(ready, message(1, summary="s"), merge)
    await receive(ready, message(2, status="Open"), merge)
    assert (await row(ready)).incoming == message(2, summary="s", status="Open")


async def test_a_first_message_makes_the_twin(ready: Store):
    assert await receive(ready, message(1))
    found = await row(ready)
    assert found.state == Twin(id="t1", connection="c1")
    assert await ready.read(lambda c: twins.due(c, NOW)) == [TwinKey("c1", "t1")]


async def test_first_messages_at_once_keep_the_newest(ready: Store):
    await asyncio.gather(*(receive(ready, message(n)) for n in range(1, 13)))
    found = await row(ready)
    assert found.incoming is not None
    assert (found.incoming.version, found.incoming_version) == (12, 12)


@pytest.mark.parametrize(
    "bad",
    [
        message(1, id="a\x00b"),
        message(1, id=""),
        message(1, id="x" * 256),
        message(-1),
        message(1 << 63),
        message(1, points=1 << 70),
        message(1, points=-(1 << 70)),
    ],
)
async def test_what_no_store_can_keep_is_refused(ready: Store, bad: TwinMessage):
    with pytest.raises(InputError):
        await receive(ready, bad)
    assert await ready.read(twins.count) == {}


async def test_large_and_strange_text_arrives_whole(ready: Store):
    text = "\x00 \u202eעברית\u202c 👩‍👩‍👧 \ufffe " + "ж" * 1_000_000
    await receive(ready, message(1, description=text))
    claim = await claimed(ready)
    assert claim.incoming is not None
    assert claim.incoming.replica.fields["description"] == text
    await ready.write(
        lambda c: leases.save(c, claim, twin(sent={"description": text}), taken=1, now=NOW)
    )
    assert (await row(ready)).state.sent["description"] == text


async def test_due_lists_the_longest_waiting_first(ready: Store):
    await create(ready, twin("t1"), due_at=NOW - 5)
    await create(ready, twin("t2"), due_at=NOW - 9)
    await create(ready, twin("t3"), due_at=NOW + 1)
    await create(ready, twin("t4"))
    await create(ready, twin("t5", stopped=True), due_at=NOW - 20)

    assert await ready.read(lambda c: twins.due(c, NOW)) == [
        TwinKey("c1", "t2"),
        TwinKey("c1", "t1"),
    ]
    assert await ready.read(lambda c: twins.due(c, NOW, 1)) == [TwinKey("c1", "t2")]
    assert await ready.read(twins.next_due) == NOW - 9
    assert await ready.read(lambda c: twins.oldest_due(c, NOW)) == NOW - 9
    assert await ready.read(lambda c: twins.oldest_due(c, NOW - 10)) is None


async def test_a_held_twin_is_due_when_its_lease_ran_out(ready: Store):
    await create(ready, twin(), due_at=NOW)
    await claimed(ready)
    assert await ready.read(lambda c: twins.due(c, NOW)) == []
    assert await ready.read(twins.next_due) == NOW + LEASE
    assert await ready.read(lambda c: twins.due(c, NOW + LEASE)) == [TwinKey("c1", "t1")]


async def test_a_ring_at_a_holder_that_died_is_found(ready: Store):
    await create(ready, twin())
    await claimed(ready)
    await ready.write(lambda c: take(c, "b"))
    assert await ready.read(lambda c: twins.due(c, NOW + LEASE)) == [TwinKey("c1", "t1")]


async def test_a_daemon_takes_back_what_its_dead_predecessor_held(ready: Store):
    await create(ready, twin(), twin("t2"), twin("t3", number="10003"))
    dead = await claimed(ready, "a")
    await ready.write(lambda c: take(c, "b"))
    await ready.write(lambda c: take(c, "b", id="t2"))

    freed = await ready.write(lambda c: leases.take_back(c, "a", NOW + 5))

    assert freed == [TwinKey("c1", "t1")]
    assert await ready.read(lambda c: twins.due(c, NOW + 5)) == freed
    assert isinstance(await ready.write(lambda c: take(c, "b", id="t2")), Busy)
    with pytest.raises(LeaseLost):
        await ready.write(lambda c: leases.save(c, dead, twin(), taken=None, now=NOW))
    assert isinstance(await ready.write(lambda c: take(c, "b")), Claim)
    assert (await row(ready)).dirty is False


async def test_nothing_is_due_without_work(ready: Store):
    await create(ready, twin())
    assert await ready.read(twins.next_due) is None
    assert await ready.read(lambda c: twins.due(c, NOW)) == []


async def test_a_due_time_set_during_a_lease_survives_its_release(ready: Store):
    await create(ready, twin())
    claim = await claimed(ready)
    assert await ready.write(lambda c: twins.set_due(c, "c1", "t1", NOW + 1))
    assert await ready.write(lambda c: leases.release(c, claim)) is True
    assert not await ready.write(lambda c: twins.set_due(c, "c1", "nobody", NOW))


async def test_deferred_work_waits_until_it_is_woken(ready: Store):
    await create(ready, twin("t1"), twin("t2"), due_at=NOW)
    await ready.write(lambda c: twins.defer(c, "c1", "t1"))
    await ready.write(lambda c: twins.set_due(c, "c1", "t2", None))
    assert await ready.read(lambda c: twins.due(c, NOW)) == []

    assert await ready.write(lambda c: twins.wake(c, "c1", NOW + 3)) == 1
    assert await ready.read(lambda c: twins.due(c, NOW + 3)) == [TwinKey("c1", "t1")]


def parked_twin(attempts: int = 6) -> ParkedTwin:
    return ParkedTwin(
        twin="t1",
        connection="c1",
        issue="TIDE-1",
        fault="rule",
        message="boom \x00",
        remedy="Correct the rule.",
        since=NOW,
        attempts=attempts,
        file="outgoing.py",
        line=3,
        trace="Traceback …",
    )


async def test_a_parked_twin_waits_for_a_person(ready: Store):
    await create(ready, twin(), due_at=NOW)
    claim = await claimed(ready)
    assert await ready.write(lambda c: parked.park(c, parked_twin(), claim))

    assert await ready.read(lambda c: parked.get(c, "c1", "t1")) == parked_twin()
    assert await ready.read(parked.page) == [parked_twin()]
    assert await ready.read(parked.count) == {"c1": 1}
    assert await ready.write(lambda c: take(c, "b")) == Busy(until=0, parked=True)
    assert await receive(ready, message(1))
    assert await ready.read(lambda c: twins.due(c, NOW + 10 * LEASE)) == []
    assert await ready.read(twins.next_due) is None

    asked = await ready.write(lambda c: take(c, "b", include_parked=True))
    assert isinstance(asked, Claim)
    assert asked.parked
    assert asked.attempts == 6


async def test_a_person_sends_a_parked_twin_on(ready: Store):
    await create(ready, twin())
    assert await ready.write(lambda c: parked.park(c, parked_twin()))
    assert await ready.write(lambda c: parked.unpark(c, "c1", "t1", NOW + 4))
    assert not await ready.write(lambda c: parked.unpark(c, "c1", "t1", NOW + 4))
    assert await ready.read(lambda c: parked.get(c, "c1", "t1")) is None
    assert await ready.read(lambda c: twins.due(c, NOW + 4)) == [TwinKey("c1", "t1")]
    assert (await claimed(ready, now=NOW + 4)).attempts == 0


async def test_only_a_twin_that_exists_is_parked(ready: Store):
    assert not await ready.write(lambda c: parked.park(c, parked_twin()))
    assert await ready.read(parked.page) == []


async def test_a_removed_connection_takes_its_twins_along(ready: Store):
    await create(ready, twin(), twin("t2", "c2"))
    await ready.write(lambda c: parked.park(c, parked_twin()))
    assert await ready.write(lambda c: connections.remove(c, "c1"))
    assert await ready.read(twins.count) == {"c2": 1}
    assert await ready.read(parked.page) == []


async def test_all_of_it_outlives_a_restart(url: str, ready: Store):
    await create(ready, twin(version=6), due_at=NOW)
    await receive(ready, message(4))
    await ready.close()
    async with open_store(url, vault=ready.vault) as again:
        found = await row(again)
        assert (found.state.version, found.due_at, found.incoming) == (6, NOW, message(4))

"""What a reconcile came to is committed whole or not at all."""

from typing import Any

import pytest

from schemas.errors import StoreUnavailable
from service.store import activity, conflicts, leases, outbox
from service.store.twin_records import Claim
from service.sync.merge import Conflict
from service.workers.bench import Note, Outcome
from service.workers.ledger import Due, Ledger
from service.workers.worker import LEASE


async def claimed(shop: Any, twin: str) -> Claim:
    claim = await shop.store.write(lambda c: leases.claim(c, "c", twin, "me", shop.at, LEASE))
    assert isinstance(claim, Claim)
    return claim


def ledger(shop: Any, claim: Claim) -> Ledger:
    live = shop.roster.connections["c"]
    return Ledger(shop.store, live, None, claim, here="node/a", change="ch", now=shop.at)


def outcome(twin: Any, message: Any = None) -> Outcome:
    lost = Conflict("summary", "us", "ours", "theirs", 1, 2)
    return Outcome(twin, message, (lost,), (Note("fields.written", {"fields": ["summary"]}),))


async def kept(shop: Any, twin: str) -> tuple[int, int, int]:
    """Versions sent, conflicts and lines of activity."""

    def work(c: Any) -> tuple[int, int, int]:
        return (
            len(outbox.after(c, "peer", 0, 1 << 20, 10)),
            len(conflicts.page(c, connection="c", twin=twin)),
            len(activity.page(c, connection="c", twin=twin)),
        )

    return await shop.store.read(work)


async def test_twin_message_conflicts_and_activity_are_one_transaction(
    private, issue_of, monkeypatch
) -> None:
    twin = await private.sync("c", issue_of(private.trackers["a"]))
    (message,) = await private.sent()
    claim = await claimed(private, twin)
    before, row = await kept(private, twin), await private.row("c", twin)

    def fails(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr("service.workers.ledger.leases.save", fails)
    with pytest.raises(StoreUnavailable):
        await ledger(private, claim).checkpoint(outcome(claim.state, message))
    assert await kept(private, twin) == before
    assert (await private.row("c", twin)).state == row.state

    monkeypatch.undo()
    again = await ledger(private, claim).finish(outcome(claim.state), Due(private.at + 5, 2))
    assert not again
    sent, lost, lines = before
    assert await kept(private, twin) == (sent, lost + 1, lines + 1)
    row = await private.row("c", twin)
    assert (row.due_at, row.attempts, row.lease_owner) == (private.at + 5, 2, "")


async def test_a_message_tells_the_way_that_its_content_came(private, issue_of) -> None:
    await private.sync("c", issue_of(private.trackers["a"]))
    (message,) = await private.sent()
    assert message.path == ("node/a",)


async def test_the_losing_value_can_be_read_again(private, issue_of) -> None:
    twin = await private.sync("c", issue_of(private.trackers["a"]))
    claim = await claimed(private, twin)
    await ledger(private, claim).checkpoint(outcome(claim.state))
    (row,) = await private.store.read(lambda c: conflicts.page(c, connection="c", twin=twin))
    found = row.conflict
    assert (found.kept, found.lost, found.winner, found.decided_by) == (
        "ours",
        "theirs",
        "local",
        "newest",
    )

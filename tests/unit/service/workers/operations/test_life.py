"""From the check string to the end: confirmed, paused, removed, broken, each told to the other."""

from typing import Any

import pytest

from schemas.connection_api import (
    ConnectionAccept,
    ConnectionConfirm,
    ConnectionInitiate,
    ConnectionRemove,
    SettingsBody,
)
from schemas.errors import InputError
from schemas.pairs_api import PairAgainBody, PairClaim, PairsQuery
from schemas.peer import ConnectionNotice
from schemas.twin_api import SyncBody
from service.store import connections, outbox
from service.workers.notices import hear
from service.workers.upkeep import TOMBSTONE, Upkeep
from tests.unit.service.workers.operations.conftest import Office

NAME = "left-right"


async def paired(one: Office, other: Office, *, trusted: bool = True) -> None:
    """`one` is public and invites; both call the connection the same."""
    invited = await one.operations.initiate(
        ConnectionInitiate(
            connector="tracker",
            local_side="left",
            remote_side="right",
            settings=SettingsBody(project="P"),
            trusted=trusted,
        )
    )
    await other.operations.accept(
        ConnectionAccept(
            invited.invitation, "tracker", settings=SettingsBody(project="P"), trusted=trusted
        )
    )


async def work(*offices: Office) -> None:
    """All that was rung for, on each node."""
    for office in offices:
        events, office.shop.published = office.shop.published, []
        await office.shop.worker.handle(events)


def summaries(office: Office) -> list[Any]:
    tracker = office.shop.trackers["tracker"]
    return [issue.fields["summary"] for issue in tracker.issues.values()]


async def test_nothing_travels_before_both_admins_have_confirmed(offices, issue_of) -> None:
    public, private = offices
    await paired(public, private, trusted=False)
    here, there = (
        await public.operations.connection(NAME),
        await private.operations.connection(NAME),
    )
    assert (here.status, there.status) == ("pending", "pending")
    assert here.check == there.check
    assert "tidegate connection confirm left-right" in there.reason
    issue = issue_of(public.shop.trackers["tracker"])
    with pytest.raises(InputError, match="under no connection"):
        await public.operations.sync(SyncBody(issue))

    confirmed = await private.operations.confirm(NAME, ConnectionConfirm(here.check))
    assert (confirmed.status, confirmed.confirmed) == ("pending", "local")
    await private.says_to(public)
    assert (await public.operations.connection(NAME)).confirmed == "remote"
    assert (await public.operations.confirm(NAME, ConnectionConfirm())).status == "active"
    await private.says_to(public)
    assert await private.standing(NAME) == ("active", "")


async def test_another_check_string_is_refused_and_confirms_nothing(offices) -> None:
    public, private = offices
    await paired(public, private, trusted=False)
    with pytest.raises(InputError, match="differ") as refused:
        await public.operations.confirm(NAME, ConnectionConfirm("1234 5678"))
    assert "Remove the connection" in refused.value.remedy
    assert (await public.operations.connection(NAME)).confirmed == ""


async def test_a_message_that_overtakes_the_confirmation_stands_for_it(offices, issue_of) -> None:
    public, private = offices
    await paired(public, private, trusted=False)
    await public.operations.confirm(NAME, ConnectionConfirm())
    await public.says_to(private)
    await private.operations.confirm(NAME, ConnectionConfirm())
    issue = issue_of(private.shop.trackers["tracker"], summary="early")
    await private.operations.sync(SyncBody(issue))
    peer = public.identity.id
    own = private.shop.roster.connection_named(NAME).record.id
    seq = await private.shop.store.read(lambda c: outbox.seq_of(c, own, "@connection"))
    await private.shop.store.write(lambda c: outbox.drop(c, peer, seq))
    await private.says_to(public)
    assert await public.standing(NAME) == ("active", "")
    await work(public)
    assert summaries(public) == ["early"]


async def test_an_unconfirmed_side_takes_no_issue(offices, issue_of) -> None:
    public, private = offices
    await paired(public, private, trusted=False)
    own = private.shop.roster.connection_named(NAME).record
    # A peer that does not keep to the rules.
    await private.shop.store.write(
        lambda c: connections.set_status(c, own.id, "active", "", private.shop.at)
    )
    await private.shop.roster.reload()
    await private.operations.sync(SyncBody(issue_of(private.shop.trackers["tracker"])))
    answer = await private.says_to(public)
    assert [refusal.code for refusal in answer.refused] == ["no_connection"]
    assert summaries(public) == []


async def test_a_pause_is_told_and_what_changes_meanwhile_travels_once_afterwards(
    offices, issue_of
) -> None:
    public, private = offices
    await paired(public, private)
    tracker = private.shop.trackers["tracker"]
    issue = issue_of(tracker, summary="first")
    await private.operations.sync(SyncBody(issue))
    await public.operations.pause(NAME)
    await public.says_to(private)
    assert await private.standing(NAME) == ("paused", "Paused by left.")
    assert (await private.operations.connection(NAME)).paused_by == "remote"
    # Confirmations of other connections must not pass for what waits in this one.
    await private.says_to(public)
    assert summaries(public) == []
    with pytest.raises(InputError, match="paused by left"):
        await private.operations.resume(NAME)

    await private.operations.pause(NAME)
    await private.says_to(public)
    assert (await public.operations.connection(NAME)).paused_by == "both"
    assert (await public.operations.resume(NAME)).status == "paused"
    await private.operations.resume(NAME)
    await private.says_to(public)
    assert await private.standing(NAME) == ("active", "")
    await private.says_to(public)
    await work(public)
    assert summaries(public) == ["first"]
    assert await public.standing(NAME) == ("active", "")


async def test_what_waited_in_a_pause_is_not_confirmed_by_a_neighbour(offices, issue_of) -> None:
    public, private = offices
    await paired(public, private)
    await paired(public, private)
    tracker = private.shop.trackers["tracker"]
    await private.operations.sync(SyncBody(issue_of(tracker, summary="rests"), connection=NAME))
    await private.operations.pause(NAME)
    await private.operations.sync(
        SyncBody(issue_of(tracker, summary="goes"), connection=f"{NAME}-2")
    )
    await private.says_to(public)
    await work(public)
    assert summaries(public) == ["goes"]
    await private.operations.resume(NAME)
    await private.says_to(public)
    await work(public)
    assert sorted(summaries(public)) == ["goes", "rests"]


async def test_removing_is_told_cleans_up_both_sides_and_frees_the_name(offices, issue_of) -> None:
    public, private = offices
    await paired(public, private)
    await private.operations.sync(SyncBody(issue_of(private.shop.trackers["tracker"])))
    await private.says_to(public)
    await work(public)
    with pytest.raises(InputError, match="1 issues are under sync"):
        await public.operations.remove_connection(NAME, ConnectionRemove())
    await public.operations.remove_connection(NAME, ConnectionRemove(confirmed=True))
    with pytest.raises(InputError, match="no connection"):
        await public.operations.connection(NAME)
    await public.says_to(private)
    for office, why in ((public, "Removed by left."), (private, "Removed by left.")):
        (live,) = office.shop.roster.connections.values()
        assert (live.record.status, live.record.reason) == ("removed", why)
        assert await office.shop.rows() == []
        assert len(summaries(office)) == 1
    await paired(public, private)
    assert (await public.operations.connection(NAME)).status == "active"


async def test_a_removed_connection_is_forgotten_a_month_after_the_other_side_knows(
    offices,
) -> None:
    public, private = offices
    await paired(public, private)
    await public.operations.remove_connection(NAME, ConnectionRemove())
    upkeep = keeper(public)
    public.shop.at += TOMBSTONE + 1
    await upkeep.once()
    assert len(public.shop.roster.connections) == 1
    await public.says_to(private)
    await upkeep.once()
    assert not public.shop.roster.connections


def keeper(office: Office) -> Upkeep:
    return Upkeep(
        office.shop.store,
        office.shop.roster,
        changed=office.shop.roster.reload,
        ring_peer=office.shop.peers.append,
        now=office.shop.now,
    )


async def test_a_peer_that_forgot_the_connection_breaks_it_until_it_knows_it_again(
    offices, issue_of
) -> None:
    public, private = offices
    await paired(public, private)
    (live,) = public.shop.roster.connections.values()
    await public.shop.store.write(lambda c: connections.remove(c, live.record.id))
    await public.shop.roster.reload()
    await private.operations.sync(
        SyncBody(issue_of(private.shop.trackers["tracker"], summary="kept"))
    )
    await private.says_to(public)
    status, why = await private.standing(NAME)
    assert status == "broken"
    assert "does not know this connection any more" in why
    await keeper(private).once()
    assert public.identity.id in private.shop.peers
    await private.says_to(public)
    assert (await private.operations.connection(NAME)).status == "broken"

    await public.shop.store.write(lambda c: connections.add(c, live.record))
    await public.shop.roster.reload()
    await keeper(private).once()
    await private.says_to(public)
    assert await private.standing(NAME) == ("active", "")
    due = [(row.connection, row.twin) for row in await private.shop.rows() if row.due_at]
    assert len(due) == 1
    private.shop.published = [_due(*due[0])]
    await work(private)
    await private.says_to(public)
    await work(public)
    assert summaries(public) == ["kept"]


def _due(connection: str, twin: str) -> Any:
    from schemas.events import TwinDue

    return TwinDue(twin, connection)


async def test_removed_pairs_are_paired_again_when_both_sides_say_so(offices, issue_of) -> None:
    public, private = offices
    await paired(public, private)
    await private.operations.sync(
        SyncBody(issue_of(private.shop.trackers["tracker"], summary="old"))
    )
    for _ in range(3):
        await private.says_to(public)
        await work(public, private)
    theirs = (await private.operations.pairs(NAME, PairsQuery())).results
    ours = (await public.operations.pairs(NAME, PairsQuery())).results
    assert (theirs[0].local_id, theirs[0].remote_id) == (ours[0].remote_id, ours[0].local_id)
    await public.operations.remove_connection(NAME, ConnectionRemove(confirmed=True))
    await public.says_to(private)
    await paired(public, private)

    body = PairAgainBody((PairClaim(ours[0].local_id, ours[0].remote_id),))
    (row,) = (await public.operations.pair_again(NAME, body)).rows
    assert row.outcome == "paired"
    await work(public)
    await public.says_to(private)
    await work(private)
    # Their admin has not said so: nothing is read, nothing is made.
    assert len(summaries(private)) == 1
    assert await waiting(private, public) == 0

    body = PairAgainBody((PairClaim(theirs[0].local_id, theirs[0].remote_id),))
    await private.operations.pair_again(NAME, body)
    await work(private)
    edit(private, theirs[0].local_id, "new")
    await private.shop.change("tracker", theirs[0].local_id)
    for _ in range(3):
        await private.says_to(public)
        await work(public, private)
    assert (summaries(public), summaries(private)) == (["new"], ["new"])
    assert (await private.operations.pair_again(NAME, body)).rows[0].outcome == "already"


async def waiting(office: Office, other: Office) -> int:
    return await office.shop.store.read(lambda c: outbox.count(c, other.identity.id))


def edit(office: Office, issue: str, summary: str) -> None:
    office.shop.at += 1_000
    office.shop.trackers["tracker"].person_sets(issue, "summary", summary)


async def test_rows_that_cannot_be_paired_are_told_and_keep_no_other_back(
    offices, issue_of
) -> None:
    public, private = offices
    await paired(public, private)
    known = issue_of(public.shop.trackers["tracker"])
    body = PairAgainBody((PairClaim("nowhere", "9"), PairClaim(known, "8")), dry_run=True)
    report = (await public.operations.pair_again(NAME, body)).rows
    assert [row.outcome for row in report] == ["unknown_issue", "paired"]
    assert await public.shop.rows() == []
    await public.operations.pair_again(NAME, PairAgainBody((PairClaim(known, "8"),)))
    other = PairAgainBody((PairClaim(known, "7"),))
    assert (await public.operations.pair_again(NAME, other)).rows[0].outcome == "not_allowed"


async def test_a_late_notice_changes_nothing(offices) -> None:
    public, private = offices
    await paired(public, private)
    own = private.shop.roster.connection_named(NAME).record.id

    async def hears(status: str, serial: int) -> str:
        notice = ConnectionNotice(status, serial, private.shop.at)
        await private.shop.store.write(lambda c: hear(c, own, notice, private.shop.at))
        await private.shop.roster.reload()
        return (await private.standing(NAME))[0]

    assert await hears("paused", 8) == "paused"
    assert await hears("active", 7) == "paused"
    assert await hears("active", 9) == "active"
    assert await hears("removed", 9) == "active"


async def test_who_was_invited_waits_for_the_inviter_before_it_speaks_of_a_pair(
    offices, issue_of
) -> None:
    public, private = offices
    await paired(public, private)
    theirs = issue_of(private.shop.trackers["tracker"], summary="b")
    body = PairAgainBody((PairClaim(theirs, "far"),))
    assert (await private.operations.pair_again(NAME, body)).rows[0].outcome == "paired"
    edit(private, theirs, "c")
    await private.shop.change("tracker", theirs)
    await work(private)
    assert await waiting(private, public) == 0

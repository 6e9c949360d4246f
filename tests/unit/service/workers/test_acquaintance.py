"""What two nodes learn of each other after their pairing: keys, identities, addresses, pasts."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from adapters.offer import Adapter
from schemas.errors import PeerError, PeerUnavailable
from schemas.node import PublicPeer
from schemas.peer import Card, FeedItem
from schemas.replica import Replica, TwinMessage
from service.peers import key_ring
from service.peers.cards import own_card
from service.peers.feed import seal_message
from service.peers.identity import NodeIdentity, node_id
from service.peers.lineage import PROBATION
from service.store import activity, settings
from service.workers.acquaintance import FORK_REASON, lift
from tests.simulation.model_tracker import CAPABILITIES
from tests.unit.service.workers.company import OPENERS, Company, company, connect, copied
from tests.unit.service.workers.workshop import NOW

DAY = 86_400_000
OLD, NEW = "https://acme.example", "https://sync.acme.example"


@pytest.fixture(autouse=True)
def systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "service.workers.systems.system", lambda name: Adapter(CAPABILITIES, OPENERS[name])
    )


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Company, Company]]:
    """A public node and a private one that have met."""
    async with (
        opened(tmp_path / "acme", "acme", OLD) as acme,
        opened(tmp_path / "globex", "globex", "") as globex,
    ):
        await connect(acme, globex)
        await globex.ask(acme)
        await globex.ask(acme)
        yield acme, globex


def opened(folder: Path, name: str, url: str, *, trackers=None, at: int = NOW):
    folder.mkdir(exist_ok=True)
    return company(folder, name, url, {} if trackers is None else trackers, at)


async def events(at: Company) -> list[str]:
    rows = await at.shop.store.read(lambda c: activity.page(c))
    return [row.activity.event for row in rows]


async def test_what_both_know_of_each_other_is_not_said_again(
    pair,
) -> None:
    acme, globex = pair
    assert globex.only_peer.knows == globex.identity.serial
    assert acme.only_peer.knows == acme.identity.serial
    said = await globex.say()
    assert said.card is None
    assert said.runs == ()


async def test_exchanges_without_news_of_the_peer_write_nothing_about_it(pair) -> None:
    """Even where a peer says that it knows less than it had told before."""
    acme, globex = pair
    said = await globex.say()
    before = await acme.shop.store.read(lambda c: settings.get(c, "roster.version"))
    await acme.answer(said)
    await acme.answer(msgspec.structs.replace(await globex.say(), card_known=0))
    assert await acme.shop.store.read(lambda c: settings.get(c, "roster.version")) == before


async def test_a_new_message_key_is_learnt_and_used(pair) -> None:
    acme, globex = pair
    before = acme.identity.message_key
    await acme.keys.rotate_message_key()
    assert acme.told == 2
    await globex.ask(acme)
    assert globex.only_peer.message_key == acme.identity.message_key != before
    assert "peer.key_changed" in await events(globex)


async def test_message_keys_are_renewed_weekly_and_forgotten_thirty_days_later(pair) -> None:
    acme, _ = pair
    first = acme.identity.message_key
    for day in range(8):
        acme.shop.at = NOW + day * DAY
        await acme.keys.look()
    assert acme.identity.message_key != first
    assert len(acme.identity.ring.messages) == 2
    acme.shop.at = NOW + 38 * DAY
    await acme.keys.look()
    await acme.keys.look()
    assert len(acme.identity.ring.messages) == 2


async def test_what_was_sealed_to_a_lost_key_goes_once_more(pair, issue_of) -> None:
    acme, globex = pair
    await globex.shop.sync("c", issue_of(globex.shop.trackers["k"]))
    old = acme.identity.ring
    later = key_ring.with_new_message_key(old, os.urandom, NOW)
    acme.identity.adopt(msgspec.structs.replace(later, messages=later.messages[:1]))
    await globex.ask(acme)
    await globex.ask(acme)
    await globex.ask(acme)
    assert [row.incoming is not None for row in await acme.shop.rows()] == [True]
    assert await globex.shop.parked() == []


async def test_a_peer_cannot_make_a_node_renew_its_card_all_the_time(pair) -> None:
    acme, globex = pair
    for _ in range(5):
        said = await globex.say()
        above = msgspec.structs.replace(said, card_known=acme.identity.serial + 1)
        await acme.answer(above)
    assert (await events(acme)).count("node.card_renewed") == 1
    acme.shop.at += 60_000
    await acme.answer(msgspec.structs.replace(said, card_known=acme.identity.serial + 1))
    assert (await events(acme)).count("node.card_renewed") == 2


async def test_an_old_card_cannot_be_played_again(pair) -> None:
    acme, globex = pair
    old = own_card(acme.identity)
    await acme.keys.rotate_message_key()
    await globex.ask(acme)
    present = globex.only_peer
    answer = await acme.answer(await globex.say())
    await globex.feed.absorb(present, msgspec.structs.replace(answer, card=old))
    assert globex.only_peer.message_key == acme.identity.message_key


async def test_a_card_that_another_identity_signed_spoils_the_exchange(pair) -> None:
    acme, globex = pair
    stranger = NodeIdentity.generate(os.urandom, NOW + 10)
    answer = await acme.answer(await globex.say())
    card = own_card(stranger)
    for forged in (card, Card(card.content, acme.identity.sign(b"x"), card.lineage)):
        with pytest.raises(PeerError):
            await globex.feed.absorb(globex.only_peer, msgspec.structs.replace(answer, card=forged))
    assert globex.only_peer.identity_key == acme.identity.identity_key


async def test_a_new_identity_is_taken_over_under_the_same_id_and_told(pair, issue_of) -> None:
    acme, globex = pair
    known = globex.only_peer.id
    first = acme.identity.id
    await acme.keys.rotate_identity()
    assert acme.identity.id != first
    assert acme.identity.origin == first
    # Until the peer has the card, the old identity speaks.
    assert acme.identity.towards(acme.only_peer).id == first
    await globex.shop.sync("c", issue_of(globex.shop.trackers["k"]))
    await globex.ask(acme)
    peer = globex.only_peer
    assert (peer.id, node_id(peer.identity_key)) == (known, acme.identity.id)
    assert node_id(peer.former_key) == first
    assert "peer.identity_changed" in await events(globex)
    await globex.ask(acme)
    assert acme.identity.towards(acme.only_peer).id == acme.identity.id
    await globex.ask(acme)
    assert globex.only_peer.former_key == b""
    assert len(await acme.shop.rows()) == 1


async def test_a_peer_that_was_away_for_two_identities_follows_the_line(pair) -> None:
    acme, globex = pair
    for _ in range(2):
        acme.shop.at += DAY
        await acme.keys.rotate_identity()
    await globex.ask(acme)
    assert globex.only_peer.identity_key == acme.identity.identity_key


async def test_both_may_change_their_identity_at_once_and_still_read_each_other(
    pair, issue_of
) -> None:
    acme, globex = pair
    await globex.shop.sync("c", issue_of(globex.shop.trackers["k"]))
    await acme.keys.rotate_identity()
    await globex.keys.rotate_identity()
    for _ in range(4):
        await globex.ask(acme)
    assert globex.only_peer.identity_key == acme.identity.identity_key
    assert acme.only_peer.identity_key == globex.identity.identity_key
    assert len(await acme.shop.rows()) == 1


async def test_a_node_that_moved_is_followed_and_a_forbidden_address_is_not(pair) -> None:
    acme, globex = pair
    acme.shop.at += 1
    await acme.keys.set_url(NEW)
    await globex.ask(acme)
    peer = globex.only_peer
    assert isinstance(peer, PublicPeer)
    assert peer.url == NEW
    await acme.keys.set_url("http://10.0.0.1")
    await globex.ask(acme)
    peer = globex.only_peer
    assert isinstance(peer, PublicPeer)
    assert (peer.url, peer.refused_url) == (NEW, "http://10.0.0.1")
    assert {"peer.moved", "peer.url_refused"} <= set(await events(globex))


async def test_a_second_pairing_finds_the_peer_under_its_newer_identity(pair) -> None:
    acme, globex = pair
    await acme.keys.rotate_identity()
    await globex.ask(acme)
    known = globex.only_peer.id
    again = await globex.pin(acme.as_peer())
    assert again.id == known
    assert len(globex.shop.roster.peers) == 1


async def test_a_restart_is_no_restore(tmp_path: Path, pair) -> None:
    acme, globex = pair
    for _ in range(3):
        await globex.runs.register()
        assert (await globex.ask(acme)).verdict == ""
    assert acme.only_peer.lineage.run == globex.runs.current


async def synced(acme: Company, globex: Company, issue: str) -> str:
    twin = await globex.shop.sync("c", issue)
    await settled(acme, globex)
    return twin


async def settled(acme: Company, globex: Company) -> None:
    for _ in range(4):
        acme.shop.at = globex.shop.at = max(acme.shop.at, globex.shop.at) + 1000
        await globex.work()
        await acme.work()
        await globex.ask(acme)


async def until_restored(acme: Company, globex: Company) -> None:
    """Two minutes of doubt, and the verdict."""
    for passed in (0, PROBATION // 2, PROBATION):
        acme.shop.at = globex.shop.at = max(acme.shop.at, globex.shop.at) + passed
        with pytest.raises(PeerUnavailable):
            await globex.ask(acme)


async def test_a_restored_node_resyncs_and_doubles_nothing(tmp_path: Path, pair, issue_of) -> None:
    acme, globex = pair
    tracker, far = globex.shop.trackers["k"], acme.shop.trackers["k"]
    early = issue_of(tracker)
    await synced(acme, globex, early)
    backup = copied(tmp_path / "globex", tmp_path / "restored")
    # What follows is forgotten: a twin of its own issue, one of the other side's, an edit, words.
    late = issue_of(tracker, summary="late")
    await globex.runs.register()
    await synced(acme, globex, late)
    theirs = issue_of(far, summary="theirs")
    await acme.shop.sync("c", theirs)
    tracker.person_sets(early, "summary", "edited")
    tracker.person_comments(early, "a word")
    await globex.shop.change("k", early)
    far.person_comments(next(i for i in far.issues if i != theirs), "from afar")
    for issue in list(far.issues):
        await acme.shop.change("k", issue)
    await settled(acme, globex)
    counts = [(len(t.issues), texts(t)) for t in (tracker, far)]
    assert [count for count, _ in counts] == [3, 3]

    trackers, at = globex.shop.trackers, globex.shop.at + 1000
    async with opened(backup, "globex", "", trackers=trackers, at=at) as restored:
        await until_restored(acme, restored)
        tracker.person_sets(early, "summary", "edited after all")
        await restored.shop.change("k", early)
        await settled(acme, restored)
        await settled(acme, restored)
        assert "node.restored" in await events(restored)
        assert "peer.restored" in await events(acme)
        assert await restored.shop.parked() == await acme.shop.parked() == []
        assert len(await restored.shop.rows()) == 3
    assert [(len(t.issues), texts(t)) for t in (tracker, far)] == counts
    summaries = [
        sorted(str(i.fields["summary"]) for i in t.issues.values()) for t in (tracker, far)
    ]
    assert summaries[0] == summaries[1] == ["edited after all", "late", "theirs"]


def texts(tracker) -> list[tuple[int, int]]:
    return sorted((len(held.comments), len(held.files)) for held in tracker.issues.values())


async def test_two_copies_are_noticed_and_the_claimed_one_goes_on(
    tmp_path: Path, pair, issue_of
) -> None:
    acme, globex = pair
    image = copied(tmp_path / "globex", tmp_path / "copy")
    await globex.runs.register()
    await globex.ask(acme)
    at = globex.shop.at
    async with opened(image, "globex", "", trackers={}, at=at) as copy:
        await copy.shop.sync("c", issue_of(copy.shop.trackers["k"]))
        with pytest.raises(PeerUnavailable, match="this node was restored"):
            await copy.ask(acme)
        for each in (globex, copy):
            with pytest.raises(PeerUnavailable, match="two copies"):
                await each.ask(acme)
            halted = await each.connection()
            assert halted.status == "broken"
            assert "tidegate node claim" in halted.reason
        assert await acme.shop.rows() == []
        assert acme.only_peer.lineage.forked

        await globex.runs.make_claim()
        await globex.ask(acme)
        assert not acme.only_peer.lineage.forked
        with pytest.raises(PeerUnavailable, match="two copies"):
            await copy.ask(acme)
        await globex.ask(acme)
        # Also once the copy was started again.
        await copy.runs.register()
        with pytest.raises(PeerUnavailable, match="two copies"):
            await copy.ask(acme)
        await globex.ask(acme)
        assert await acme.shop.rows() == []


async def test_daemons_that_share_a_database_are_no_copies(pair) -> None:
    acme, globex = pair
    first = globex.runs.current, globex.runs.lately
    await globex.runs.register()
    second = globex.runs.current, globex.runs.lately
    for current, lately in (second, first, second, first):
        globex.runs.current, globex.runs.lately = current, lately
        assert (await globex.ask(acme)).verdict == ""


async def test_what_a_restored_public_node_forgot_is_seen_by_itself(tmp_path: Path, pair) -> None:
    acme, globex = pair
    image = copied(tmp_path / "acme", tmp_path / "acme-restored")
    await acme.runs.register()
    await globex.ask(acme)
    async with opened(image, "acme", OLD, trackers=acme.shop.trackers) as restored:
        await until_restored_there(restored, globex)
        await globex.ask(restored)
        assert "node.restored" in await events(restored)
        assert "peer.restored" in await events(globex)


async def until_restored_there(acme: Company, globex: Company) -> None:
    for passed in (0, PROBATION):
        acme.shop.at = globex.shop.at = max(acme.shop.at, globex.shop.at) + passed
        with pytest.raises(PeerUnavailable):
            await globex.ask(acme)


async def test_a_peer_cannot_make_a_node_begin_anew_all_the_time(pair) -> None:
    acme, globex = pair
    said = await globex.say()
    for number in range(3):
        begun = msgspec.structs.replace(said, epoch=f"other-{number}")
        answer = await acme.answer(begun)
        assert answer.verdict == ("" if number == 0 else "wait")
    assert (await events(acme)).count("peer.restored") == 1


async def test_a_message_cannot_remind_of_an_issue_that_its_twin_was_not_made_of(
    pair, issue_of
) -> None:
    acme, globex = pair
    secret = issue_of(acme.shop.trackers["k"], summary="not under sync")
    message = TwinMessage("t", "far", 7, 3, Replica({"summary": "x"}), whole=True, yours=secret)
    sealed = seal_message(globex.identity, globex.only_peer, "shared", message)
    said = msgspec.structs.replace(await globex.say(), items=(FeedItem(1, "shared", "t", sealed),))
    await acme.answer(said)
    await acme.work()
    (row,) = await acme.shop.rows()
    assert row.state.issue is not None
    assert row.state.issue.id != secret


async def test_a_restored_peer_is_spoken_to_by_the_identity_that_it_knows(
    tmp_path: Path, pair
) -> None:
    acme, globex = pair
    first = acme.identity.id
    image = copied(tmp_path / "globex", tmp_path / "restored")
    await globex.runs.register()
    await acme.keys.rotate_identity()
    for _ in range(3):
        await globex.ask(acme)
    assert acme.identity.towards(acme.only_peer).id == acme.identity.id != first
    async with opened(image, "globex", "", trackers=globex.shop.trackers, at=NOW) as restored:
        with pytest.raises(PeerUnavailable):
            await restored.ask(acme)
        assert acme.identity.towards(acme.only_peer).id == first
        await until_restored(acme, restored)
        for _ in range(3):
            await restored.ask(acme)
        assert restored.only_peer.identity_key == acme.identity.identity_key
        assert acme.identity.towards(acme.only_peer).id == acme.identity.id


async def test_a_claim_lifts_the_halt_of_the_real_node_and_not_of_the_copy(
    tmp_path: Path, pair
) -> None:
    acme, globex = pair
    image = copied(tmp_path / "globex", tmp_path / "copy")
    await globex.runs.register()
    await globex.ask(acme)
    async with opened(image, "globex", "", trackers={}, at=globex.shop.at) as copy:
        for each in (copy, globex, copy):
            with pytest.raises(PeerUnavailable):
                await each.ask(acme)
        await globex.runs.make_claim()
        peer, now = globex.only_peer.id, globex.shop.now()
        await globex.shop.store.write(lambda c: lift(c, peer, FORK_REASON, now))
        await globex.ask(acme)
        with pytest.raises(PeerUnavailable):
            await copy.ask(acme)
        assert (await globex.connection()).status == "active"
        assert (await copy.connection()).status == "broken"

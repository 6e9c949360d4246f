"""The records of a node: connectors, connections, peers, invitations, rules and the rest."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
import sqlalchemy as sa

from schemas.errors import ConfigurationError, InputError
from schemas.node import Activity, Connection, ConnectionSettings, Connector, Peer, PublicPeer
from schemas.rich_text import plain
from schemas.rules import RuleSet, Snippet
from service.store import (
    activity,
    attachments,
    conflicts,
    connections,
    connectors,
    cursors,
    identity,
    invitations,
    nonces,
    outbox,
    peers,
    rule_snippets,
    rule_versions,
    settings,
    tables,
)
from service.store.attachments import AttachmentRequest
from service.store.conflicts import Conflict
from service.store.identity import Identity
from service.store.rule_snippets import SnippetVersion
from service.store.store import Store, open_store
from service.store.vault import Vault

NOW = 1_760_000_000_000
SECRET = "hunter2-пароль"


def connector(id: str = "x1", name: str = "Xœ", **params: object) -> Connector:
    return Connector(id, name, "jira", {"token": SECRET, "n": None} | params, NOW)


async def test_connectors_keep_their_settings(store: Store):
    await store.write(lambda c: connectors.add(c, store.vault, connector()))
    assert await store.read(lambda c: connectors.get(c, store.vault, "x1")) == connector()
    assert await store.read(lambda c: connectors.by_name(c, store.vault, "Xœ")) == connector()
    assert await store.read(lambda c: connectors.get(c, store.vault, "x2")) is None

    changed = connector(name="new", url="https://tracker")
    await store.write(lambda c: connectors.update(c, store.vault, changed))
    kept = msgspec.structs.replace(changed, revision=2)
    assert await store.read(lambda c: connectors.all(c, store.vault)) == [kept]
    with pytest.raises(InputError, match="changed meanwhile") as caught:
        await store.write(lambda c: connectors.update(c, store.vault, changed))
    assert caught.value.status == 412
    assert await store.write(lambda c: connectors.remove(c, "x1"))
    assert not await store.write(lambda c: connectors.remove(c, "x1"))


async def test_connector_names_are_unique(store: Store):
    await store.write(lambda c: connectors.add(c, store.vault, connector()))
    await store.write(lambda c: connectors.add(c, store.vault, connector("x2", "other")))
    with pytest.raises(ConfigurationError, match="exists already"):
        await store.write(lambda c: connectors.add(c, store.vault, connector("x3")))
    with pytest.raises(ConfigurationError, match="exists already"):
        await store.write(lambda c: connectors.update(c, store.vault, connector("x2")))
    with pytest.raises(ConfigurationError, match="no connector"):
        await store.write(lambda c: connectors.update(c, store.vault, connector("x9", "z")))


async def test_a_connector_in_use_stays(ready: Store):
    with pytest.raises(ConfigurationError, match="name c1, name c2"):
        await ready.write(lambda c: connectors.remove(c, "jira"))
    assert await ready.read(lambda c: connectors.get(c, ready.vault, "jira"))


async def test_secrets_cannot_be_read_from_the_rows(store: Store):
    own = Identity("node", "Node", "e1", b"private " + SECRET.encode())
    await store.write(lambda c: connectors.add(c, store.vault, connector()))
    await store.write(lambda c: identity.put(c, store.vault, own))

    def dump(c: sa.Connection) -> str:
        return repr([c.execute(sa.select(each)).all() for each in tables.metadata.sorted_tables])

    raw = await store.read(dump)
    assert "x1" in raw
    for secret in ("hunter2", "пароль", "private", repr(SECRET.encode())[2:-1]):
        assert secret not in raw


async def test_an_older_key_can_be_retired(url: str, store: Store):
    await store.write(lambda c: connectors.add(c, store.vault, connector()))
    await store.close()
    rotated = Vault([b"n" * 32, b"k" * 32])
    async with open_store(url, vault=rotated) as again:
        assert await again.write(lambda c: connectors.reseal(c, rotated)) == 1
        assert await again.write(lambda c: connectors.reseal(c, rotated)) == 0
        alone = Vault([b"n" * 32])
        assert await again.read(lambda c: connectors.get(c, alone, "x1")) == connector()


async def test_a_foreign_key_file_is_refused(url: str, store: Store):
    await store.close()
    with pytest.raises(ConfigurationError, match="does not belong"):
        async with open_store(url, vault=Vault([b"z" * 32])):
            pytest.fail("opened")


async def test_connections(ready: Store, make_connection: Callable[..., Connection]):
    assert await ready.read(lambda c: connections.get(c, "c1")) == make_connection("c1")
    assert await ready.read(lambda c: connections.get(c, "c9")) is None
    assert await ready.read(lambda c: connections.by_name(c, "name c2")) == make_connection("c2")
    local = [
        make_connection(id, shared="s", type="local", peer="", counterpart=other)
        for id, other in (("l1", "l2"), ("l2", "l1"))
    ]
    for each in local:
        await ready.write(lambda c, each=each: connections.add(c, each))
    assert await ready.read(lambda c: connections.by_shared(c, "s")) == local
    assert await ready.read(lambda c: connections.by_shared(c, "none")) == []


async def test_a_connection_changes(ready: Store):
    changed = ConnectionSettings(project="Ω", disclosed=("summary",))
    await ready.write(lambda c: connections.set_status(c, "c1", "paused", "by Ann\x00", NOW + 1))
    await ready.write(lambda c: connections.update_settings(c, "c1", changed, NOW + 2))
    found = await ready.read(lambda c: connections.get(c, "c1"))
    assert found is not None
    assert (found.status, found.changed, found.settings) == ("paused", NOW + 2, changed)
    assert found.reason.startswith("by Ann")
    assert [each.id for each in await ready.read(lambda c: connections.all(c, "active"))] == ["c2"]
    assert len(await ready.read(connections.all)) == 2
    with pytest.raises(ConfigurationError):
        await ready.write(lambda c: connections.set_status(c, "c9", "paused", "", NOW))


async def test_a_connection_needs_a_free_name_and_a_connector(
    ready: Store, make_connection: Callable[..., Connection]
):
    for wrong in (make_connection("c3", name="name c1"), make_connection("c3", connector="none")):
        with pytest.raises(ConfigurationError):
            await ready.write(lambda c, wrong=wrong: connections.add(c, wrong))
    assert len(await ready.read(connections.all)) == 2


async def test_a_private_peer_has_no_address(store: Store):
    private = Peer("p1", "Acme", b"\x00i" * 16, b"m" * 32, "e1")
    public = PublicPeer("p2", "Beta", b"i" * 32, b"m" * 32, "e1", "https://beta.example")
    for each in (private, public):
        await store.write(lambda c, each=each: peers.add(c, each))
    assert await store.read(peers.all) == [private, public]
    found = await store.read(lambda c: peers.get(c, "p1"))
    assert type(found) is Peer
    assert not hasattr(found, "url")
    with pytest.raises(ConfigurationError):
        await store.write(lambda c: peers.add(c, private))
    moved = PublicPeer("p1", "Acme", b"j" * 32, b"m" * 32, "e2", "https://acme.example")
    await store.write(lambda c: peers.update(c, moved))
    assert await store.read(lambda c: peers.get(c, "p1")) == moved


async def test_the_feed_goes_forward_only(store: Store):
    await store.write(lambda c: peers.add(c, Peer("p1", "Acme", b"i", b"m", "e1")))
    await store.write(lambda c: identity.put(c, store.vault, Identity("n", "N", "ours", b"k")))
    await store.write(lambda c: outbox.put(c, "p1", "c1", "t1", b"x", NOW))
    steps = [("e1", 5, True), ("e1", 5, False), ("e1", 4, False), ("e1", 9, True), ("e2", 1, True)]
    for epoch, seq, moved in steps:
        assert moved is await store.write(
            lambda c, epoch=epoch, seq=seq: peers.set_received(c, "p1", epoch, seq)
        )
    await store.write(lambda c: peers.set_contact(c, "p1", NOW))
    state = await store.read(lambda c: peers.feed_state(c, "p1"))
    assert state == peers.FeedState("ours", 1, "e2", 1, NOW)
    with pytest.raises(ConfigurationError):
        await store.read(lambda c: peers.feed_state(c, "nobody"))


async def test_the_identity_is_kept_and_not_shown(store: Store):
    assert await store.read(lambda c: identity.get(c, store.vault)) is None
    own = Identity("node", "Nodé", "e1", SECRET.encode())
    await store.write(lambda c: identity.put(c, store.vault, own))
    newer = Identity("node", "Nodé", "e2", SECRET.encode())
    await store.write(lambda c: identity.put(c, store.vault, newer))
    assert await store.read(lambda c: identity.get(c, store.vault)) == newer
    assert "hunter2" not in repr(newer)


async def invite(store: Store, **changes: int) -> None:
    times = {"now": NOW, "expires": NOW + 1000} | changes
    await store.write(lambda c: invitations.add(c, "i1", b"verifier", b"draft", **times))


async def test_an_invitation_burns_once(store: Store):
    await invite(store)
    burnt = await asyncio.gather(
        *(store.write(lambda c: invitations.burn(c, "i1", NOW)) for _ in range(12))
    )
    assert burnt.count(True) == 1
    await store.write(lambda c: invitations.set_answer(c, "i1", b"answer"))
    found = await store.read(lambda c: invitations.get(c, "i1"))
    assert found is not None
    assert (found.used, found.answer, found.draft) == (NOW, b"answer", b"draft")
    assert not await store.write(lambda c: invitations.revoke(c, "i1", NOW))


async def test_an_expired_or_revoked_invitation_does_not_burn(store: Store):
    await invite(store)
    assert not await store.write(lambda c: invitations.burn(c, "i1", NOW + 1000))
    assert not await store.write(lambda c: invitations.burn(c, "other", NOW))
    assert await store.write(lambda c: invitations.revoke(c, "i1", NOW))
    assert not await store.write(lambda c: invitations.burn(c, "i1", NOW))
    assert [each.revoked for each in await store.read(invitations.all)] == [NOW]


async def test_wrong_secrets_end_an_invitation(store: Store):
    await invite(store)
    for number in range(1, invitations.MAX_TRIES + 1):
        assert await store.write(lambda c: invitations.count_try(c, "i1")) == number
    assert not await store.write(lambda c: invitations.burn(c, "i1", NOW))
    assert await store.write(lambda c: invitations.count_try(c, "other")) == 0


async def test_rules_keep_every_version(ready: Store):
    def save(text: str):
        return lambda c: rule_versions.add(
            c, "c1", text, f"in {text}", author="Ann", message="why", now=NOW
        )

    assert await ready.read(lambda c: rule_versions.newest(c, "c1")) is None
    versions = await asyncio.gather(*(ready.write(save(f"# ё{n}")) for n in range(8)))
    assert sorted(versions) == list(range(1, 9))
    newest = await ready.read(lambda c: rule_versions.newest(c, "c1"))
    assert newest is not None
    assert newest.version == 8
    first = versions.index(1)
    assert await ready.read(lambda c: rule_versions.get(c, "c1", 1)) == RuleSet(
        1, f"# ё{first}", f"in # ё{first}"
    )
    assert await ready.read(lambda c: rule_versions.get(c, "c1", 99)) is None
    lines = await ready.read(lambda c: rule_versions.history(c, "c1", before=4, limit=2))
    assert [line.version for line in lines] == [3, 2]
    with pytest.raises(ConfigurationError):
        await ready.write(
            lambda c: rule_versions.add(c, "c9", "", "", author="", message="", now=NOW)
        )


async def test_rules_keep_the_snippets_that_they_use_and_snippets_every_version(ready: Store):
    def snippet(name: str, version: int, source: str, removed: bool = False):
        row = SnippetVersion(name, version, source, "Ann", "why", NOW, removed)
        return lambda c: rule_snippets.add(c, row)

    for made in (snippet("a", 1, "# ё1"), snippet("a", 2, "# ё2"), snippet("b", 1, "# ю")):
        await ready.write(made)
    await ready.write(
        lambda c: rule_versions.add(
            c, "c1", "o", "i", author="", message="", now=NOW, snippets={"b": 1, "a": 1}
        )
    )
    newest = await ready.read(lambda c: rule_versions.newest(c, "c1"))
    assert newest == RuleSet(
        1, "o", "i", snippets=(Snippet("a", 1, "# ё1"), Snippet("b", 1, "# ю"))
    )
    (line,) = await ready.read(lambda c: rule_versions.history(c, "c1"))
    assert line.snippets == {"a": 1, "b": 1}
    await ready.write(snippet("b", 2, "", True))
    assert [row.snippet for row in await ready.read(rule_snippets.newest)] == [
        Snippet("a", 2, "# ё2")
    ]
    assert (await ready.read(lambda c: rule_versions.newest(c, "c1"))) == newest
    rows = await ready.read(lambda c: rule_snippets.history(c, "a", before=2))
    assert [row.version for row in rows] == [1]
    assert await ready.read(lambda c: rule_snippets.get(c, "a", 3)) is None


async def test_activity_is_paged_newest_first_and_pruned(store: Store):
    for n in range(6):
        entry = Activity(
            NOW + n, "twin.written", "c1", f"t{n % 2}", "TIDE-1", detail={"text": "\x00 🙂", "n": n}
        )
        await store.write(lambda c, entry=entry: activity.append(c, entry))
    first = await store.read(lambda c: activity.page(c, limit=4))
    rest = await store.read(lambda c: activity.page(c, after=first[-1].id))
    assert [each.activity.detail["n"] for each in first + rest] == [5, 4, 3, 2, 1, 0]
    assert first[0].activity.detail["text"] == "\x00 🙂"
    of_twin = await store.read(lambda c: activity.page(c, connection="c1", twin="t1"))
    assert [each.activity.detail["n"] for each in of_twin] == [5, 3, 1]

    assert await store.write(lambda c: activity.prune(c, NOW + 3, limit=2)) == 2
    assert await store.write(lambda c: activity.prune(c, NOW + 3, limit=2)) == 1
    assert len(await store.read(activity.page)) == 3


async def test_conflicts_keep_the_losing_value(ready: Store):
    lost = plain("lost \x00 text")
    made = Conflict("c1", "t1", "description", plain("kept"), lost, "newest", "remote", NOW)
    await ready.write(lambda c: conflicts.add(c, made))
    (found,) = await ready.read(lambda c: conflicts.page(c, twin="t1"))
    assert found.conflict == made
    assert await ready.read(lambda c: conflicts.page(c, connection="c2")) == []
    assert await ready.read(lambda c: conflicts.page(c, after=found.id)) == []


async def test_small_things(ready: Store):
    await ready.write(lambda c: cursors.put(c, "jira", "scan", "a\x00", NOW))
    await ready.write(lambda c: cursors.put(c, "jira", "scan", "b", NOW))
    assert await ready.read(lambda c: cursors.get(c, "jira", "scan")) == "b"
    assert await ready.read(lambda c: cursors.get(c, "jira", "full")) is None
    await ready.write(lambda c: settings.put(c, "k", b"1"))
    await ready.write(lambda c: settings.put(c, "k", b"2"))
    assert await ready.read(lambda c: settings.get(c, "k")) == b"2"
    await ready.write(lambda c: settings.remove(c, "k"))
    assert await ready.read(lambda c: settings.get(c, "k")) is None


async def test_a_nonce_is_good_once(store: Store):
    def seen(c: sa.Connection) -> bool:
        return nonces.remember(c, "key", "n1", NOW)

    at_once = await asyncio.gather(*(store.write(seen) for _ in range(8)))
    assert at_once.count(True) == 1
    assert await store.write(lambda c: nonces.remember(c, "other", "n1", NOW))
    assert await store.write(lambda c: nonces.prune(c, NOW)) == 0
    assert await store.write(lambda c: nonces.prune(c, NOW + 1)) == 2
    assert await store.write(seen)


async def test_attachments_are_asked_for_once(ready: Store):
    asked = AttachmentRequest("r1", "p1", "c1", "t1", "a1", "ünï.png", 200_000_000, NOW)
    twice = AttachmentRequest("r2", "p1", "c1", "t1", "a1", "ünï.png", 200_000_000, NOW)
    assert await ready.write(lambda c: attachments.add_if_absent(c, asked))
    assert not await ready.write(lambda c: attachments.add_if_absent(c, twice))
    assert await ready.read(lambda c: attachments.open_for(c, "p1")) == [asked]
    assert await ready.read(lambda c: attachments.open_for(c, "p2")) == []

    assert await ready.write(lambda c: attachments.mark_here(c, "r1", "ab/cd", "ff"))
    found = await ready.read(lambda c: attachments.find(c, "c1", "t1", "a1"))
    assert found is not None
    assert (found.state, found.path, found.sha256) == ("here", "ab/cd", "ff")
    assert await ready.read(lambda c: attachments.open_for(c, "p1")) == []

    assert not await ready.write(lambda c: attachments.mark_failed(c, "r1", "too late"))
    kept = await ready.read(lambda c: attachments.get(c, "r1"))
    assert kept is not None
    assert kept.state == "here", "what is here does not fail any more"

    other = msgspec.structs.replace(asked, id="r3", attachment="a2")
    assert await ready.write(lambda c: attachments.add_if_absent(c, other))
    assert await ready.write(lambda c: attachments.mark_failed(c, "r3", "too large"))
    failed = await ready.read(lambda c: attachments.get(c, "r3"))
    assert failed is not None
    assert (failed.state, failed.reason) == ("failed", "too large")
    assert await ready.write(lambda c: attachments.remove(c, "r1"))
    assert not await ready.write(lambda c: attachments.mark_here(c, "r1", "", ""))


async def test_a_value_that_postgres_refuses_is_an_input_error(store: Store):
    if store.system == "sqlite":
        pytest.skip("SQLite takes it")
    with pytest.raises(InputError):
        await store.write(lambda c: nonces.remember(c, "key", "a\x00b", NOW))

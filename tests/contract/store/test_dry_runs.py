"""Dry runs between nodes, for as long as somebody waits."""

import msgspec

from service.store import connections, dry_runs
from service.store.dry_runs import DryRunKey
from service.store.store import Store

NOW = 1_760_000_000_000
OURS = DryRunKey("c1", True, "a1", "p1")


async def begin(store: Store, key: DryRunKey, *, at: int = NOW, until: int = NOW + 20) -> bool:
    return await store.write(lambda c: dry_runs.begin(c, key, until=until, now=at))


def like(**changes: object) -> DryRunKey:
    return msgspec.structs.replace(OURS, **changes)


async def test_one_of_each_side_is_open_at_a_time(ready: Store):
    assert await begin(ready, OURS)
    assert not await begin(ready, OURS)
    assert not await begin(ready, like(id="a2"))
    assert await begin(ready, like(ours=False))
    # What nobody waits for any more stands in nobody's way, and neither does what is done.
    assert await begin(ready, like(id="a2"), at=NOW + 20, until=NOW + 40)
    assert not await begin(ready, like(id="a3"), at=NOW + 21)
    assert await ready.write(lambda c: dry_runs.finish(c, like(id="a2")))
    assert await begin(ready, like(id="a3"), at=NOW + 21, until=NOW + 41)


async def test_the_first_answer_of_the_asked_peer_counts(ready: Store):
    await begin(ready, OURS)
    vault = ready.vault

    async def answer(key: DryRunKey, body: bytes) -> bool:
        return await ready.write(lambda c: dry_runs.answer(c, vault, key, body))

    async def answered() -> bytes | None:
        return await ready.read(lambda c: dry_runs.answered(c, vault, OURS))

    assert await answered() is None
    assert not await answer(like(peer="p2"), b"forged")
    assert not await answer(like(id="a2"), b"unasked")
    assert await answer(OURS, "новый \x00".encode())
    assert not await answer(OURS, b"once more")
    assert await answered() == "новый \x00".encode()


async def test_what_is_over_is_found_and_forgotten(ready: Store):
    await begin(ready, OURS)
    assert await ready.read(lambda c: dry_runs.over(c, NOW + 19)) == []
    assert await ready.read(lambda c: dry_runs.over(c, NOW + 20)) == [OURS]
    assert await ready.read(lambda c: dry_runs.is_known(c, OURS))
    await ready.write(lambda c: dry_runs.forget(c, OURS))
    assert await ready.read(lambda c: dry_runs.over(c, NOW + 20)) == []
    assert not await ready.write(lambda c: dry_runs.finish(c, OURS))


async def test_they_end_with_their_connection(ready: Store):
    await begin(ready, OURS)
    await ready.write(lambda c: connections.remove(c, "c1"))
    assert await ready.read(lambda c: dry_runs.over(c, NOW + 20)) == []

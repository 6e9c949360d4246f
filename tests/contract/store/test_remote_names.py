"""What the other side's values were called: the newest last, bounded, gone with the connection."""

import pytest

from service.store import connections, remote_names
from service.store.remote_names import Seen
from service.store.store import Store

TODO, DONE = Seen("status", "10", "To Do"), Seen("status", "20", "Dône \x00")


async def told(store: Store, *seen: Seen, at: int) -> list[Seen]:
    await store.write(lambda c: remote_names.add(c, "c1", seen, at))
    return await store.read(lambda c: remote_names.of(c, "c1"))


async def test_what_was_told_last_comes_last_even_within_one_moment(ready: Store) -> None:
    assert await told(ready, TODO, DONE, at=5) == [TODO, Seen("status", "20", "Dône \ufffd")]
    renamed = Seen("status", "10", "Backlog")
    assert (await told(ready, renamed, at=5))[-1] == renamed
    assert (await told(ready, TODO, at=5))[-1] == TODO
    assert len(await told(ready, TODO, at=4)) == 3


async def test_they_are_bounded(ready: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_names, "MOST", 3)
    many = [Seen("status", str(n), "x") for n in range(9)]
    assert await told(ready, *many, at=1) == many[:3]
    assert await told(ready, Seen("status", "99", "y"), at=2) == many[:3]


async def test_they_go_with_their_connection(ready: Store) -> None:
    await told(ready, TODO, at=1)
    await ready.write(lambda c: connections.remove(c, "c1"))
    assert await ready.read(lambda c: remote_names.of(c, "c1")) == []

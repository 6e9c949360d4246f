"""Who waits for another twin is rung once it is there, also when both happen at the same moment."""

import asyncio

import pytest

from schemas.issue import IssueRef
from schemas.twin import Twin
from service.store import awaited, kin, twins
from service.store.store import Store
from service.store.twin_records import TwinKey

NOW = 1_760_000_000_000


def twin(id: str, issue: str = "", connection: str = "c1", **more) -> Twin:
    ref = IssueRef(issue, f"K-{issue}", "") if issue else None
    return Twin(id=id, connection=connection, issue=ref, **more)


async def create(store: Store, *made: Twin) -> None:
    for each in made:
        await store.write(lambda c, each=each: twins.create(c, each, "jira", NOW, None))


async def wait(store: Store, id: str, *what: str) -> None:
    await store.write(lambda c: awaited.wait(c, "c1", id, frozenset(what)))


async def due(store: Store) -> list[str]:
    return [key.twin for key in await store.read(lambda c: twins.due(c, NOW))]


async def arrive(store: Store, id: str, issue: str) -> list[TwinKey]:
    return await store.write(lambda c: awaited.arrived(c, "c1", id, issue, NOW))


async def test_who_waits_for_a_twin_or_for_an_issue_is_rung_once(ready: Store):
    await create(ready, twin("child", "1"), twin("other", "2"))
    await wait(ready, "child", "twin:parent", "issue:9")
    await wait(ready, "other", "issue:9", "issue:10")
    assert [key.twin for key in await arrive(ready, "parent", "9")] == ["child", "other"]
    assert sorted(await due(ready)) == ["child", "other"]
    assert await arrive(ready, "parent", "9") == []


async def test_what_is_awaited_is_replaced_as_a_whole(ready: Store):
    await create(ready, twin("child", "1"))
    await wait(ready, "child", "twin:parent")
    await wait(ready, "child", "twin:another")
    assert await arrive(ready, "parent", "9") == []


async def test_an_issue_that_comes_under_sync_rings_by_itself(ready: Store):
    await create(ready, twin("child", "1"))
    await wait(ready, "child", "issue:9")
    await create(ready, twin("elsewhere", "9", "c2"))
    assert await due(ready) == []
    await create(ready, twin("parent", "9"))
    assert await due(ready) == ["child"]


async def test_a_pair_that_is_taken_up_rings_as_well(ready: Store):
    waiting = twin("pair", "", stopped=True)
    await create(ready, twin("child", "1"), waiting)
    await wait(ready, "child", "twin:pair")
    await ready.write(lambda c: twins.adopt(c, twin("pair", "9"), NOW))
    assert sorted(await due(ready)) == ["child", "pair"]


async def test_issues_and_twins_are_found_by_each_other(ready: Store):
    await create(
        ready, twin("t", "1"), twin("u", "2", stopped=True), twin("v"), twin("w", "3", "c2")
    )
    asked = ("1", "2", "3", "4", "K-1")
    assert await ready.read(lambda c: kin.twins_of(c, "c1", "jira", asked)) == {"1": "t", "2": "u"}
    found = await ready.read(lambda c: kin.issues_of(c, "c1", ("t", "u", "v", "w", "x")))
    assert found == {"t": ("1", False), "u": ("2", True)}


@pytest.mark.parametrize(
    ("what", "here"),
    [("twin:t", True), ("twin:v", False), ("twin:x", False), ("issue:1", True), ("issue:3", False)],
)
async def test_what_came_before_anybody_waited_is_known(ready: Store, what, here):
    await create(ready, twin("t", "1"), twin("v"), twin("w", "3", "c2"))
    assert await ready.read(lambda c: awaited.is_here(c, "c1", "jira", what)) is here


async def test_of_two_at_the_same_moment_one_sees_the_other(ready: Store):
    """The one begins to wait for an issue while the other puts that issue under sync."""

    def begin_to_wait(c, child: str, issue: str) -> None:
        awaited.guard(c, "c1", waits=True)
        awaited.wait(c, "c1", child, frozenset({f"issue:{issue}"}))
        if awaited.is_here(c, "c1", "jira", f"issue:{issue}"):
            awaited.ring(c, "c1", frozenset({child}), NOW)

    await create(ready, *(twin(f"child{n}", f"1{n}") for n in range(20)))
    await asyncio.gather(
        *(ready.write(lambda c, n=n: begin_to_wait(c, f"child{n}", f"9{n}")) for n in range(20)),
        *(create(ready, twin(f"parent{n}", f"9{n}")) for n in range(20)),
    )
    assert len(await due(ready)) == 20

"""Conflicts over HTTP: both sides have the same record, and the loser comes back on both."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from schemas.conflict_api import ConflictQuery, ConflictShown
from schemas.errors import InputError
from schemas.issue import ALL_PARTS, FieldChange
from schemas.rich_text import RichText, plain, to_plain
from service.store import connections
from service.store.store import Store
from service.workers.operations.conflicts import ConflictOperations
from tests.unit.service.workers.desks import desk_of
from tests.unit.service.workers.jiras import SETTINGS, Jiras, open_jiras

A, B = "a-b.a", "a-b.b"


@pytest.fixture
async def jiras(store: Store) -> AsyncIterator[Jiras]:
    async with open_jiras(store) as opened:
        yield opened


@pytest.fixture
def conflicts(jiras: Jiras) -> ConflictOperations:
    return ConflictOperations(desk_of(jiras.shop))


async def write(jiras: Jiras, name: str, issue: str, change: FieldChange) -> None:
    """A person does; nobody is told yet."""
    jiras.shop.at += 60_000
    tracker = jiras.tracker(name)
    await tracker.update(await tracker.read(issue, ALL_PARTS), change)


async def summary(jiras: Jiras, name: str, issue: str) -> str:
    return (await jiras.tracker(name).read(issue, ALL_PARTS)).fields["summary"]


async def fought(jiras: Jiras) -> tuple[str, str]:
    """Both edit the summary, `b` last; `a` is heard first. Answers both ids."""
    issue = await jiras.write("Bug")
    mirror = await jiras.sync(issue)
    await write(jiras, "a", issue.ref.id, FieldChange({"summary": "from a"}))
    await write(jiras, "b", mirror, FieldChange({"summary": "from b"}))
    await jiras.shop.change("a", issue.ref.id)
    await jiras.work()
    await jiras.shop.change("b", mirror)
    await jiras.work()
    return issue.ref.id, mirror


async def only(conflicts: ConflictOperations, end: str) -> ConflictShown:
    page = await conflicts.page(ConflictQuery(connection=end))
    assert page.count == 1
    return page.results[0]


async def test_both_sides_record_one_decision_and_the_loser_comes_back_on_both(
    jiras: Jiras, conflicts: ConflictOperations
) -> None:
    issue, mirror = await fought(jiras)
    here, there = await only(conflicts, A), await only(conflicts, B)
    assert (here.side, here.field, here.decided_by) == (there.side, "summary", there.decided_by)
    assert (here.local_at, here.remote_at) == (there.remote_at, there.local_at)
    assert await summary(jiras, "a", issue) == await summary(jiras, "b", mirror) == "from b"
    assert (here.kept, here.lost) == ("from b", "from a")
    assert (here.winner, there.winner) == ("remote", "local")
    restored = await conflicts.restore(A, str(here.id))
    assert restored.restored is not None
    assert await summary(jiras, "a", issue) == "from a"
    await jiras.shop.worker.handle(tuple(jiras.shop.published))
    await jiras.work()
    assert await summary(jiras, "b", mirror) == "from a"


async def test_what_a_restore_replaces_can_be_restored_as_well(
    jiras: Jiras, conflicts: ConflictOperations
) -> None:
    issue, _ = await fought(jiras)
    await conflicts.restore(A, str((await only(conflicts, A)).id))
    newest = (await conflicts.page(ConflictQuery(connection=A))).results[0]
    assert (newest.kept, newest.lost, newest.decided_by) == ("from a", "from b", "person")
    await conflicts.restore(A, str(newest.id))
    assert await summary(jiras, "a", issue) == "from b"


async def test_what_cannot_be_restored_says_where_it_is(
    jiras: Jiras, conflicts: ConflictOperations
) -> None:
    issue = await jiras.write("Bug")
    mirror = await jiras.sync(issue)
    await write(jiras, "b", mirror, FieldChange({"summary": "from b"}))
    await write(jiras, "a", issue.ref.id, FieldChange({"summary": "from a"}))
    await jiras.shop.change("a", issue.ref.id)
    await jiras.work()
    here, there = await only(conflicts, A), await only(conflicts, B)
    assert (here.side, there.side) == ("a", "a")
    assert (here.lost, there.lost) == (None, "from b")
    with pytest.raises(InputError, match="kept at the other side"):
        await conflicts.restore(A, str(here.id))
    for unknown in ("0", "x", "9" * 30):
        with pytest.raises(InputError, match="no conflict"):
            await conflicts.one(A, unknown)


BEFORE = ("Steps", "Press the button.", "It hangs.")
LONG = ("word " * 200).strip()


async def asks_for_paragraphs(jiras: Jiras, store: Store) -> None:
    chosen = msgspec.structs.replace(SETTINGS, paragraphs=("description",))
    for end in (A, B):
        await store.write(lambda c, end=end: connections.update_settings(c, end, chosen, 1))
    await jiras.shop.roster.reload()


async def both_describe(jiras: Jiras, here: tuple[str, ...], there: tuple[str, ...]) -> list[str]:
    """From `BEFORE`, `b` last. Answers what both issues say then."""
    issue = await jiras.write("Bug", description=paragraphs(*BEFORE))
    mirror = await jiras.sync(issue)
    await write(jiras, "a", issue.ref.id, FieldChange({"description": paragraphs(*here)}))
    await write(jiras, "b", mirror, FieldChange({"description": paragraphs(*there)}))
    await jiras.shop.change("a", issue.ref.id)
    await jiras.work()
    await jiras.shop.change("b", mirror)
    await jiras.work()
    places = (("a", issue.ref.id), ("b", mirror))
    held = [await jiras.tracker(name).read(id, ALL_PARTS) for name, id in places]
    return [to_plain(each.fields["description"]) for each in held]


def paragraphs(*words: str) -> RichText:
    return plain("\n\n".join((*words, LONG)))


async def test_edits_of_different_paragraphs_both_stand_on_both_sides(
    jiras: Jiras, store: Store, conflicts: ConflictOperations
) -> None:
    await asks_for_paragraphs(jiras, store)
    here = ("Steps to see it", "Press the button.", "It hangs.")
    there = ("Steps", "Press the button.", "It hangs for a minute.", "Always.")
    said = ("Steps to see it", "Press the button.", "It hangs for a minute.", "Always.")
    assert await both_describe(jiras, here, there) == [to_plain(paragraphs(*said))] * 2
    assert (await conflicts.page(ConflictQuery())).count == 0


async def test_of_one_paragraph_the_newest_stands_and_the_other_text_comes_back(
    jiras: Jiras, store: Store, conflicts: ConflictOperations
) -> None:
    await asks_for_paragraphs(jiras, store)
    here = ("Steps to see it", "Press it twice.", "It hangs.")
    there = ("Steps", "Press it thrice.", "It hangs.")
    said = ("Steps to see it", "Press it thrice.", "It hangs.")
    assert await both_describe(jiras, here, there) == [to_plain(paragraphs(*said))] * 2
    lost, told = await only(conflicts, A), await only(conflicts, B)
    assert (lost.side, lost.lost) == (told.side, paragraphs(*here)) == ("b", paragraphs(*here))
    await conflicts.restore(A, str(lost.id))
    await jiras.shop.worker.handle(tuple(jiras.shop.published))
    await jiras.work()
    rows = {row.connection: row for row in await jiras.shop.rows()}
    mirror = rows[B].state.issue
    assert mirror is not None
    assert to_plain((await jiras.held(mirror.id))["description"]) == to_plain(paragraphs(*here))

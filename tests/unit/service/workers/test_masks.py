"""Masks over HTTP: the other side never sees what a pattern finds."""

import msgspec

from schemas.conflict_api import ConflictQuery
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.rich_text import plain, to_plain
from schemas.values import Digest
from service.store import conflicts, connections, disclosures
from service.store.disclosures import Chosen
from service.store.store import Store
from service.workers.operations.conflicts import ConflictOperations
from tests.unit.service.workers.desks import desk_of
from tests.unit.service.workers.jiras import SETTINGS, Jiras, open_jiras

KEY = "AKIA0123456789ABCDEF"


async def test_what_must_not_leave_is_masked_on_the_other_side_and_reported(store: Store) -> None:
    async with open_jiras(store) as jiras:
        masked = msgspec.structs.replace(SETTINGS, masks=("credentials",))
        await store.write(lambda c: connections.update_settings(c, "a-b.a", masked, 1))
        await jiras.shop.roster.reload()
        issue = await jiras.write("Bug", summary=f"Key {KEY}", description=plain(f"is {KEY}"))
        await jiras.tracker("a").add_comment(issue.ref.id, CommentDraft(plain(KEY), "m" * 32))
        mirror = await jiras.sync(issue)
        held = await jiras.tracker("b").read(mirror, frozenset())
        whole = await jiras.held(mirror)
        assert whole["summary"] == "Key [masked]"
        assert "is [masked]" in to_plain(whole["description"])
        assert KEY not in repr(held)
        (twin,) = {row.twin for row in await jiras.shop.rows()}
        row = await jiras.shop.row("a-b.b", twin)
        assert KEY not in repr(row)
        assert not isinstance(row.state.replica.fields["summary"], Digest)


async def masked_jiras(jiras: Jiras, store: Store, masks: tuple[str, ...]) -> None:
    """Of the side `a` alone."""
    masked = msgspec.structs.replace(SETTINGS, masks=masks)
    await store.write(lambda c: connections.update_settings(c, "a-b.a", masked, 1))
    await jiras.shop.roster.reload()


async def test_a_masked_text_that_was_edited_there_keeps_its_secret_here(store: Store) -> None:
    async with open_jiras(store) as jiras:
        await masked_jiras(jiras, store, ("credentials",))
        issue = await jiras.write("Bug", description=plain(f"Key {KEY} is\n\nfor ci"))
        mirror = await jiras.sync(issue)
        shown = plain("Key [masked] was, as all know,\n\nfor CI")
        await jiras.edit("b", mirror, FieldChange({"description": shown}))
        held = (await jiras.tracker("a").read(issue.ref.id, ALL_PARTS)).fields["description"]
        assert to_plain(held) == f"Key {KEY} was, as all know,\n\nfor CI"
        await jiras.edit("a", issue.ref.id, FieldChange({"summary": "New"}))
        whole = await jiras.held(mirror)
        assert (whole["summary"], whole["description"]) == ("New", shown)
        assert await store.read(lambda c: conflicts.count(c)) == 0


async def test_a_secret_whose_mask_was_edited_away_is_kept_and_comes_back(store: Store) -> None:
    async with open_jiras(store) as jiras:
        await masked_jiras(jiras, store, ("credentials",))
        issue = await jiras.write("Bug", description=plain(f"Key {KEY} for ci"))
        mirror = await jiras.sync(issue)
        await jiras.edit("b", mirror, FieldChange({"description": plain("No key here")}))
        operations = ConflictOperations(desk_of(jiras.shop))
        (here,) = (await operations.page(ConflictQuery(connection="a-b.a"))).results
        (there,) = (await operations.page(ConflictQuery(connection="a-b.b"))).results
        assert (here.decided_by, here.side, here.lost) == ("mask", "b", issue.fields["description"])
        assert (there.decided_by, there.side, there.lost) == ("mask", "b", None)
        assert KEY not in repr(there)
        await operations.restore("a-b.a", str(here.id))
        held = (await jiras.tracker("a").read(issue.ref.id, ALL_PARTS)).fields["description"]
        assert to_plain(held) == f"Key {KEY} for ci"
        await jiras.shop.worker.handle(tuple(jiras.shop.published))
        await jiras.work()
        assert to_plain((await jiras.held(mirror))["description"]) == "Key [masked] for ci"


async def test_masks_of_the_node_hold_on_every_connection(store: Store) -> None:
    async with open_jiras(store, masks=("credentials",)) as jiras:
        issue = await jiras.write("Bug", summary=f"Key {KEY}")
        mirror = await jiras.sync(issue)
        assert (await jiras.held(mirror))["summary"] == "Key [masked]"
        left = await store.read(lambda c: disclosures.page(c, Chosen("a-b.a"), offset=0, limit=99))
        assert [row.disclosure.field for row in left if row.disclosure.masked] == ["summary"]

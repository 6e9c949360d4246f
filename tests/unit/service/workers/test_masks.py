"""Masks over HTTP: the other side never sees what a pattern finds."""

import msgspec

from schemas.issue import CommentDraft
from schemas.rich_text import plain, to_plain
from schemas.values import Digest
from service.store import connections
from service.store.store import Store
from tests.unit.service.workers.jiras import SETTINGS, open_jiras

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

"""The ledger tells each value that left, once, over HTTP."""

import pytest

from schemas.disclosure_api import DisclosureQuery
from schemas.errors import InputError
from schemas.issue import CommentDraft, FieldChange
from schemas.rich_text import plain
from schemas.values import digest
from service.store import disclosures
from service.store.store import Store
from service.workers.operations.disclosures import disclosed
from tests.unit.service.workers.desks import desk_of
from tests.unit.service.workers.jiras import open_jiras

LONG = plain("Words. " * 200 + "End")


async def test_what_left_is_told_once_and_outlives_the_connection(store: Store) -> None:
    async with open_jiras(store) as jiras:
        issue = await jiras.write("Bug", summary="First", description=LONG)
        await jiras.tracker("a").add_comment(issue.ref.id, CommentDraft(plain("Hello"), "m" * 32))
        await jiras.sync(issue)
        desk = desk_of(jiras.shop)
        first = await disclosed(desk, "a-b.a", DisclosureQuery())
        marks = {each.field: each.digest for each in first.results}
        assert marks["summary"] == digest("First")
        assert marks["description"] == digest(LONG)
        (comment,) = [field for field in marks if field.startswith("comment:")]
        assert marks[comment] == digest(plain("Hello"))
        await jiras.edit("a", issue.ref.id, FieldChange({"summary": "Second"}))
        again = await disclosed(desk, "a-b.a", DisclosureQuery(twin=first.results[0].twin))
        assert again.count == first.count + 1
        newest = again.results[0]
        assert (newest.field, newest.digest) == ("summary", digest("Second"))
        assert newest.version > first.results[0].version
        assert await disclosed(desk, "a-b.b", DisclosureQuery(twin="none")) == type(first)(0, ())
        with pytest.raises(InputError, match="no connection"):
            await disclosed(desk, "nowhere", DisclosureQuery())
        assert await store.write(lambda c: disclosures.trim(c, 1)) > 0
        ends = ("a-b.a", "a-b.b")
        left = [await store.read(lambda c, end=end: disclosures.count(c, end, "")) for end in ends]
        assert sum(left) == 1
        assert await store.write(lambda c: disclosures.trim(c, 1)) == 0

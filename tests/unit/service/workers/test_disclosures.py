"""The ledger tells each value that left, once, over HTTP."""

import pytest

from schemas.disclosure_api import Disclosure, DisclosureQuery, LedgerQuery
from schemas.errors import InputError
from schemas.issue import CommentDraft, FieldChange
from schemas.node import Peer
from schemas.rich_text import plain
from schemas.values import digest
from service.store import disclosures, peers
from service.store.disclosures import Chosen
from service.store.store import Store
from service.workers.operations.disclosures import disclosed, ledger
from tests.unit.service.workers.desks import desk_of
from tests.unit.service.workers.jiras import open_jiras
from tests.unit.service.workers.workshop import Workshop

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
        left = [
            await store.read(lambda c, end=end: disclosures.count(c, Chosen(end))) for end in ends
        ]
        assert sum(left) == 1
        assert await store.write(lambda c: disclosures.trim(c, 1)) == 0


async def test_the_ledger_of_a_partner_names_it_and_is_of_it_alone(store: Store) -> None:
    shop = Workshop(store)
    known = Peer("p1", "globex", b"i", b"m", "e")
    await store.write(lambda c: peers.pin(c, known))
    await shop.roster.reload()
    made = [
        Disclosure(1, "t", 1, "summary", "ab", partner=partner, connection=f"c-{partner}")
        for partner in ("p1", "gone", "")
    ]
    await store.write(lambda c: disclosures.add(c, made))
    desk = desk_of(shop)
    for named in ("globex", "p1"):
        page = await ledger(desk, LedgerQuery(partner=named))
        assert [(each.partner, each.connection) for each in page.results] == [("globex", "c-p1")]
    gone = await ledger(desk, LedgerQuery(partner="gone"))
    assert [each.partner for each in gone.results] == ["gone"]
    assert (await ledger(desk, LedgerQuery())).count == 3

"""The page as a browser uses it."""

import re

import aiohttp
import pytest

from schemas.issue import ALL_PARTS
from schemas.rich_text import plain

NASTY = "<script>alert(1)</script>\" ' & שלום"


@pytest.fixture
async def item_page(session, simulator):
    form = {"type": "Bug", "project": "Tidegate", "title": NASTY, "description": "one\n\ntwo"}
    async with session.post(simulator.origin + "/", data=form) as answer:
        return str(answer.url)


async def text_of(session, address):
    async with session.get(address) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_what_a_person_writes_reaches_the_tracker(session, simulator, tracker, item_page):
    form = {"title": "Edited", "state": "Active", "tags": "a; b", "assigned": "zoe@example.com"}
    await (await session.post(item_page, data=form)).release()
    await (await session.post(item_page + "/comment", data={"text": "a < b"})).release()
    upload = aiohttp.FormData(quote_fields=False)
    upload.add_field("file", b"x" * 300_000, filename="naïve.bin")
    await (await session.post(item_page + "/attach", data=upload)).release()
    issue = await tracker.read("1", ALL_PARTS)
    assert issue.fields["summary"] == "Edited"
    assert issue.fields["status"] == "Active"
    assert issue.fields["labels"] == ("a", "b")
    assert issue.fields["assignee"].name == "Zoë Müller"
    assert issue.fields["description"] == plain("one\n\ntwo")
    assert [one.author.name for one in issue.comments] == ["Sam Okafor"]
    assert [(one.filename, one.size) for one in issue.attachments] == [("naïve.bin", 300_000)]
    shown = await text_of(session, item_page)
    link = re.search(r'href="([^"]+/file/[^"]+)"', shown)
    async with session.get(simulator.origin + link.group(1)) as answer:
        assert await answer.read() == b"x" * 300_000
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_person_plans_and_links_on_the_page(session, simulator, tracker, item_page):
    await session.post(simulator.origin + "/", data={"project": "Tidegate", "title": "Two"})
    form = {
        "area": "Tidegate\\Team A\\Web",
        "iteration": "Tidegate\\Sprint 2",
        "due": "2026-01-31",
        "estimate": "1.5",
    }
    await session.post(item_page, data=form)
    await session.post(item_page + "/link", data={"rel": "Successor", "target": "#2"})
    read = await tracker.read("1", ALL_PARTS)
    assert read.fields["area"] == "Tidegate / Team A / Web"
    assert read.fields["iteration"] == "Tidegate / Sprint 2"
    assert (read.fields["due"], read.fields["estimate"]) == ("2026-01-31", 5400)
    assert read.fields["links"] == ("precedes 2",)
    async with session.post(item_page, data=form) as answer:
        assert answer.status == 200
    assert (await tracker.read("1", ALL_PARTS)).version == read.version
    for target in ("2", "77", "x"):
        wrong = {"rel": "Successor", "target": target}
        async with session.post(item_page + "/link", data=wrong) as answer:
            assert "role=alert" in await answer.text()


async def test_everything_is_escaped(session, simulator, item_page):
    await (await session.post(item_page + "/comment", data={"text": NASTY})).release()
    for address in (simulator.origin + "/", item_page, f"{simulator.origin}/?said={NASTY}"):
        shown = await text_of(session, address)
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown


async def test_a_refused_edit_says_why(session, simulator, item_page):
    async with session.post(item_page, data={"title": ""}) as answer:
        assert "Required" in await answer.text()
    assert simulator.state.item(1).fields["System.Title"] == NASTY


async def test_saving_unchanged_makes_no_revision(session, simulator, item_page):
    shown = await text_of(session, item_page)
    source = re.search(r"<textarea id=description[^>]*>\n(.*?)</textarea>", shown, re.S).group(1)
    form = {"title": NASTY, "description": source.replace("&lt;", "<").replace("&gt;", ">")}
    await (await session.post(item_page, data=form)).release()
    assert simulator.state.item(1).rev == 1


async def test_deleted_items_leave_the_list(session, simulator, item_page):
    await (await session.post(item_page + "/delete")).release()
    assert "No work items yet" in await text_of(session, simulator.origin + "/")
    async with session.get(item_page) as answer:
        assert answer.status == 404

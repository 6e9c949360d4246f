"""What only a real Redmine can tell: that we read its markup and its silences right."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import lxml.html
import pytest

from adapters.redmine import textile
from adapters.rich_text import html
from adapters.rich_text.canonical import normalise
from schemas.errors import Fault
from schemas.issue import CommentDraft, FieldChange, Part
from schemas.rich_text import (
    Block,
    CodeBlock,
    Image,
    Inline,
    Mention,
    Paragraph,
    RichText,
    Text,
    plain,
)
from tests.contract.trackers import redmine_site
from tests.contract.trackers.harness import Site
from tests.support import redmine
from tests.unit.adapters.redmine.test_client_library import SEEN, everything
from tests.unit.adapters.redmine.textile.test_textile import SOURCE, WHOLE

FIELDS = frozenset({Part.FIELDS})


@pytest.fixture
async def site(redmine_url: str) -> AsyncIterator[Site]:
    async with redmine_site.real(redmine_url) as real:
        yield real


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def shown(session: aiohttp.ClientSession, url: str, issue: str) -> RichText:
    """The description as the browser gets it."""
    headers = {"X-Redmine-API-Key": redmine.ADMIN_KEY}
    async with session.get(f"{url}/issues/{issue}", headers=headers) as answer:
        page = lxml.html.fromstring(await answer.text())
    (wiki,) = page.xpath("//div[@class='description']//div[@class='wiki']")
    for anchor in wiki.xpath(".//a[contains(@class, 'wiki-anchor')]"):
        anchor.drop_tree()
    return html.parse("".join(lxml.html.tostring(part, encoding="unicode") for part in wiki))


def comparable(tree: RichText) -> RichText:
    """As a page shows it: mentions and images as words, code without its language."""

    def inline(part: Inline) -> Inline:
        match part:
            case Text(text, marks, href) if href.startswith("attachment:"):
                # There is no such file, so Redmine makes no link of it.
                return Text(f'attachment:"{text}"', marks)
            case Mention(name):
                return Text("@" + name)
            case Image(source, alt):
                return Text(alt or source)
        return part

    def block(found: Block) -> Block:
        if isinstance(found, Paragraph):
            return Paragraph(tuple(map(inline, found.content)))
        if isinstance(found, CodeBlock):
            # Redmine writes a space behind a quotation mark that ends a line.
            lines = found.text.strip("\n").split("\n")
            return CodeBlock("\n".join(line.rstrip() for line in lines))
        return found

    return normalise(RichText(tuple(map(block, tree.blocks))))


@pytest.mark.parametrize(
    "text",
    [
        "*strong* _em_ -x- ??cite?? %span% @code@ ^a^ ~b~ +c+",
        "a *b c _d -e +f",
        "<b>x</b> <pre> &lt; &amp; HTTP(S) ==raw== {{toc}}",
        "5 * 3 a_b_c well-known C:\\temp 2^3 50% ~home",
        "(*x*) [*y*] \"quoted\" 'single' a--b",
        "joe@example.com and #0 and v1.0",
    ],
)
async def test_escaped_words_are_shown_as_they_are(
    site: Site, session, redmine_url, draft, text: str
) -> None:
    words = RichText((Paragraph((Text(text),)),))
    made = await site.open().create(draft(description=words))
    page = await shown(session, redmine_url, made.ref.id)
    assert "".join(_texts(page)) == text


def _texts(tree: RichText) -> list[str]:
    return [part.text for block in tree.blocks for part in block.content]  # type: ignore[union-attr]


async def test_redmine_shows_what_we_wrote(site: Site, session, redmine_url, draft) -> None:
    made = await site.open().create(draft(description=WHOLE))
    page = await shown(session, redmine_url, made.ref.id)
    for ours, theirs in zip(comparable(WHOLE).blocks, comparable(page).blocks, strict=True):
        assert ours == theirs


async def test_we_read_what_redmine_shows(site: Site, session, redmine_url) -> None:
    issue = await site.hands.write_issue("A person's Textile")
    source = SOURCE.replace("See #12, [[Wiki]] and {{toc}}.", "See.")
    await site.hands.call("PUT", f"/issues/{issue}.json", {"issue": {"description": source}})
    page = await shown(session, redmine_url, issue)
    for ours, theirs in zip(
        comparable(textile.parse(source)).blocks, comparable(page).blocks, strict=True
    ):
        assert ours == theirs


async def test_the_marker_is_not_shown(site: Site, session, redmine_url, draft) -> None:
    made = await site.open().create(draft(description=plain("Words")))
    page = await shown(session, redmine_url, made.ref.id)
    assert "".join(_texts(page)) == "Words"


async def test_what_the_account_may_not_do_is_noticed(site: Site, draft, refusal) -> None:
    made = await site.open().create(draft())
    limited = site.open(token=redmine.MEMBER_KEY)
    error = await refusal(limited.update(made, FieldChange({"summary": "New"})))
    assert (error.fault, error.field) == (Fault.PERMISSION, "summary")
    hush = CommentDraft(plain("Hush"), "c-1", internal=True)
    error = await refusal(limited.add_comment(made.ref.id, hush))
    assert error.fault is Fault.PERMISSION
    assert await site.open().read_comments(made.ref.id) == ()


async def test_a_key_that_nobody_has_is_noticed_on_public_projects(
    site: Site, session, redmine_url, refusal
) -> None:
    values = {"project_id": "lagoon", "tracker_id": 1, "subject": "For all to see"}
    made = await site.hands.call("POST", "/issues.json", {"issue": values})
    issue = str(made["issue"]["id"])
    async with session.get(
        f"{redmine_url}/issues/{issue}.json", headers={"X-Redmine-API-Key": "nobody"}
    ) as answer:
        assert answer.status == 200
    error = await refusal(site.open(token="nobody").read(issue, FIELDS))
    assert error.fault is Fault.CREDENTIALS


async def test_an_issue_with_subtasks_computes_its_priority_itself(
    site: Site, draft, refusal
) -> None:
    tracker = site.open()
    parent = await tracker.create(draft())
    await tracker.create(draft(parent=parent.ref.id))
    parent = await tracker.read(parent.ref.id, FIELDS)
    error = await refusal(tracker.update(parent, FieldChange({"priority": "Urgent"})))
    assert (error.fault, error.field) == (Fault.PERMISSION, "priority")


async def test_python_redmine_sees_the_same_as_in_the_simulator(redmine_url) -> None:
    assert await asyncio.to_thread(everything, redmine_url, redmine.ADMIN_KEY) == SEEN

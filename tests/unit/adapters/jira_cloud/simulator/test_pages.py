"""What a person does in the browser, and what the API tells of it."""

import pytest

from adapters.jira_cloud.simulator import account_id
from schemas.issue import FieldChange, Part
from schemas.rich_text import Paragraph, RichText, Text


@pytest.fixture
def browse(cloud, session):
    async def sent(method: str, path: str, **more) -> str:
        async with session.request(method, cloud.url + path, **more) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    return sent


async def test_what_a_person_writes_is_read_as_a_document(cloud, browse, tracker) -> None:
    form = {
        "project": "SIM",
        "type": "Task",
        "priority": "High",
        "summary": "<b>x</b>",
        "description": "some *bold* words",
        "labels": "a",
        "actor": account_id("bob"),
    }
    page = await browse("POST", "/", data=form)
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    read = await tracker.read("SIM-1", frozenset({Part.FIELDS}))
    bold = Text("bold", ("strong",))
    assert read.fields["description"] == RichText(
        (Paragraph((Text("some "), bold, Text(" words"))),)
    )
    assert read.fields["reporter"].name == "Bob"


async def test_a_page_shows_documents_and_leaves_them_whole(cloud, browse, tracker, draft) -> None:
    tree = RichText((Paragraph((Text("bold", ("strong", "underline")),)),))
    made = await tracker.create(draft(description=tree))
    page = await browse("GET", "/browse/SIM-1")
    assert "bold" in page
    held = cloud.state.issue(made.ref.id)
    form = {"summary": "New", "description": str(held.description), "priority": "High"}
    await browse("POST", "/browse/SIM-1", data=form)
    read = await tracker.read("SIM-1", frozenset({Part.FIELDS}))
    assert (read.fields["summary"], read.fields["description"]) == ("New", tree)


async def test_comments_of_people_are_seen(cloud, browse, tracker, draft) -> None:
    await tracker.create(draft())
    page = await browse("POST", "/browse/SIM-1/comments", data={"body": "_Looks_ good"})
    assert "Looks" in page
    (comment,) = await tracker.read_comments("SIM-1")
    assert comment.body.blocks[0].content[0] == Text("Looks", ("emphasis",))
    assert comment.author.name == "Alice"


async def test_a_person_gives_the_issue_to_somebody(cloud, browse, tracker, draft) -> None:
    made = await tracker.create(draft())
    form = {"summary": "x", "description": "", "assignee": account_id("bob"), "priority": "Low"}
    await browse("POST", "/browse/SIM-1", data=form)
    read = await tracker.read(made.ref.id, frozenset({Part.FIELDS}))
    assert read.fields["assignee"].name == "Bob"
    assert await tracker.update(read, FieldChange({"assignee": "Alice"}))

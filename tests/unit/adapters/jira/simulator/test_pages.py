"""What a person does in the browser."""

import aiohttp
import pytest

from schemas.issue import IssueDraft
from tests.contract.trackers import jira_site

EVIL = "<script>alert('x')</script> & \"q\" 🚀 שלום"


@pytest.fixture
def browse(jira, session):
    async def sent(method: str, path: str, status: int = 200, **more) -> str:
        async with session.request(method, jira.url + path, **more) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text()

    return sent


def new_issue(**more: str) -> dict[str, str]:
    return {
        "project": "SIM",
        "type": "Task",
        "priority": "High",
        "summary": EVIL,
        "description": "One\r\nTwo " + EVIL,
        "labels": "a b",
        "actor": "bob",
        **more,
    }


async def test_an_issue_is_written_and_shown_with_everything_escaped(jira, browse) -> None:
    assert "no issue yet" in await browse("GET", "/")
    page = await browse("POST", "/", data=new_issue())
    (issue,) = jira.state.issues.values()
    assert issue.summary == EVIL
    assert issue.description == "One\nTwo " + EVIL
    assert issue.labels == ["a", "b"]
    assert issue.creator.name == "bob"
    for shown in (page, await browse("GET", "/")):
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown
        assert "http://" not in shown.replace(jira.url, "")
        assert "https://" not in shown


async def test_an_issue_is_edited_moved_and_commented(jira, browse) -> None:
    await browse("POST", "/", data=new_issue())
    (issue,) = jira.state.issues.values()
    change = {"summary": "New", "description": "", "priority": "Low", "labels": "c"}
    await browse("POST", "/browse/SIM-1", data={**change, "assignee": "alice", "actor": "bob"})
    assert (issue.summary, issue.description, issue.labels) == ("New", None, ["c"])
    assert issue.assignee == jira.state.users["alice"]
    await browse("POST", "/browse/SIM-1/status", data={"transition": "11"})
    await browse("POST", "/browse/SIM-1/status", data={"transition": "51"})
    assert (issue.status, issue.resolution) == ("Done", "Done")
    page = await browse("POST", "/browse/SIM-1/comments", data={"body": EVIL, "actor": "bob"})
    assert "<script>" not in page
    assert [comment.body for comment in issue.comments] == [EVIL]


async def test_all_that_an_issue_has_is_shown(jira, browse, tracker) -> None:
    state = jira.state
    epic = await tracker.create(IssueDraft("SIM", "Epic", {"summary": "Above"}, "m-1"))
    fields = {**jira_site.VALUES.fields, "links": (f"blocks {epic.ref.id}",), "summary": "x"}
    made = await tracker.create(
        IssueDraft("SIM", "Bug", {**fields, "parent": epic.ref.id, "environment": EVIL}, "m-2")
    )
    page = await browse("GET", f"/browse/{made.ref.key}")
    assert "<script>" not in page
    shown = ("Europe / Berlin", "Alice, Bob", "blocks SIM-1", "90 min", "2032-01-31", "1.0, 2.0")
    for text in shown:
        assert text in page, text
    await browse("POST", f"/browse/{made.ref.key}", data=new_issue(due="2033-01-01"))
    assert state.issue(made.ref.id).due == "2033-01-01"


async def test_a_file_is_uploaded_and_downloaded(jira, browse) -> None:
    await browse("POST", "/", data=new_issue())
    form = aiohttp.FormData()
    form.add_field("file", b"<b>content</b>", filename="<i>.html", content_type="text/html")
    page = await browse("POST", "/browse/SIM-1/attachments", data=form)
    assert "<i>" not in page
    (item,) = jira.state.issue("SIM-1").attachments
    async with aiohttp.request("GET", f"{jira.url}/files/{item.id}") as answer:
        assert await answer.read() == b"<b>content</b>"
        assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("path", "form", "status", "shown"),
    [
        ("/", {"summary": " "}, 400, "must specify a summary"),
        ("/", {"project": "NOPE"}, 400, "project is required"),
        ("/", {"priority": "<b>"}, 400, "priority selected is invalid"),
        ("/browse/SIM-9/comments", {"body": "x"}, 404, "Issue Does Not Exist"),
    ],
)
async def test_what_jira_refuses_is_shown(browse, path, form, status, shown) -> None:
    assert shown in await browse("POST", path, status, data=new_issue(**form))


async def test_an_unknown_issue_is_a_page_too(browse) -> None:
    assert "Issue Does Not Exist" in await browse("GET", "/browse/<b>", 404)


async def test_a_form_from_another_site_is_refused(jira, browse) -> None:
    foreign = {"Origin": "https://evil.example"}
    await browse("POST", "/", 403, data=new_issue(), headers=foreign)
    assert not jira.state.issues

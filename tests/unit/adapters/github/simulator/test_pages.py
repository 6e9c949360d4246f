"""What a person does on the simulator's pages."""

import pytest

ISSUE = "/sim/project/issues/1"


@pytest.fixture
def browse(github, session):
    async def browsed(path: str, form: dict[str, str] | None = None, **headers: str):
        method = "GET" if form is None else "POST"
        async with session.request(method, github.url + path, data=form, headers=headers) as answer:
            return answer.status, await answer.text(), answer

    return browsed


async def test_a_person_writes_edits_comments_and_closes(github, browse) -> None:
    form = {"project": "sim/project", "title": "Grüße <b>", "body": "Text", "labels": "a, b"}
    status, text, _ = await browse("/", {**form, "actor": "bob"})
    assert status == 200
    assert "Grüße &lt;b&gt;" in text
    issue = next(iter(github.state.issues.values()))
    assert (issue.title, issue.labels, issue.user.login) == ("Grüße <b>", ["a", "b"], "bob")
    await browse(ISSUE + "/comments", {"body": "A <script>", "actor": "alice"})
    edit = {"title": "New", "body": "Other", "labels": "", "assignee": "bob", "milestone": "2"}
    await browse(ISSUE, edit)
    await browse(ISSUE + "/state", {"state": "closed", "reason": "not_planned"})
    _, text, _ = await browse(ISSUE)
    assert "A &lt;script&gt;" in text
    assert (issue.title, issue.state, issue.state_reason) == ("New", "closed", "not_planned")
    assert (issue.assignees[0].login, issue.milestone.title) == ("bob", "2.0")
    await browse(ISSUE + "/state", {"state": "open"})
    assert (issue.state, issue.state_reason) == ("open", "reopened")
    _, text, _ = await browse("/")
    assert "sim/project#1" in text


async def test_a_refusal_is_a_page(github, browse) -> None:
    status, text, _ = await browse("/", {"project": "sim/project", "title": ""})
    assert (status, "refuses" in text) == (422, True)
    assert (await browse("/sim/project/issues/9"))[0] == 404
    assert not github.state.issues


async def test_a_form_of_another_site_is_not_taken(github, browse) -> None:
    form = {"project": "sim/project", "title": "x"}
    status, _, _ = await browse("/", form, Origin="https://elsewhere.example")
    assert (status, github.state.issues) == (403, {})


async def test_pages_run_no_scripts(browse) -> None:
    _, _, answer = await browse("/")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")

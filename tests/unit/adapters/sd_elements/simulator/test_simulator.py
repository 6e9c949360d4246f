"""The simulator against what the API's documentation says, and its pages for people."""

import pytest

TASK = "/api/v2/projects/1/tasks/1-T1/"


@pytest.fixture
def ask(sde, session):
    async def asked(method: str, path: str, **more):
        headers = {"Authorization": f"token {sde.config.token}"}
        async with session.request(method, sde.url + path, headers=headers, **more) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    return asked


async def test_lists_have_a_count_only_when_they_are_paged(ask) -> None:
    _, whole = await ask("GET", "/api/v2/projects/1/tasks/")
    assert set(whole) == {"results"}
    _, page = await ask("GET", "/api/v2/projects/1/tasks/?page_size=2&page=2")
    assert (page["count"], len(page["results"]), page["next"]) == (3, 1, None)
    assert "page=1" in page["previous"]
    assert (await ask("GET", "/api/v2/projects/1/tasks/?page_size=2&page=9"))[0] == 404


async def test_one_task_tells_its_priority_as_text_and_the_list_as_a_number(ask) -> None:
    assert (await ask("GET", TASK))[1]["priority"] == "5"
    assert (await ask("GET", "/api/v2/projects/1/tasks/"))[1]["results"][0]["priority"] == 5


async def test_include_adds_and_expand_replaces(ask) -> None:
    _, bare = await ask("GET", TASK)
    assert bare["status"] == "TS2"
    assert "tags" not in bare
    _, full = await ask("GET", TASK + "?include=tags,references&expand=status,phase")
    assert full["status"]["meaning"] == "TODO"
    assert full["phase"]["slug"] == "requirements"
    assert full["tags"] == full["references"] == []


async def test_references_are_kept_by_connection(ask) -> None:
    body = {"alm_connection": 5, "reference": "A-1", "name": "A-1", "link": "https://x/A-1"}
    status, made = await ask("POST", TASK + "references/", json=body)
    assert status == 201
    one = f"{TASK}references/{made['id']}/"
    _, changed = await ask("PATCH", one, json={"name": "A-2"})
    assert (changed["reference"], changed["name"]) == ("A-1", "A-2")
    assert (await ask("DELETE", one))[0] == 204
    assert (await ask("GET", one))[0] == 404
    status, errors = await ask("POST", TASK + "references/", json={})
    assert (status, sorted(errors)) == (400, ["alm_connection", "reference"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", TASK, {"status": "TS99"}, 400),
        ("PATCH", TASK, {"title": "x"}, 400),
        ("PATCH", TASK, {"assigned_to": ["nobody@example.com"]}, 400),
        ("POST", "/api/v2/projects/1/tasks/", {}, 400),
        ("POST", "/api/v2/projects/9/tasks/", {"title": "x"}, 404),
        ("POST", TASK + "notes/", {"text": " "}, 400),
        ("GET", "/api/v2/projects/1/tasks/1-T9/", None, 404),
    ],
)
async def test_bad_requests_are_refused_and_change_nothing(
    sde, ask, method: str, path: str, body, status: int
) -> None:
    before = repr(sde.state.tasks)
    answered, said = await ask(method, path, json=body)
    assert answered == status
    assert said
    assert repr(sde.state.tasks) == before


async def test_a_wrong_token_is_refused(sde, session) -> None:
    headers = {"Authorization": "Token wrong"}
    async with session.get(sde.url + "/api/v2/phases/", headers=headers) as answer:
        assert answer.status == 401


async def test_people_write_on_its_pages(sde, session) -> None:
    form = {"project": "1", "title": "<b>New</b>", "text": "Words"}
    async with session.post(sde.url + "/", data=form) as answer:
        page = await answer.text()
        assert answer.status == 200
    assert "&lt;b&gt;New&lt;/b&gt;" in page
    edit = {"title": "Renamed", "text": "Words", "status": "Complete", "tags": "a b"}
    async with session.post(sde.url + "/tasks/1-PT1", data=edit) as answer:
        assert answer.status == 200
    task = sde.state.tasks["1-PT1"]
    assert (task.title, task.status.name, task.tags) == ("PT1: Renamed", "Complete", ["a", "b"])
    async with session.post(sde.url + "/tasks/1-PT1/notes", data={"text": "Hello"}) as answer:
        assert "Hello" in await answer.text()
    elsewhere = {"Origin": "https://evil.example"}
    async with session.post(sde.url + "/", data=form, headers=elsewhere) as answer:
        assert answer.status == 403

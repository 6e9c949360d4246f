"""Access, odd requests and the command's entry point."""

import asyncio

import aiohttp
import pytest

from adapters.jira.simulator import run


@pytest.fixture
def call(jira, session):
    async def called(method: str, path: str, login: str | None = None, **more):
        headers = {"Authorization": login or f"Bearer {jira.config.token}"}
        async with session.request(method, jira.url + path, headers=headers, **more) as answer:
            return answer.status, await answer.read()

    return called


@pytest.mark.parametrize("login", ["Bearer no", "Basic bm86bm8=", "ümläut", " "])
async def test_rest_wants_a_login(call, login) -> None:
    status, body = await call("GET", "/rest/api/2/myself", login)
    assert status == 401
    assert b"errorMessages" in body


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/rest/api/2/issue", b"{", 400),
        ("POST", "/rest/api/2/issue", b"[]", 400),
        ("POST", "/rest/api/2/issue", b"[" * 100_000, 400),
        ("POST", "/rest/api/2/issue", b'{"fields": {}}', 400),
        ("POST", "/rest/api/2/search", b'{"jql": "colour = red"}', 400),
        ("POST", "/rest/api/2/search", b'{"jql": "updated >= yesterday"}', 400),
        ("POST", "/rest/api/2/search", b'{"jql": "nonsense"}', 400),
        ("POST", "/rest/api/2/issue/NOPE-1/attachments", b"{}", 404),
        ("PUT", "/rest/api/2/issue/NOPE-1", b"{}", 404),
    ],
)
async def test_a_wrong_request_is_answered_as_jira_does(call, method, path, body, status) -> None:
    payload = aiohttp.BytesPayload(body, content_type="application/json")
    got, answer = await call(method, path, data=payload)
    assert got == status, answer
    assert b"error" in answer


@pytest.mark.parametrize(
    ("bound", "found"),
    [
        ("updated >= 1790000000000", True),
        ("updated >= 1790000001000", False),
        ('updated >= "2026-09-21 15:13"', True),
        ('updated >= "2026/09/21 15:14"', False),
        ("updated >= 2026-09-21", True),
        ("updated >= '2026-09-22'", False),
    ],
)
async def test_dates_of_a_search_are_the_accounts_and_know_minutes(
    start_jira, session, bound, found
) -> None:
    """1790000000123 is 14:13:20 UTC, and an hour later there."""
    jira = await start_jira(utc_offset=60)
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    jira.state.create({"fields": fields}, jira.state.me)
    headers = {"Authorization": f"Bearer {jira.config.token}"}
    path = jira.url + "/rest/api/2/search"
    async with session.post(path, json={"jql": bound}, headers=headers) as answer:
        assert (await answer.json())["total"] == int(found)


async def test_updated_rises_even_within_one_millisecond(jira) -> None:
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    made = [jira.state.create({"fields": fields}, jira.state.me) for _ in range(5)]
    moments = [issue.updated for issue in made]
    assert moments == sorted(set(moments))


async def test_the_command_serves_until_it_is_cancelled(session) -> None:
    said = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        run(0, webhook=None, token="t-1", project="DEMO", announce=said.set_result)
    )
    url = (await said).split()[-1]
    login = {"Authorization": "Bearer t-1"}
    async with session.get(f"{url}/rest/api/2/project/DEMO", headers=login) as answer:
        assert answer.status == 200
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

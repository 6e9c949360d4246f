"""The simulator as its users see it: control, limits, pages of lists, webhooks."""

import hashlib
import hmac
import json

import pytest
from aiohttp import web

from adapters.github.simulator import Fault, Webhook


@pytest.fixture
def ask(github, session):
    async def asked(method: str, path: str, body: object = None, **headers: str):
        named = {"Authorization": f"Bearer {github.config.token}", **headers}
        async with session.request(
            method, github.url + path, json=body, headers=named, allow_redirects=False
        ) as answer:
            data = await answer.read()
            return answer.status, json.loads(data) if data else None, answer.headers

    return asked


@pytest.fixture
async def receiver():
    """Somebody who takes webhooks: (headers, body) of each; 503 while `deaf` is set."""
    seen, state = [], {"deaf": False}

    async def take(request: web.Request) -> web.Response:
        seen.append((dict(request.headers), await request.read()))
        return web.Response(status=503 if state["deaf"] else 202)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", seen, state
    await runner.cleanup()


async def test_calls_are_counted_and_latency_is_set(github, ask) -> None:
    await ask("GET", "/api/v3/repos/sim/project/issues")
    _, counted, _ = await ask("GET", "/simulator/calls")
    assert counted == {"GET /repos/{owner}/{repo}/issues": 1}
    status, _, _ = await ask("PUT", "/simulator/latency", {"seconds": 0.01})
    assert (status, github.latency) == (200, 0.01)
    for wrong in ({"seconds": -1}, {"seconds": "x"}, {}):
        assert (await ask("PUT", "/simulator/latency", wrong))[0] == 400


async def test_lists_come_in_pages_with_links(github, ask, by_hand) -> None:
    for number in range(5):
        by_hand(f"No. {number}")
    path = "/api/v3/repos/sim/project/issues?per_page=2&state=all"
    _, first, headers = await ask("GET", path)
    assert (len(first), 'rel="next"' in headers["Link"]) == (2, True)
    _, last, headers = await ask("GET", path + "&page=3")
    assert (len(last), 'rel="next"' in headers["Link"]) == (1, False)


async def test_what_did_not_change_is_not_sent_again(ask, by_hand) -> None:
    by_hand()
    path = "/api/v3/repos/sim/project/issues"
    _, _, headers = await ask("GET", path)
    status, body, _ = await ask("GET", path, **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, None)


async def test_nobody_comes_in_without_a_token(ask) -> None:
    for header in ("Bearer wrong", "", "Basic eDp5", "Bearer a.b.c"):
        status, body, _ = await ask("GET", "/api/v3/user", Authorization=header)
        assert (status, "message" in body) == (401, True)


async def test_the_limit_is_told_and_held(github, ask) -> None:
    github.faults.limit.limit = 2
    for left in ("1", "0"):
        status, _, headers = await ask("GET", "/api/v3/user")
        assert (status, headers["X-RateLimit-Remaining"]) == (200, left)
    status, body, _ = await ask("GET", "/api/v3/user")
    assert (status, "rate limit" in body["message"]) == (403, True)


async def test_what_is_not_valid_changes_nothing(github, ask, by_hand) -> None:
    issue = by_hand()
    path = "/api/v3/repos/sim/project/issues/1"
    for body in (
        {"title": "y" * 257},
        {"title": "ok", "body": "y" * 65_537},
        {"title": "ok", "labels": ["l" * 51]},
        {"title": "ok", "assignees": ["unknown"]},
        {"title": "ok", "milestone": 99},
        {"title": "ok", "type": "Saga"},
        {"title": "ok", "state": "done"},
    ):
        assert (await ask("PATCH", path, body))[0] == 422
    assert (issue.title, issue.labels) == ("By hand", [])
    assert (await ask("POST", "/api/v3/repos/sim/project/issues", {}))[0] == 422


async def test_a_webhook_is_signed_and_told_once(start_github, receiver) -> None:
    url, seen, _ = receiver
    github = await start_github(webhooks=(Webhook(url, "key"), Webhook(url, "", "form")))
    repository = github.state.repository("sim/project")
    github.state.create(repository, {"title": "x"}, github.state.me)
    await github.hooks.settle()
    headers, body = seen[0]
    digest = hmac.digest(b"key", body, hashlib.sha256).hex()
    assert headers["X-Hub-Signature-256"] == "sha256=" + digest
    assert (headers["X-GitHub-Event"], json.loads(body)["action"]) == ("issues", "opened")
    assert seen[1][1].startswith(b"payload=")
    assert len(seen) == 2


async def test_a_webhook_may_get_lost_double_and_come_again(start_github, receiver, session):
    url, seen, state = receiver
    github = await start_github(webhooks=(Webhook(url),))
    repository = github.state.repository("sim/project")
    github.hooks.drop = 1
    issue = github.state.create(repository, {"title": "lost"}, github.state.me)
    await github.hooks.settle()
    assert (seen, github.hooks.failed) == ([], 1)
    lost = github.hooks.deliveries[0]
    github.hooks.again(lost)
    await github.hooks.settle()
    assert seen[0][0]["X-GitHub-Delivery"] == lost.guid
    github.hooks.double = True
    github.state.edit(issue, {"title": "twice"}, github.state.me)
    await github.hooks.settle()
    assert seen[1] == seen[2]
    state["deaf"] = True
    github.state.edit(issue, {"title": "deaf"}, github.state.me)
    await github.hooks.settle()
    assert github.hooks.deliveries[0].status == 503


async def test_a_webhook_is_registered_over_the_api(github, ask, receiver) -> None:
    url, seen, _ = receiver
    config = {"url": url, "content_type": "json", "secret": "key"}
    body = {"config": config, "events": ["issues"]}
    status, made, _ = await ask("POST", "/api/v3/repos/sim/project/hooks", body)
    assert (status, "secret" in made["config"]) == (201, False)
    await github.hooks.settle()
    assert seen[0][0]["X-GitHub-Event"] == "ping"
    _, listed, _ = await ask("GET", "/api/v3/repos/sim/project/hooks")
    assert [one["id"] for one in listed] == [made["id"]]


async def test_a_fault_comes_before_or_after_the_deed(github, ask) -> None:
    path = "/api/v3/repos/sim/project/issues"
    github.fail_next(Fault(status=500, method="POST"))
    assert (await ask("POST", path, {"title": "x"}))[0] == 500
    assert not github.state.issues
    github.fail_next(Fault(status=500, method="POST", after=True))
    assert (await ask("POST", path, {"title": "x"}))[0] == 500
    assert len(github.state.issues) == 1


async def test_old_names_of_repositories_lead_on(github, ask, project) -> None:
    github.state.rename(project, "renamed")
    status, _, headers = await ask("GET", "/api/v3/repos/sim/project/issues?state=all")
    assert status == 301
    assert headers["Location"].endswith(f"/repositories/{project.id}/issues?state=all")
    status, _, _ = await ask("POST", "/api/v3/repos/sim/project/issues", {"title": "x"})
    assert status == 307

"""The webhooks of the simulator, received and parsed as the daemon does."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web

from adapters.jira import parse_params, webhook
from adapters.jira.simulator import Webhook
from adapters.jira.simulator.model import Worklog
from adapters.port import WebhookRequest
from schemas.issue import Part

PARAMS = parse_params(
    {
        "url": "https://j",
        "token": "t",
        "webhook_secret": "path-1",
        "webhook_hmac_secret": "sign-1",
    }
)


class Receiver:
    def __init__(self) -> None:
        self.url = ""
        self.events = []
        self.payloads = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        secret = request.match_info["secret"]
        self.payloads.append(msgspec.json.decode(body))
        self.events += webhook.parse("jira-a", PARAMS, WebhookRequest(headers, secret, body))
        return web.Response(status=self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hooks/jira-a/{secret}", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/jira-a/path-1"
    yield made
    await runner.cleanup()


async def test_every_kind_of_change_is_told_in_order(start_jira, receiver) -> None:
    jira = await start_jira(webhooks=(Webhook(receiver.url, "sign-1"),))
    state, bob = jira.state, jira.state.users["bob"]
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "ünï 🚀"}
    issue = state.create({"fields": fields}, bob)
    created = issue.updated
    state.edit(issue, {"fields": {"summary": "New"}, "update": {"labels": [{"add": "x"}]}}, bob)
    edited = issue.updated
    state.edit(issue, {"fields": {"summary": "New"}}, bob)
    comment = state.add_comment(issue, {"body": "Hello"}, bob)
    state.edit_comment(issue, comment, {"body": "Hallo"}, bob)
    state.delete_comment(issue, comment, bob)
    path = state.folder / "x"
    path.write_bytes(b"x")
    item = state.attach(issue, path, "x.txt", "text/plain", bob)
    state.detach(item.id, bob)
    state.delete(issue, bob)
    await jira.hooks.settle()
    told = [(event.parts, event.version, event.deleted) for event in receiver.events]
    assert {event.issue for event in receiver.events} == {issue.id}
    assert told[:2] == [((), created, False), ((Part.FIELDS,), edited, False)]
    assert [parts for parts, _, _ in told[2:-1]] == [
        *[(Part.COMMENTS,)] * 6,
        *[(Part.ATTACHMENTS,)] * 2,
    ]
    assert [version for _, version, _ in told[2:8]] == [None] * 6
    assert told[-1][2]
    assert jira.hooks.delivered == len(receiver.payloads) == 11


async def test_a_thin_comment_message_has_no_issue(start_jira, receiver) -> None:
    jira = await start_jira(webhooks=(Webhook(receiver.url, "sign-1"),))
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    issue = jira.state.create({"fields": fields}, jira.state.me)
    jira.state.add_comment(issue, {"body": "Hello"}, jira.state.me)
    await jira.hooks.settle()
    assert set(receiver.payloads[-1]) == {"timestamp", "webhookEvent", "comment"}
    assert receiver.payloads[-2]["webhookEvent"] == "jira:issue_updated"
    assert "changelog" not in receiver.payloads[-2]


async def test_time_and_links_are_told(start_jira, receiver) -> None:
    jira = await start_jira(webhooks=(Webhook(receiver.url, "sign-1"),))
    state, bob = jira.state, jira.state.users["bob"]
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    one, two = (state.create({"fields": fields}, bob) for _ in range(2))
    worklog = state.log_work(one, Worklog("1", 3600, 0, bob, 0, 0), bob)
    state.unlog_work(one, worklog, bob)
    state.link("10000", one, two, bob)
    state.unlink(next(iter(state.links)), bob)
    await jira.hooks.settle()
    told = [(event.issue, event.parts) for event in receiver.events[2:]]
    time = [(one.id, (Part.WORKLOGS, Part.FIELDS)), (one.id, (Part.WORKLOGS,))]
    links = [(one.id, (Part.FIELDS,)), (two.id, (Part.FIELDS,))]
    assert told == time * 2 + links * 2


async def test_a_webhook_is_registered_over_rest_and_never_repeated(
    jira, session, receiver
) -> None:
    receiver.status = 503
    login = {"Authorization": f"Bearer {jira.config.token}"}
    path = jira.url + "/rest/webhooks/1.0/webhook"
    body = {"name": "ours", "url": receiver.url, "secret": "sign-1"}
    async with session.post(path, json=body, headers=login) as answer:
        assert answer.status == 201
    async with session.get(path, headers=login) as answer:
        assert [item["url"] for item in await answer.json()] == [receiver.url]
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    jira.state.create({"fields": fields}, jira.state.me)
    await jira.hooks.settle()
    assert (jira.hooks.delivered, jira.hooks.failed, len(receiver.payloads)) == (0, 1, 1)


async def test_a_receiver_that_is_away_stops_nobody(start_jira, receiver) -> None:
    away = Webhook("http://127.0.0.1:1/hooks")
    jira = await start_jira(webhooks=(away, Webhook(receiver.url, "sign-1")))
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    jira.state.create({"fields": fields}, jira.state.me)
    await jira.hooks.settle()
    assert (jira.hooks.delivered, jira.hooks.failed) == (1, 1)

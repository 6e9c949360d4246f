"""Webhooks: signed, repeated, told twice, and as Jira Cloud was recorded to send them."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from adapters.jira_cloud import parse_params
from adapters.jira_cloud.simulator import Webhook
from adapters.jira_cloud.webhook import parse
from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.issue import AttachmentDraft, CommentDraft, Part
from schemas.rich_text import plain

RECORDED = Path(__file__).parents[5] / "shared" / "specs" / "jira-webhooks"
SITE = {"url": "https://example.atlassian.net", "email": "a@example.com", "token": "t-secret"}
PARAMS = parse_params({**SITE, "webhook_hmac_secret": "hush"})


def signed(body: bytes, secret: str = "hush", **headers: str) -> WebhookRequest:
    digest = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return WebhookRequest({"x-hub-signature": f"sha256={digest}", **headers}, "", body)


class Receiver:
    """Takes webhooks, after it answered with the statuses that were queued."""

    def __init__(self) -> None:
        self.requests: list[WebhookRequest] = []
        self.statuses: list[int] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(WebhookRequest(headers, "", await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 202)

    def events(self) -> list[str]:
        return [json.loads(request.body)["webhookEvent"] for request in self.requests]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made, app = Receiver(), web.Application()
    app.router.add_post("/hook", made.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


@pytest.fixture
async def told(start_cloud, receiver):
    """A simulator that tells the receiver of everything."""

    async def start(**settings):
        return await start_cloud(webhooks=(Webhook(receiver.url, "hush"),), **settings)

    return start


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded webhooks are not here")
def test_recorded_webhooks_are_understood() -> None:
    parsed = 0
    for path in sorted(RECORDED.glob("*.json")):
        body = path.read_bytes()
        changes = parse("cloud-a", PARAMS, signed(body))
        event = json.loads(body)["webhookEvent"]
        assert len(changes) == 1, path.name
        assert changes[0].issue, path.name
        if event.startswith("comment_"):
            assert changes[0].parts == (Part.COMMENTS,), path.name
        parsed += 1
    assert parsed >= 20


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded webhooks are not here")
def test_the_simulator_tells_of_a_comment_as_the_real_one_did() -> None:
    """The recorded one names its issue in short, and has nobody who did it."""
    body = json.loads((RECORDED / "webhook-cloud-comment-created-mention-user.json").read_text())
    assert set(body) == {"timestamp", "webhookEvent", "comment", "issue"}
    assert isinstance(body["comment"]["body"], str)


async def test_events_of_comments_have_the_recorded_shape(told, receiver, connect, draft) -> None:
    cloud = await told()
    tracker = connect(cloud)
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_comment(issue, CommentDraft(plain("a *word*"), "c-1"))
    await cloud.hooks.settle()
    assert receiver.events() == ["jira:issue_created", "comment_created"]
    body = json.loads(receiver.requests[1].body)
    assert set(body) == {"timestamp", "webhookEvent", "comment", "issue"}
    assert body["comment"]["body"] == r"a \*word\*"
    (change,) = parse("cloud-a", PARAMS, receiver.requests[1])
    assert (change.issue, change.new_comment) == (issue, made.id)


async def test_every_kind_of_change_is_a_hint(told, receiver, connect, draft) -> None:
    cloud = await told()
    tracker = connect(cloud)
    made = await tracker.create(draft())
    issue = made.ref.id

    async def content():
        async def stream():
            yield b"data"

        return stream()

    await tracker.add_attachment(issue, AttachmentDraft("f.txt", 4, "text/plain", "a"), content)
    alice, held = cloud.state.person("alice"), cloud.state.issue(issue)
    cloud.state.edit(held, {"fields": {"summary": "Hers"}}, alice)
    cloud.state.delete(held, alice)
    await cloud.hooks.settle()
    changes = [parse("cloud-a", PARAMS, request)[0] for request in receiver.requests]
    assert [change.issue for change in changes] == [issue] * 4
    assert [change.parts for change in changes[1:3]] == [(Part.ATTACHMENTS,), (Part.FIELDS,)]
    assert changes[2].version == held.updated or changes[2].version is None
    assert [change.deleted for change in changes] == [False, False, False, True]


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
async def test_a_webhook_that_is_not_taken_comes_again_as_the_same(
    told, receiver, connect, draft, status
) -> None:
    cloud = await told()
    receiver.statuses = [status, status]
    await connect(cloud).create(draft())
    await cloud.hooks.settle()
    assert len(receiver.requests) == 3
    ids = {parse("cloud-a", PARAMS, request)[0].change for request in receiver.requests}
    assert len(ids) == 1
    assert ids != {""}
    retries = [request.headers.get("x-atlassian-webhook-retry") for request in receiver.requests]
    assert retries == [None, "1", "2"]
    assert cloud.hooks.delivered == 1


async def test_a_webhook_that_is_refused_is_lost(told, receiver, connect, draft) -> None:
    cloud = await told()
    receiver.statuses = [400]
    await connect(cloud).create(draft())
    await cloud.hooks.settle()
    assert (len(receiver.requests), cloud.hooks.failed) == (1, 1)


async def test_a_webhook_that_is_told_twice_is_two_hints_of_one_change(
    told, receiver, connect, draft
) -> None:
    cloud = await told(webhook_twice=True)
    await connect(cloud).create(draft())
    await cloud.hooks.settle()
    one, two = (parse("cloud-a", PARAMS, request)[0] for request in receiver.requests)
    assert (one.issue, one.version) == (two.issue, two.version)


async def test_with_every_webhook_lost_the_scan_tells_all(
    told, receiver, connect, draft, clock
) -> None:
    cloud = await told(index_lag=10)
    cloud.hooks.dropping = 1000
    tracker = connect(cloud)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 20_000
    issue = (await tracker.create(draft())).ref.id
    clock.millis += 60_000
    page = await tracker.changed_since(cursor, ())
    assert [change.issue for change in page.changes] == [issue]
    assert receiver.requests == []


@pytest.mark.parametrize("identifier", ["", "x" * 300, "a b", "é"])
def test_an_odd_identifier_does_no_harm(identifier) -> None:
    body = b'{"webhookEvent":"jira:issue_updated","issue":{"id":"1"}}'
    (change,) = parse(
        "cloud-a", PARAMS, signed(body, **{"x-atlassian-webhook-identifier": identifier})
    )
    assert change.change == ""


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_a_stranger_is_turned_away(secret) -> None:
    with pytest.raises(InputError) as raised:
        parse("cloud-a", PARAMS, signed(b"{}", secret))
    assert raised.value.status == 401


def test_what_is_no_webhook_is_refused() -> None:
    for body in (b"", b"[]", b"{}", b'{"webhookEvent": 5}', b"\xff"):
        with pytest.raises(InputError) as raised:
            parse("cloud-a", PARAMS, signed(body))
        assert raised.value.status == 400


async def test_an_address_that_hangs_is_given_up(start_cloud, connect, draft) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    cloud = await start_cloud(webhooks=(Webhook(url),), webhook_tries=3)
    await connect(cloud).create(draft())
    await cloud.hooks.settle()
    assert cloud.hooks.failed == 1
    server.close()

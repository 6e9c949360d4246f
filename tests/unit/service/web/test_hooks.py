import asyncio
import gzip
import json

import pytest
from aiohttp import ClientSession, web

from schemas.errors import BusUnavailable
from service.web.app import build_public_app
from service.web.hooks import Webhooks

LIMIT = 64 * 1024


@pytest.fixture
def app(desk, bus, metrics, clock, new_id, board) -> web.Application:
    hooks = Webhooks(desk, bus, metrics, now=lambda: clock[0], new_id=new_id, body_seconds=0.3)
    return build_public_app(hooks.routes(), board, body_bytes=LIMIT, new_id=new_id)


@pytest.fixture
async def client(serve, app) -> ClientSession:
    return await serve(app)


def count(metrics, result: str) -> float:
    labels = {"connector": "jira", "result": result}
    return metrics.registry.get_sample_value("tidegate_webhooks_total", labels) or 0


async def test_a_change_is_published_before_it_is_accepted(client, bus, metrics, clock) -> None:
    async with client.post("/hooks/jira", json={"issues": ["A-1", "A-2"]}) as answer:
        assert answer.status == 202
        assert await answer.json() == {"accepted": 2}
    assert [event.issue for event in bus.published] == ["A-1", "A-2"]
    assert {event.source for event in bus.published} == {"webhook"}
    assert {event.at for event in bus.published} == {clock[0]}
    assert len({event.change for event in bus.published} - {""}) == 2
    assert count(metrics, "accepted") == 1


async def test_the_parser_gets_the_raw_body_lower_case_headers_and_the_path_secret(
    client, desk
) -> None:
    raw = '{"issue":  "日本-1 🌊"}'.encode()
    headers = {"X-Hub-Signature": "sha256=1", "Content-Type": "text/whatever"}
    async with client.post("/hooks/guarded/s3cret", data=raw, headers=headers) as answer:
        assert answer.status == 202
    (request,) = desk.trackers["guarded"].requests
    assert request.body == raw
    assert request.headers["x-hub-signature"] == "sha256=1"


async def test_what_interests_nobody_is_not_published(client, bus, desk, metrics) -> None:
    async with client.post("/hooks/jira", json={}) as answer:
        assert (answer.status, await answer.json()) == (200, {"accepted": 0})
    desk.cares = False
    async with client.post("/hooks/jira", json={"issue": "A-1"}) as answer:
        assert (answer.status, await answer.json()) == (200, {"accepted": 0})
    assert bus.published == []
    assert count(metrics, "ignored") == 2


async def test_without_a_confirm_the_tracker_is_told_to_come_back(client, bus, metrics) -> None:
    bus.error = BusUnavailable("amqp://u:canary@h is away", remedy="Start the broker.")
    async with client.post("/hooks/jira", json={"issue": "A-1"}) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        text = await answer.text()
    assert "away" not in text
    assert "broker" not in text
    assert count(metrics, "unavailable") == 1


async def test_an_unexpected_error_is_an_incident_without_details(client, bus) -> None:
    bus.error = RuntimeError("canary")
    async with client.post("/hooks/jira", json={"issue": "A-1"}) as answer:
        assert answer.status == 500
        body = await answer.json()
    assert body["incident"]
    assert "canary" not in json.dumps(body)


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/hooks/unknown", b'{"issue": "A-1"}', 404),
        ("/hooks/", b"{}", 404),
        ("/hooks/jira/a/b", b"{}", 404),
        ("/hooks/guarded", b'{"issue": "A-1"}', 401),
        ("/hooks/guarded/wrong", b'{"issue": "A-1"}', 401),
        ("/hooks/jira", b"", 400),
        ("/hooks/jira", b"{", 400),
        ("/hooks/jira", b"\xff\xfe\x00", 400),
        ("/hooks/jira", b'{"issue": 7}', 400),
        ("/hooks/jira", b"[" * 20_000, 400),
        ("/hooks/jira", b'{"x":' * 10_000, 400),
        ("/hooks/jira", b'{"issue": "' + b"x" * LIMIT + b'"}', 413),
    ],
)
async def test_bad_input_is_told_clearly_and_nothing_is_published(
    client, bus, path: str, data: bytes, status: int
) -> None:
    async with client.post(path, data=data) as answer:
        assert answer.status == status
        assert answer.content_type == "application/json"
        assert (await answer.json())["detail"]
        assert status != 401 or answer.headers["WWW-Authenticate"]
    assert bus.published == []


async def test_a_large_body_in_chunks_is_refused_too(client, bus) -> None:
    async def chunks():
        yield b'{"issue": "'
        for _ in range(40):
            yield b"x" * 4096
        yield b'"}'

    async with client.post("/hooks/jira", data=chunks()) as answer:
        assert answer.status == 413
    assert bus.published == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "x"])
async def test_compressed_bodies_are_refused_unread(client, bus, desk, encoding: str) -> None:
    data = gzip.compress(b'{"issue": "A-1"}')
    headers = {"Content-Encoding": encoding}
    async with client.post("/hooks/jira", data=data, headers=headers) as answer:
        assert answer.status in (400, 415)
    assert bus.published == []
    assert desk.trackers["jira"].requests == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(client, bus, method: str) -> None:
    async with client.request(method, "/hooks/jira", data=b'{"issue": "A-1"}') as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert (await answer.json())["remedy"]
    assert bus.published == []


async def raw_exchange(client: ClientSession, sent: bytes) -> bytes:
    """What the server answers to bytes after which the caller falls silent."""
    url = client._base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(sent)
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


async def test_a_body_that_announces_too_much_is_not_waited_for(client) -> None:
    answer = await raw_exchange(
        client, b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_body_that_stalls_is_cut(client, bus) -> None:
    answer = await raw_exchange(
        client, b'POST /hooks/jira HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"issue":'
    )
    assert answer.startswith(b"HTTP/1.1 408")
    assert bus.published == []


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nX-Half: ",
        b"",
    ],
)
async def test_silent_connections_are_closed(client, sent: bytes) -> None:
    assert await raw_exchange(client, sent) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 10_000 + b"\r\n\r\n",
        b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 300 + b"\r\n",
        b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 3\r\n\r\n{}\r\n",
    ],
)
async def test_broken_http_is_a_4xx(client, bus, sent: bytes) -> None:
    answer = await raw_exchange(client, sent)
    assert answer.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4"))
    assert bus.published == []


async def test_too_many_connections_are_closed_at_once(serve, app) -> None:
    from service.web.serving import Hardening

    client = await serve(app, Hardening(connections=1, keepalive_seconds=5, shutdown_seconds=0.1))
    url = client._base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    assert await raw_exchange(client, b"") == b""
    writer.close()

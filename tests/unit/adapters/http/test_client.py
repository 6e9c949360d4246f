import asyncio

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from structlog.testing import capture_logs

from adapters.http import Call, HttpSettings, TrackerHttp, segment
from adapters.http.lanes import Lanes
from schemas.errors import AddressRefused, Fault

READ = Call(what="read it", path="/it")
WRITE = Call(what="write it", path="/it", method="POST", body=b"{}", write=True)


async def test_a_call_carries_its_login_and_comes_back_decoded(server, http) -> None:
    server.queue(body=b"[1,2]")
    call = Call(what="list", path=f"/a{segment('/ü?')}", query={"q": "x y&z", "n": "1"})
    assert await http.fetch(call, msgspec.json.Decoder(list[int])) == [1, 2]
    method, path, headers, _ = server.seen[0]
    assert (method, path) == ("GET", "/api/a%2F%C3%BC%3F?q=x%20y%26z&n=1")
    assert headers["Authorization"] == "Bearer s3cret-token"


@pytest.mark.parametrize(
    ("text", "quoted"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), ("", ""), ("a.b", "a.b")]
)
def test_a_segment_stays_one_step_of_the_path(text, quoted) -> None:
    assert segment(text) == quoted


async def test_an_answer_of_another_kind_is_told(server, http, refusal) -> None:
    decoder = msgspec.json.Decoder(list[int])
    for call, fault in ((READ, Fault.UNAVAILABLE), (WRITE, Fault.UNKNOWN_OUTCOME)):
        server.queue(body=b"<html>Log in</html>")
        assert (await refusal(http.fetch(call, decoder))).fault is fault


async def test_a_read_is_tried_again_and_a_write_is_not(server, http, clock, refusal) -> None:
    server.queue(502)
    server.queue(503)
    assert (await http.send(READ)).body == b"[]"
    assert len(server.seen) == 3
    assert len(clock.pauses) == 2
    assert clock.pauses[0] < clock.pauses[1]
    for mishap in (lambda: server.queue(503), server.cut):
        server.seen.clear()
        mishap()
        assert (await refusal(http.send(WRITE))).fault is Fault.UNKNOWN_OUTCOME
        assert len(server.seen) == 1


async def test_a_read_whose_connection_broke_is_tried_again(server, http) -> None:
    server.cut()
    assert (await http.send(READ)).body == b"[]"


async def test_a_write_that_does_no_harm_twice_is_tried_again(server, http) -> None:
    server.cut()
    await http.send(msgspec.structs.replace(WRITE, repeatable=True))
    assert len(server.seen) == 2


async def test_tries_end(server, http, refusal) -> None:
    for _ in range(5):
        server.queue(504)
    assert (await refusal(http.send(READ))).fault is Fault.UNAVAILABLE
    assert len(server.seen) == 3


async def test_a_refusal_is_not_repeated_and_hides_secrets(server, http, refusal) -> None:
    server.queue(403, b"token s3cret-token may not")
    error = await refusal(http.send(READ))
    assert (error.fault, error.status) == (Fault.PERMISSION, 403)
    assert "s3cret" not in error.message
    assert "read it" in error.message
    assert len(server.seen) == 1


async def test_the_log_tells_calls_without_queries(server, http) -> None:
    server.queue(X_Request_Id="r-1")
    with capture_logs() as lines:
        await http.send(msgspec.structs.replace(READ, query={"key": "s3cret-token"}))
    told = [line for line in lines if line["event"] == "tracker.called"]
    assert [(line["path"], line["request"]) for line in told] == [("/api/it", "r-1")]
    assert "s3cret" not in str(lines)


async def test_a_login_that_ran_out_is_renewed_once(server, http, dialect, refusal) -> None:
    dialect.renewals = ["fresh-token"]
    server.queue(401)
    await http.send(WRITE)
    assert [seen[2]["Authorization"] for seen in server.seen] == [
        "Bearer s3cret-token",
        "Bearer fresh-token",
    ]
    server.queue(401)
    assert (await refusal(http.send(WRITE))).fault is Fault.CREDENTIALS


async def test_a_login_itself_is_sent_bare(server, http) -> None:
    await http.send(msgspec.structs.replace(READ, anonymous=True))
    assert "Authorization" not in server.seen[0][2]


async def test_too_large_an_answer_is_given_up(server, connect, refusal) -> None:
    http = connect(largest_answer=1000)
    server.queue(body=b"x" * 1000)
    assert len((await http.send(READ)).body) == 1000

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 1000)
        return response

    server.queued.append(endless)
    error = await refusal(http.send(READ))
    assert (error.fault, len(server.seen)) == (Fault.UNAVAILABLE, 2)
    server.queue(body=b"x" * 1001)
    assert (await refusal(http.send(WRITE))).fault is Fault.UNKNOWN_OUTCOME


async def test_an_answer_that_never_comes_ends_the_call(server, connect, refusal) -> None:
    http = connect(request_timeout=0.1, tries=1)

    async def silent(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    server.queued += [silent, silent]
    assert (await refusal(http.send(READ))).fault is Fault.UNAVAILABLE
    assert (await refusal(http.send(WRITE))).fault is Fault.UNKNOWN_OUTCOME


async def test_what_was_never_sent_is_not_unknown(connect, refusal) -> None:
    http = connect(base="http://127.0.0.1:1")
    error = await refusal(http.send(WRITE))
    assert error.fault is Fault.UNAVAILABLE
    assert "cannot be reached" in error.message


async def test_an_address_that_is_not_permitted_is_told(server, clock, dialect, refusal) -> None:
    class Refusing(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
            raise AddressRefused("Permit this address in the node's settings.")

        async def close(self) -> None:
            """Holds nothing."""

    connector = aiohttp.TCPConnector(resolver=Refusing())
    async with aiohttp.ClientSession(connector=connector) as session:
        settings = HttpSettings(connector="c", title="Plain", base="http://plain.example")
        http = TrackerHttp(settings, dialect, session, clock, clock.pause)
        error = await refusal(http.send(WRITE))
    assert error.fault is Fault.UNAVAILABLE
    assert "Permit this address" in error.remedy


async def test_unchanged_is_an_answer_when_asked_for(server, http, refusal) -> None:
    server.queue(304, b"")
    asked = msgspec.structs.replace(READ, headers={"If-None-Match": '"1"'})
    assert (await http.send(asked)).status == 304
    server.queue(304, b"")
    assert (await refusal(http.send(READ))).status == 304


async def test_calls_under_way_are_capped_and_a_cancelled_one_makes_room(server, connect) -> None:
    http = connect(concurrency=2)
    under_way, most, release = 0, 0, asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await release.wait()
        under_way -= 1
        return web.Response(body=b"[]")

    server.queued += [slow] * 6
    calls = [asyncio.create_task(http.send(READ)) for _ in range(6)]
    while under_way < 2:
        await asyncio.sleep(0)
    calls[0].cancel()
    release.set()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(one, asyncio.CancelledError) for one in ended) == 1
    assert most == 2


async def test_calls_of_one_lane_go_one_after_the_other(server, http) -> None:
    under_way: list[str] = []
    together = 0

    async def slow(request: web.Request) -> web.Response:
        nonlocal together
        lane = request.query["lane"]
        assert lane not in under_way
        under_way.append(lane)
        together = max(together, len(under_way))
        for _ in range(20):
            await asyncio.sleep(0)
        under_way.remove(lane)
        return web.Response(body=b"[]")

    server.queued += [slow] * 6
    calls = [msgspec.structs.replace(WRITE, lane=lane, query={"lane": lane}) for lane in "ababab"]
    tasks = [asyncio.create_task(http.send(call)) for call in calls]
    await asyncio.sleep(0)
    tasks[4].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert [task.cancelled() for task in tasks].count(True) == 1
    assert all(task.cancelled() or task.exception() is None for task in tasks)
    assert (together, len(server.seen)) == (2, 5)


async def test_a_lane_is_forgotten_when_nobody_uses_it() -> None:
    lanes = Lanes()
    async with lanes.enter("a"), lanes.enter(""):
        assert len(lanes) == 1
    assert len(lanes) == 0


async def test_a_redirect_within_the_tracker_is_followed(server, http, refusal) -> None:
    server.queue(301, b"", Location="/api/moved?x=1")
    answer = await http.send(READ)
    assert answer.url.endswith("/api/moved?x=1")
    server.queue(307, b"", Location="/api/moved")
    await http.send(WRITE)
    assert server.seen[-1][0] == "POST"
    assert server.seen[-1][3] == b"{}"
    server.queue(302, b"", Location="/api/moved")
    assert (await refusal(http.send(WRITE))).status == 302


async def test_circles_end(server, http, refusal) -> None:
    for _ in range(30):
        server.queue(302, b"", Location="/api/it")
    assert "circles" in (await refusal(http.send(READ))).message


async def test_no_other_server_gets_the_login(server, start, http, refusal) -> None:
    other = await start()
    for place in (other.url + "/api/it", "//elsewhere.invalid/x", "file:///etc/passwd"):
        server.queue(302, b"", Location=place)
        assert (await refusal(http.send(READ))).fault is Fault.CONFIGURATION
    elsewhere = Call(what="read a page", path=other.url + "/api/it")
    assert (await refusal(http.send(elsewhere))).fault is Fault.CONFIGURATION
    assert not other.seen


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
async def test_a_write_on_a_kept_connection_that_breaks_goes_out_once(
    http, server, refusal, method: str
) -> None:
    """The HTTP library repeats some methods by itself; only the caller may decide that."""
    await http.send(READ)
    server.cut()
    call = msgspec.structs.replace(WRITE, method=method)
    assert (await refusal(http.send(call))).fault is Fault.UNKNOWN_OUTCOME
    assert [seen[0] for seen in server.seen] == ["GET", method]


async def test_a_read_may_go_on_to_another_server_without_credentials(
    server, start, http, refusal
) -> None:
    other = await start()
    other.queue(body=b"content")
    there = {"Location": other.url + "/file?token=x"}
    server.queue(303, b"", **there)
    assert (await refusal(http.send(READ))).fault is Fault.CONFIGURATION
    anywhere = msgspec.structs.replace(READ, redirects="anywhere", headers={"X-Own": "1"})
    server.queue(303, b"", **there)
    assert (await http.send(anywhere)).body == b"content"
    _, path, headers, _ = other.seen[0]
    assert path == "/file?token=x"
    assert not {"Authorization", "X-Own"} & set(headers)


async def test_a_write_never_goes_on_to_another_server(server, start, http, refusal) -> None:
    other = await start()
    server.queue(307, b"", Location=other.url)
    astray = msgspec.structs.replace(WRITE, redirects="anywhere")
    assert (await refusal(http.send(astray))).fault is Fault.CONFIGURATION
    assert other.seen == []


async def test_a_redirect_may_be_the_answer_itself(server, http) -> None:
    server.queue(303, b"", Location="https://media.example/file/1")
    answer = await http.send(msgspec.structs.replace(READ, redirects="shown"))
    assert (answer.status, answer.headers["Location"]) == (303, "https://media.example/file/1")

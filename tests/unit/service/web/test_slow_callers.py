"""Real sockets at a door: slow, many, oversized and bombing callers."""

import asyncio
import gzip
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from service.web.app import build_public_app
from service.web.body import read_body
from service.web.callers import Callers
from service.web.doorkeeper import NO_PROXIES
from service.web.refusals import Refusals
from service.web.serving import Hardening, listening

BODY_SECONDS = 0.4
QUICK = Hardening(keepalive_seconds=0.4, lingering_seconds=0.2, shutdown_seconds=0.2)
PATIENCE = 5.0


@pytest.fixture
def door(board, metrics, new_id, clock):
    @asynccontextmanager
    async def opened(
        hardening: Hardening = QUICK, callers: Callers = NO_PROXIES
    ) -> AsyncIterator[tuple[str, int]]:
        async def hook(request: web.Request) -> web.Response:
            return web.Response(text=str(len(await read_body(request, BODY_SECONDS))))

        app = build_public_app(
            [web.post("/hooks/jira", hook)], board, body_bytes=65_536, new_id=new_id
        )
        refusals = Refusals(metrics, now=lambda: clock[0])
        async with listening(
            app, "127.0.0.1", 0, hardening, door="hooks", callers=callers, refusals=refusals
        ) as bound:
            yield bound

    return opened


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """All that was said. Who still writes when the door closes sees a reset."""
    said = b""
    async with asyncio.timeout(PATIENCE):
        try:
            while portion := await reader.read(65_536):
                said += portion
        except ConnectionResetError:
            return said
    return said


async def drip(writer: asyncio.StreamWriter, text: bytes, pause: float = 0.05) -> None:
    """As slowly as a caller may who wants to hold a connection."""
    try:
        for n in range(len(text)):
            writer.write(text[n : n + 1])
            await writer.drain()
            await asyncio.sleep(pause)
    except ConnectionError:
        return


@pytest.mark.parametrize("said", [b"", b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\n"])
async def test_a_connection_without_a_whole_header_is_closed(door, said) -> None:
    async with door() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(said)
        assert await until_closed(reader) == b""
        writer.close()


async def test_a_header_that_drips_is_cut_off(door) -> None:
    async with door() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        dripping = asyncio.create_task(drip(writer, b"POST /hooks/jira HTTP/1.1\r\n" + b"X" * 999))
        began = time.monotonic()
        await until_closed(reader)
        assert time.monotonic() - began < 2
        dripping.cancel()
        writer.close()


@pytest.mark.parametrize("length", [b"Content-Length: 60000", b"Transfer-Encoding: chunked"])
async def test_a_body_that_drips_is_answered_and_cut_off(door, length) -> None:
    async with door() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n")
        dripping = asyncio.create_task(drip(writer, b"1\r\nx\r\n" * 200))
        answer = await until_closed(reader)
        assert b" 408 " in answer
        dripping.cancel()
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"x" * 9_000 + b"\r\n",
        b"".join(b"X-%d: y\r\n" % n for n in range(200)),
        b"X" * 9_000 + b": y\r\n",
    ],
    ids=["long value", "many", "long name"],
)
async def test_headers_that_are_too_many_or_too_long_are_refused(door, metrics, head) -> None:
    async with door() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
        assert b" 400 " in await until_closed(reader)
        writer.close()
    assert metrics.refused_requests.labels("hooks", "malformed")._value.get() == 1


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_a_body_over_the_limit_is_refused_while_it_comes(door, declared) -> None:
    async with door() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        size = b"Content-Length: 70000" if declared else b"Transfer-Encoding: chunked"
        writer.write(b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\n" + size + b"\r\n\r\n")
        if not declared:
            writer.write((b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 5)
        async with asyncio.timeout(PATIENCE):
            assert b" 413 " in await reader.readline()
        writer.close()


async def test_a_bomb_is_refused_and_never_unpacked(door) -> None:
    bomb = gzip.compress(bytes(64 << 20), 9)
    assert len(bomb) < 65_536 + 2_000
    async with door() as (host, port):
        tracemalloc.start()
        try:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(
                b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb
            )
            async with asyncio.timeout(PATIENCE):
                answer = await reader.readline()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        writer.close()
    assert b" 415 " in answer
    assert peak < 4 << 20


async def test_a_thousand_idle_connections_keep_nobody_out(door, metrics) -> None:
    wide = Hardening(
        keepalive_seconds=20, connections=1_200, per_address=1_000, shutdown_seconds=0.2
    )
    idle: list[socket.socket] = []
    async with door(wide) as (host, port):
        loop = asyncio.get_running_loop()
        try:
            for _ in range(1_000):
                one = socket.socket()
                one.setblocking(False)
                await loop.sock_connect(one, (host, port))
                idle.append(one)
            # One more from there is closed; from elsewhere there is room.
            reader, writer = await asyncio.open_connection(host, port)
            assert await until_closed(reader) == b""
            writer.close()
            other, speaker = await asyncio.open_connection(host, port, local_addr=("127.0.0.2", 0))
            speaker.write(b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            async with asyncio.timeout(PATIENCE):
                assert b" 200 " in await other.readline()
            speaker.close()
        finally:
            for one in idle:
                one.close()
    assert metrics.refused_requests.labels("hooks", "address")._value.get() == 1


async def test_the_cap_on_all_connections_holds(door, metrics) -> None:
    tight = Hardening(keepalive_seconds=20, connections=3, shutdown_seconds=0.2)
    async with door(tight) as (host, port):
        held = [await asyncio.open_connection(host, port) for _ in range(3)]
        reader, writer = await asyncio.open_connection(host, port)
        assert await until_closed(reader) == b""
        for _, each in (*held, (reader, writer)):
            each.close()
    assert metrics.refused_requests.labels("hooks", "connections")._value.get() == 1


async def test_a_trusted_proxy_may_bring_many(door) -> None:
    tight = Hardening(keepalive_seconds=20, per_address=2, shutdown_seconds=0.2)
    async with door(tight, Callers.behind(("127.0.0.1/32",))) as (host, port):
        held = [await asyncio.open_connection(host, port) for _ in range(5)]
        reader, writer = held[-1]
        writer.write(b"POST /hooks/jira HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        async with asyncio.timeout(PATIENCE):
            assert b" 200 " in await reader.readline()
        for _, each in held:
            each.close()

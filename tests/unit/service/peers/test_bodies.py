"""Bodies over real sockets: who keeps sending is heard, who drips is not waited for."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol

from service.peers.answers import answering
from service.peers.bodies import Pace, paced, pieces, portions_of, read_body

QUICK = Pace(grace=0.2, seconds=0.2, portion=1_000)
PATIENCE = 5.0


@pytest.fixture
async def address() -> AsyncIterator[tuple[str, int]]:
    """Answers how many bytes came, to whoever sends them fast enough."""

    async def count(request: web.Request) -> web.Response:
        return web.Response(text=str(sum([len(p) async for p in portions_of(request, QUICK)])))

    async def small(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await read_body(request, 100, seconds=0.2))))

    app = web.Application()
    app.add_routes([web.put("/stream", answering(count)), web.post("/body", answering(small))])
    listener = socket.create_server(("127.0.0.1", 0))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, lingering_time=0.1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    yield listener.getsockname()
    await runner.cleanup()


async def _all(reader: asyncio.StreamReader) -> bytes:
    """Who still writes when the other side closes sees a reset behind the answer."""
    said = b""
    try:
        while portion := await reader.read(65_536):
            said += portion
    except ConnectionResetError:
        return said
    return said


async def _send(address, head: bytes, portion: bytes, times: int, pause: float) -> bytes:
    """What is answered; the sender stops when that has begun."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(head + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n" % (len(portion) * times))
    answer = asyncio.create_task(_all(reader))
    for _ in range(times):
        if answer.done():
            break
        writer.write(portion)
        await asyncio.wait([answer], timeout=pause)
    async with asyncio.timeout(PATIENCE):
        said = await answer
    writer.close()
    return said


async def test_a_stream_that_drips_is_ended_though_it_never_stands_still(address) -> None:
    began = time.monotonic()
    answer = await _send(address, b"PUT /stream", b"x", 200, 0.02)
    assert b" 408 " in answer
    assert b"did not come in time" in answer
    assert time.monotonic() - began < 3


async def test_a_slow_stream_is_heard_to_its_end(address) -> None:
    """Over many times the seconds of the pace."""
    answer = await _send(address, b"PUT /stream", bytes(1_000), 40, 0.02)
    assert answer.endswith(b"\r\n\r\n40000")


async def test_a_stream_that_begins_fast_and_then_drips_is_ended(address) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"PUT /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n")
    writer.write(bytes(500_000))
    async with asyncio.timeout(PATIENCE):
        assert b" 408 " in await reader.readline()
    writer.close()


async def test_our_own_slowness_is_not_the_senders() -> None:
    content = StreamReader(BaseProtocol(asyncio.get_running_loop()), 1 << 16)
    content.feed_data(bytes(900))
    sizes = []
    async for portion in paced(content, Pace(grace=0.0, seconds=0.1, portion=10_000)):
        sizes.append(len(portion))
        if len(sizes) < 4:
            # As long as a full disk may take us.
            await asyncio.sleep(0.15)
            content.feed_data(bytes(900))
        else:
            content.feed_eof()
    assert sizes == [900] * 4


async def test_a_small_body_has_a_time_and_a_size(address) -> None:
    assert b" 408 " in await _send(address, b"POST /body", b"x", 90, 0.05)
    assert b" 413 " in await _send(address, b"POST /body", b"x" * 200, 1, 0.0)
    assert (await _send(address, b"POST /body", b"x" * 50, 1, 0.0)).endswith(b"50")


async def test_pieces_hold_all_bytes_in_order() -> None:
    async def stream() -> AsyncIterator[bytes]:
        for size in (1, 5, 0, 17, 3):
            yield bytes(range(size))

    whole = [bytes(p) async for p in pieces(stream(), 8)]
    assert [len(p) for p in whole] == [8, 8, 8, 2]
    assert b"".join(whole) == b"".join(bytes(range(n)) for n in (1, 5, 0, 17, 3))


def test_the_pace_of_uploads_is_a_kilobyte_a_second() -> None:
    pace = Pace()
    assert (pace.portion / pace.seconds, pace.grace, pace.seconds) == (1024, 10, 30)

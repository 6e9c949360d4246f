"""Uploads and downloads in parts."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from adapters.http import Call
from schemas.errors import Fault, PeerUnavailable

UP = Call(
    what="add a file",
    path="/files",
    method="POST",
    write=True,
    content_type="application/octet-stream",
)
DOWN = Call(what="read a file", path="/files/1")


def content(*blocks: bytes, failure: Exception | None = None):
    opened = []

    async def stream():
        for block in blocks:
            yield block
        if failure:
            raise failure

    async def open_content():
        opened.append(1)
        return stream()

    return open_content, opened


async def downloaded(http) -> bytes:
    async with http.download(DOWN) as blocks:
        return b"".join([block async for block in blocks])


async def test_a_file_goes_up_with_its_length(server, http) -> None:
    open_content, _ = content(b"abc", b"", b"def")
    await http.upload(UP, 6, open_content)
    _, _, headers, body = server.seen[0]
    assert body == b"abcdef"
    assert headers["Content-Length"] == "6"
    assert headers["Content-Type"] == "application/octet-stream"


async def test_a_form_is_made_of_the_same_bytes(server, http) -> None:
    def form(stream):
        writer = aiohttp.MultipartWriter("form-data")
        writer.append(stream, {"Content-Type": "text/plain"})
        return writer

    open_content, _ = content(b"abc")
    await http.upload(UP, 3, open_content, form)
    assert b"abc" in server.seen[0][3]
    assert server.seen[0][2]["Content-Type"].startswith("multipart/form-data")


async def test_a_limited_upload_opens_its_content_again(server, http, clock) -> None:
    server.queue(429, b"", Retry_After="1")
    open_content, opened = content(b"abc")
    await http.upload(UP, 3, open_content)
    assert (len(opened), server.seen[1][3]) == (2, b"abc")


@pytest.mark.parametrize("size", [2, 4])
async def test_content_of_another_length_is_told(server, http, refusal, size) -> None:
    open_content, _ = content(b"abc")
    error = await refusal(http.upload(UP, size, open_content))
    assert error.fault is Fault.UNAVAILABLE


async def test_a_failing_source_is_told_as_it_failed(server, http) -> None:
    open_content, _ = content(b"abc", failure=PeerUnavailable("away"))
    with pytest.raises(PeerUnavailable):
        await http.upload(UP, 1000, open_content)


async def test_an_upload_without_an_answer_is_unknown(server, http, refusal) -> None:
    server.cut()
    open_content, opened = content(b"abc")
    assert (await refusal(http.upload(UP, 3, open_content))).fault is Fault.UNKNOWN_OUTCOME
    assert len(opened) == 1


async def test_a_download_comes_in_parts(server, http) -> None:
    server.queue(body=b"x" * 300_000)
    assert await downloaded(http) == b"x" * 300_000


async def test_a_download_that_breaks_is_told(server, http, refusal) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x")
        request.transport.abort()
        return response

    server.queued.append(broken)
    assert (await refusal(downloaded(http))).fault is Fault.UNAVAILABLE


async def test_an_upload_may_read_from_the_same_tracker(server, connect) -> None:
    http = connect(concurrency=1)
    server.queue(body=b"abc")

    async def open_content():
        async def stream():
            async with http.download(DOWN) as blocks:
                async for block in blocks:
                    yield block

        return stream()

    async with asyncio.timeout(5):
        await http.upload(UP, 3, open_content)
    assert b"abc" in [seen[3] for seen in server.seen]

"""What a stranger writes instead of HTTP does not land in the log."""

import asyncio

from aiohttp import web
from structlog.testing import capture_logs

from service.web.serving import listening


async def test_what_is_no_http_is_told_by_its_kind_alone(caplog) -> None:
    async with listening(web.Application(), "127.0.0.1", 0) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        with capture_logs() as lines:
            writer.write(b"GET / HTTP/1.1\r\nAuthorization canary\r\n\r\n")
            answer = await reader.readline()
        writer.close()
    assert b" 400 " in answer
    assert [line["reason"] for line in lines if line["event"] == "web.refused"] == ["malformed"]
    assert "canary" not in f"{lines}{caplog.text}"

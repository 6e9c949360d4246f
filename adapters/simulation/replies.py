"""Answers in JSON."""

from typing import Any

import msgspec
from aiohttp import web

_encode = msgspec.json.Encoder().encode


def json_reply(data: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=_encode(data), status=status, content_type="application/json", charset="utf-8"
    )

"""REST: attachments, kept as files and never whole in memory."""

import asyncio
from pathlib import Path

from aiohttp import BodyPartReader, web

from adapters.jira.simulator import context
from adapters.jira.simulator.model import Refused
from adapters.simulation import json_reply

_CHUNK = 1 << 20


async def add(request: web.Request) -> web.Response:
    state, issue, shapes = context.state(request), context.issue(request), context.shapes(request)
    if request.headers.get("X-Atlassian-Token") not in ("no-check", "nocheck"):
        raise Refused(403, "XSRF check failed")
    if not request.content_type.startswith("multipart/"):
        raise Refused(415, "Unsupported Media Type")
    made = []
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "file":
            path = state.folder / f"upload-{state.new_id()}"
            await save(part, path)
            mime = part.headers.get("Content-Type", "application/octet-stream")
            item = state.attach(issue, path, part.filename or "file", mime, state.me)
            made.append(shapes.attachment(item))
    return json_reply(made)


async def save(part: BodyPartReader, path: Path) -> int:
    """Streams to the file, which is gone again when the body breaks off. Answers the size."""
    file = await asyncio.to_thread(path.open, "wb")
    size, complete = 0, False
    try:
        while chunk := await part.read_chunk(_CHUNK):
            size += len(chunk)
            await asyncio.to_thread(file.write, chunk)
        complete = True
    finally:
        file.close()
        if not complete:
            _discard(path)
    return size


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)


async def meta(request: web.Request) -> web.Response:
    _, item = context.state(request).attachment(request.match_info["attachment"])
    return json_reply(context.shapes(request).attachment(item))


async def content(request: web.Request) -> web.StreamResponse:
    _, item = context.state(request).attachment(request.match_info["attachment"])
    headers = {
        "Content-Type": item.mime,
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    return web.FileResponse(item.path, headers=headers)


async def delete(request: web.Request) -> web.Response:
    state = context.state(request)
    state.detach(request.match_info["attachment"], state.me)
    return web.Response(status=204)


def routes() -> list[web.RouteDef]:
    one = "/rest/api/2/attachment/{attachment}"
    return [
        web.post("/rest/api/2/issue/{key}/attachments", add),
        web.get(one, meta),
        web.delete(one, delete),
        web.get("/secure/attachment/{attachment}/{name}", content),
    ]

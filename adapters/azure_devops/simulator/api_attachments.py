"""Endpoints of attachments: at once, in chunks, and back."""

import re
from urllib.parse import quote

from aiohttp import web

from adapters.azure_devops.simulator import render
from adapters.azure_devops.simulator.refusal import Refusal, answer
from adapters.azure_devops.simulator.state import State

SIMPLE_LIMIT = 130_000_000
BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class AttachmentApi:
    def __init__(self, state: State, base: str) -> None:
        self._state = state
        self._base = base

    def routes(self) -> list[web.AbstractRouteDef]:
        routes: list[web.AbstractRouteDef] = []
        for root in ("/{collection}", "/{collection}/{project}"):
            place = root + "/_apis/wit/attachments"
            routes += [
                web.post(place, self.create),
                web.put(place + "/{id}", self.append),
                web.get(place + "/{id}", self.read),
            ]
        return routes

    async def create(self, request: web.Request) -> web.Response:
        chunked = request.query.get("uploadType", "simple").lower() == "chunked"
        if not chunked and (request.content_length or 0) > SIMPLE_LIMIT:
            raise Refusal(
                400, "AttachmentSizeException", "VS403358: The attachment is too large at once."
            )
        name = request.query.get("fileName") or "attachment"
        blob = self._state.blobs.create(name, self._state.moment())
        if not chunked:
            await self._state.blobs.append(blob, request.content.iter_chunked(BLOCK))
        return answer(render.attachment(blob, self._base))

    async def append(self, request: web.Request) -> web.Response:
        blob = self._state.blobs.get(request.match_info["id"])
        found = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if found is None or int(found.group(1)) != blob.size:
            raise Refusal(
                400, "AttachmentChunkException", "VS403359: The chunk does not continue the file."
            )
        await self._state.blobs.append(blob, request.content.iter_chunked(BLOCK))
        return answer(render.attachment(blob, self._base))

    async def read(self, request: web.Request) -> web.StreamResponse:
        blob = self._state.blobs.get(request.match_info["id"])
        name = quote(blob.filename, safe="")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(blob.path, headers=headers)

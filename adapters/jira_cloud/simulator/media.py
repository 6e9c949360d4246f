"""The media host: it hands out files to whoever has a link, on a server of its own."""

import hmac
from hashlib import sha256

from aiohttp import web

from adapters.jira.simulator.model import Attachment, Refused
from adapters.jira_cloud.simulator.state import CloudState

_KEY = b"media"


class MediaHost:
    def __init__(self, state: CloudState, host: str) -> None:
        self._state = state
        self._host = host
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.served = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/file/{id}/binary", self._content)
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, self._host, 0).start()
        self.url = f"http://{self._host}:{runner.addresses[0][1]}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def address(self, attachment: Attachment) -> str:
        number = self._state.media_id(attachment)
        return f"{self.url}/file/{number}/binary?token={_token(number)}"

    async def _content(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["id"]
        if "Authorization" in request.headers:
            self._state.leaks += 1
        if not hmac.compare_digest(request.query.get("token", ""), _token(number)):
            return web.Response(status=403, text="Forbidden")
        try:
            attachment = self._state.stored(number)
        except Refused:
            return web.Response(status=404, text="Not found")
        self.served += 1
        return web.FileResponse(attachment.path, headers={"Content-Type": attachment.mime})


def _token(number: str) -> str:
    return hmac.new(_KEY, number.encode(), sha256).hexdigest()

"""A node's management API, as the tour's administrators use it."""

import asyncio
from pathlib import Path
from typing import Any, Self

import aiohttp

from service.quickstart.processes import Processes

START_SECONDS = 60.0


class Refused(Exception):
    """The node said no."""


class Admin:
    """Over the Unix socket in the node's data folder."""

    def __init__(self, name: str, socket: Path) -> None:
        self.name = name
        self._socket = socket

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            base_url="http://node",
            connector=aiohttp.UnixConnector(str(self._socket)),
            timeout=aiohttp.ClientTimeout(total=60),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, method: str, path: str, body: object | None = None) -> Any:
        headers = {"If-Match": "*"} if method == "PUT" else {}
        async with self._session.request(method, path, json=body, headers=headers) as answer:
            content = await answer.json(content_type=None) if answer.status != 204 else None
            if answer.status >= 400:
                raise Refused(f"{self.name}: {method} {path}: {answer.status} {content}")
            return content

    async def wait_until_ready(self, processes: Processes) -> None:
        async with asyncio.timeout(START_SECONDS):
            while not await self._ready():
                processes.check()
                await asyncio.sleep(0.05)

    async def _ready(self) -> bool:
        try:
            async with self._session.get("/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False

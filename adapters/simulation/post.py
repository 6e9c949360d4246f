"""Posting webhooks: in order for each line, so that a slow receiver delays nobody on another."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Hashable, Mapping

import aiohttp
import structlog

log = structlog.get_logger()

Job = Callable[[], Awaitable[None]]


class Post:
    def __init__(self, seconds: float) -> None:
        """`seconds` that a receiver may take to answer."""
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._lines: dict[Hashable, asyncio.Queue[Job]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def open(self) -> bool:
        return self._session is not None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=self._timeout)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def settle(self) -> None:
        """Returns when all that was put down so far was done."""
        for line in list(self._lines.values()):
            await line.join()

    def put(self, line: Hashable, job: Job) -> None:
        if line not in self._lines:
            self._lines[line] = asyncio.Queue()
            self._tasks.append(asyncio.create_task(self._work(self._lines[line])))
        self._lines[line].put_nowait(job)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer; 0 where none came."""
        if self._session is None:
            return 0
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("simulator.webhook_failed", cause=type(error).__name__)
            return 0

    async def _work(self, line: asyncio.Queue[Job]) -> None:
        while True:
            job = await line.get()
            try:
                await job()
            finally:
                line.task_done()


def signed(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()

"""Service hooks: what happened, posted to the subscribers one after the other."""

import asyncio
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import structlog

from adapters.azure_devops.simulator import render
from adapters.azure_devops.simulator.state import Happening

log = structlog.get_logger()

_VERBS = {"commented": "commented on"}
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class Subscription(msgspec.Struct, frozen=True):
    url: str
    user: str = ""
    password: str = ""


class Hooks:
    """One queue per subscriber, so that a slow one delays nobody else. Nothing is repeated:
    a lost message is what the scan is for."""

    def __init__(self, subscriptions: tuple[Subscription, ...], base: str) -> None:
        self._base = base
        self._queues = {one: asyncio.Queue[bytes]() for one in subscriptions}
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self._sent = 0

    def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        self._tasks = [
            asyncio.create_task(self._deliver(self._session, one, queue))
            for one, queue in self._queues.items()
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def drained(self) -> None:
        """Returns when everything told so far was posted."""
        for queue in self._queues.values():
            await queue.join()

    def tell(self, happening: Happening) -> None:
        if not self._queues:
            return
        self._sent += 1
        message = msgspec.json.encode(hook_message(happening, self._base, self._sent))
        for queue in self._queues.values():
            queue.put_nowait(message)

    async def _deliver(
        self, session: aiohttp.ClientSession, one: Subscription, queue: "asyncio.Queue[bytes]"
    ) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if one.user:
            headers["Authorization"] = aiohttp.encode_basic_auth(one.user, one.password)
        while True:
            message = await queue.get()
            try:
                async with session.post(one.url, data=message, headers=headers) as response:
                    await response.read()
                    if response.status >= 300:
                        log.warning("simulator.hook_refused", url=one.url, status=response.status)
            except (TimeoutError, aiohttp.ClientError) as error:
                log.warning("simulator.hook_lost", url=one.url, error=type(error).__name__)
            finally:
                queue.task_done()


def hook_message(happening: Happening, base: str, number: int) -> dict[str, Any]:
    item = happening.item
    kind = item.fields["System.WorkItemType"]
    title = item.fields.get("System.Title", "")
    verb = _VERBS.get(happening.event, happening.event)
    text = f"{kind} #{item.id} ({title}) {verb} by {happening.by.name}."
    words = {"text": text, "html": text, "markdown": text}
    return {
        "subscriptionId": "00000000-0000-0000-0000-000000000000",
        "notificationId": number,
        "id": str(uuid4()),
        "eventType": f"workitem.{happening.event}",
        "publisherId": "tfs",
        "message": words,
        "detailedMessage": words,
        "resource": _resource(happening, base),
        "resourceVersion": "1.0",
        "resourceContainers": {
            "collection": {"id": "c12d0eb8-e382-443b-9f9c-c52cba5014c2"},
            "account": {"id": "f844ec47-a9db-4511-8281-8b63f4eaf94e"},
            "project": {"id": "be9b3917-87e6-42a4-a549-2bc06a7a878f"},
        },
        "createdDate": happening.at,
    }


def _resource(happening: Happening, base: str) -> dict[str, Any]:
    item = happening.item
    whole = render.work_item(item, base, expand="all")
    if happening.text:
        whole["fields"] = whole["fields"] | {"System.History": happening.text}
    if item.commented:
        whole["commentVersionRef"] = {"commentId": item.commented, "version": 1}
    if happening.update is None:
        return whole
    return render.update(item, happening.update, base) | {"revision": whole}

"""Service hooks: what happened, posted to the subscribers one after the other."""

import asyncio
from functools import partial
from typing import Any, Literal
from uuid import uuid4

import aiohttp
import msgspec
import structlog

from adapters.azure_devops.simulator import render
from adapters.azure_devops.simulator.state import Happening
from adapters.simulation.post import Post

log = structlog.get_logger()

Status = Literal["enabled", "onProbation", "disabledBySystem", "disabledByUser"]
EVENTS = tuple(
    f"workitem.{event}" for event in ("created", "updated", "commented", "deleted", "restored")
)
_VERBS = {"commented": "commented on"}
_PASSING = frozenset({0, 408, 502, 503, 504})
"""Worth another try; 0 stands for no answer at all."""
_GONE = 410


class Policy(msgspec.Struct, frozen=True):
    retries: tuple[float, ...] = ()
    """Seconds before each further try of one message."""
    failures: int = 0
    """Messages lost in a row after which a subscription is switched off; 0 for never."""
    minimal: bool = False
    """Only numbers and addresses are sent."""


class Subscription(msgspec.Struct):
    """To one event, as the list of subscriptions shows it."""

    id: str
    event: str
    status: Status = "enabled"
    lost: int = 0


class Subscriber:
    """One address with a subscription to each event."""

    def __init__(self, url: str, user: str = "", password: str = "") -> None:
        self.url = url
        self.user = user
        self.password = password
        self.subscriptions = {event: Subscription(str(uuid4()), event) for event in EVENTS}


class Hooks:
    """One queue per subscriber, so that a slow one delays nobody else."""

    def __init__(
        self, subscribers: tuple[Subscriber, ...], base: str, policy: Policy | None = None
    ) -> None:
        self.subscribers = subscribers
        self.lose = 0
        """So many of the next messages are dropped."""
        self.double = 0
        """So many of the next messages are sent twice."""
        self._policy = policy or Policy()
        self._base = base
        self._post = Post(30)
        self._sent = 0

    async def start(self) -> None:
        await self._post.start()

    async def stop(self) -> None:
        await self._post.close()

    async def drained(self) -> None:
        """Returns when everything told so far was posted."""
        await self._post.settle()

    def tell(self, happening: Happening) -> None:
        if not self.subscribers:
            return
        self._sent += 1
        message = hook_message(happening, self._base, self._sent, minimal=self._policy.minimal)
        for one in self.subscribers:
            self._post.put(one, partial(self._serve, one, message))

    async def _serve(self, one: Subscriber, message: dict[str, Any]) -> None:
        subscription = one.subscriptions[message["eventType"]]
        if self.lose:
            self.lose -= 1
        elif subscription.status in ("enabled", "onProbation"):
            await self._deliver(one, subscription, message)

    async def _deliver(
        self,
        one: Subscriber,
        subscription: Subscription,
        message: dict[str, Any],
    ) -> None:
        body = msgspec.json.encode(message | {"subscriptionId": subscription.id})
        if self.double:
            self.double -= 1
            await self._send(one, body)
        status = await self._send(one, body)
        for pause in self._policy.retries:
            if status not in _PASSING:
                break
            await asyncio.sleep(pause)
            status = await self._send(one, body)
        if 200 <= status < 300:
            subscription.lost, subscription.status = 0, "enabled"
            return
        log.warning("simulator.hook_lost", url=one.url, status=status)
        subscription.lost += 1
        given_up = 0 < self._policy.failures <= subscription.lost
        off = status == _GONE or given_up
        subscription.status = "disabledBySystem" if off else "onProbation"

    async def _send(self, one: Subscriber, body: bytes) -> int:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if one.user:
            headers["Authorization"] = aiohttp.encode_basic_auth(one.user, one.password)
        return await self._post.send(one.url, body, headers)


def hook_message(
    happening: Happening, base: str, number: int, *, minimal: bool = False
) -> dict[str, Any]:
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
        "resource": _brief(happening, base) if minimal else _resource(happening, base),
        "resourceVersion": "1.0",
        "resourceContainers": {
            "collection": {"id": "c12d0eb8-e382-443b-9f9c-c52cba5014c2"},
            "account": {"id": "f844ec47-a9db-4511-8281-8b63f4eaf94e"},
            "project": {"id": "be9b3917-87e6-42a4-a549-2bc06a7a878f"},
        },
        "createdDate": happening.at,
    }


def _brief(happening: Happening, base: str) -> dict[str, Any]:
    """The number of an update is its own: the item is in the address."""
    address = f"{base}/_apis/wit/workItems/{happening.item.id}"
    if happening.update is None:
        return {"id": happening.item.id, "url": address}
    number = happening.update.id
    return {"id": number, "url": f"{address}/updates/{number}"}


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

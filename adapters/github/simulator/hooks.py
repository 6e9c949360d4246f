"""Webhooks: posted once, in order for each hook. What fails is kept, and sent again when asked."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec

from adapters.github.simulator import people
from adapters.github.simulator.config import Webhook
from adapters.github.simulator.shapes import Shapes
from adapters.github.simulator.state import Happening, State
from adapters.simulation.post import Post, signed

_encode = msgspec.json.Encoder().encode
_UNREACHED = 502
"""What GitHub notes where no answer came."""


class Delivery(msgspec.Struct):
    id: int
    guid: str
    event: str
    action: str
    body: bytes
    at: int
    redelivery: bool = False
    status: int = 0
    hook: int = 0
    repository: int = 0


class Hook(msgspec.Struct):
    id: int
    target: Webhook
    created: int
    repository: int = 0
    """0 for one of all repositories."""
    events: tuple[str, ...] = ("*",)
    active: bool = True


class Hooks:
    """`site` tells the simulator's own address once it is known."""

    def __init__(self, state: State, webhooks: tuple[Webhook, ...], site: Callable[[], str]):
        self.registered = [Hook(state.new_id(), one, state.now()) for one in webhooks]
        self.deliveries: list[Delivery] = []
        """Newest first."""
        self.delivered = 0
        self.failed = 0
        self.drop = 0
        """So many of the next deliveries get lost on the way."""
        self.double = False
        self._state = state
        self._site = site
        self._post = Post(10)

    async def start(self) -> None:
        await self._post.start()

    async def close(self) -> None:
        await self._post.close()

    async def settle(self) -> None:
        """Returns when all that happened so far was posted."""
        await self._post.settle()

    def register(self, target: Webhook, repository: int, events: tuple[str, ...]) -> Hook:
        hook = Hook(self._state.new_id(), target, self._state.now(), repository, events)
        self.registered.append(hook)
        body = _encode({"zen": "Keep it logically awesome.", "hook_id": hook.id})
        self._queue(hook, self._new("ping", "", body, hook))
        return hook

    def tell(self, happening: Happening) -> None:
        if not self._post.open:
            return
        body = _encode(payload(Shapes(self._state, self._site()), self._state, happening))
        for hook in self.registered:
            if not hook.active:
                continue
            here = hook.repository in (0, happening.issue.repository.id)
            if here and (happening.event in hook.events or "*" in hook.events):
                delivery = self._new(happening.event, happening.action, body, hook)
                delivery.repository = happening.issue.repository.id
                for _ in range(2 if self.double else 1):
                    self._queue(hook, delivery)

    def again(self, delivery: Delivery) -> None:
        hook = next(one for one in self.registered if one.id == delivery.hook)
        copy = msgspec.structs.replace(
            delivery, id=self._state.new_id(), at=self._state.now(), redelivery=True, status=0
        )
        self._queue(hook, copy)

    def _new(self, event: str, action: str, body: bytes, hook: Hook) -> Delivery:
        guid = str(uuid.uuid4())
        return Delivery(
            self._state.new_id(), guid, event, action, body, self._state.now(), hook=hook.id
        )

    def _queue(self, hook: Hook, delivery: Delivery) -> None:
        self._post.put(hook.id, partial(self._deliver, hook, delivery))

    async def _deliver(self, hook: Hook, delivery: Delivery) -> None:
        delivery.status = await self._send(hook.target, delivery)
        self.deliveries.insert(0, delivery)
        arrived = 200 <= delivery.status < 400
        self.delivered += arrived
        self.failed += not arrived

    async def _send(self, target: Webhook, delivery: Delivery) -> int:
        if self.drop:
            self.drop -= 1
            return _UNREACHED
        body, kind = delivery.body, "application/json"
        if target.content_type == "form":
            body = urlencode({"payload": body.decode()}).encode()
            kind = "application/x-www-form-urlencoded"
        headers = {
            "Content-Type": kind,
            "User-Agent": "GitHub-Hookshot/simulator",
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Delivery": delivery.guid,
        }
        if target.secret:
            headers["X-Hub-Signature-256"] = signed(target.secret, body)
        return await self._post.send(target.url, body, headers) or _UNREACHED


def payload(shapes: Shapes, state: State, happening: Happening) -> dict[str, Any]:
    repository = happening.issue.repository
    body: dict[str, Any] = {
        "action": happening.action,
        "repository": people.repository(repository, "admin", shapes.site, shapes.api),
        "sender": shapes.user(happening.actor),
    }
    if happening.event in ("issues", "issue_comment"):
        body["issue"] = shapes.issue(happening.issue)
    if happening.comment is not None:
        body["comment"] = shapes.comment(happening.issue, happening.comment)
    for name, issue in happening.more.items():
        body[name] = shapes.issue(issue)
        body[f"{name}_id"] = issue.id
        body[f"{name}_repo"] = people.repository(issue.repository, "admin", shapes.site, shapes.api)
    return body

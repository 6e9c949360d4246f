"""Endpoints of service hook subscriptions: how each fares, and switching one on or off."""

from collections.abc import Iterator
from typing import Any

import msgspec
from aiohttp import web

from adapters.azure_devops.simulator.hooks import Hooks, Status, Subscriber, Subscription
from adapters.azure_devops.simulator.refusal import Refusal, answer


class _Wanted(msgspec.Struct, frozen=True):
    status: Status


_wanted = msgspec.json.Decoder(_Wanted).decode


class HookApi:
    """`hooks` may have no subscriber at all."""

    def __init__(self, hooks: Hooks, base: str) -> None:
        self._hooks = hooks
        self._base = base

    def routes(self) -> list[web.AbstractRouteDef]:
        place = "/{collection}/_apis/hooks/subscriptions"
        return [
            web.get(place, self.list),
            web.get(place + "/{id}", self.read),
            web.put(place + "/{id}", self.replace),
        ]

    async def list(self, request: web.Request) -> web.Response:
        asked = request.query
        found = [
            self._shown(subscriber, one)
            for subscriber, one in self._all()
            if asked.get("eventType", one.event) == one.event
            and asked.get("consumerId", "webHooks") == "webHooks"
        ]
        return answer({"count": len(found), "value": found})

    async def read(self, request: web.Request) -> web.Response:
        return answer(self._shown(*self._one(request)))

    async def replace(self, request: web.Request) -> web.Response:
        subscriber, one = self._one(request)
        try:
            one.status = _wanted(await request.read()).status
        except msgspec.DecodeError as error:
            raise Refusal(400, "VssPropertyValidationException", "A status is needed.") from error
        one.lost = 0
        return answer(self._shown(subscriber, one))

    def _all(self) -> Iterator[tuple[Subscriber, Subscription]]:
        for subscriber in self._hooks.subscribers:
            for one in subscriber.subscriptions.values():
                yield subscriber, one

    def _one(self, request: web.Request) -> tuple[Subscriber, Subscription]:
        for subscriber, one in self._all():
            if one.id == request.match_info["id"]:
                return subscriber, one
        raise Refusal(
            404, "SubscriptionNotFoundException", "VS402373: No such subscription exists."
        )

    def _shown(self, subscriber: Subscriber, one: Subscription) -> dict[str, Any]:
        inputs = {"url": subscriber.url, "resourceDetailsToSend": "all"}
        if subscriber.user:
            inputs |= {"basicAuthUsername": subscriber.user, "basicAuthPassword": "********"}
        return {
            "id": one.id,
            "url": f"{self._base}/_apis/hooks/subscriptions/{one.id}",
            "status": one.status,
            "publisherId": "tfs",
            "eventType": one.event,
            "resourceVersion": "1.0",
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            # Of all projects.
            "publisherInputs": {"projectId": ""},
            "consumerInputs": inputs,
        }

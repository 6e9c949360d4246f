"""Webhooks that did not arrive. GitHub never repeats one by itself, but does when it is asked."""

from collections import Counter
from collections.abc import AsyncIterator, Callable

import structlog

from adapters.github import answers, wire
from adapters.github.client import GitHubClient
from adapters.github.moments import millis
from adapters.github.places import repository_path
from schemas.values import Millis

log = structlog.get_logger()

_KEPT = 3 * 86_400_000
"""GitHub forgets deliveries after three days."""
_MARGIN = 15 * 60 * 1000
_TRIES = 3
"""Deliveries of one webhook, the first one counted."""


class Deliveries:
    def __init__(
        self,
        connector: str,
        client: GitHubClient,
        webhook_url: str,
        now: Callable[[], Millis],
    ) -> None:
        self._connector = connector
        self._client = client
        self._url = webhook_url.rstrip("/")
        self._now = now
        self._looked_at: dict[str, Millis] = {}

    async def redeliver(self, projects: tuple[str, ...]) -> int:
        """Asks anew for what failed since the last look, for three days at most. Answers how many
        webhooks that were."""
        if self._client.app is not None:
            return await self._redeliver("/app/hook/deliveries", as_app=True)
        count = 0
        for project in projects if self._url else ():
            base = repository_path(project) + "/hooks"
            async for hook in self._ours(base):
                count += await self._redeliver(f"{base}/{hook.id}/deliveries", as_app=False)
        return count

    async def _ours(self, base: str) -> AsyncIterator[answers.Hook]:
        async for page in self._client.pages(base, wire.hooks, what="list the webhooks"):
            for hook in page:
                if hook.active and hook.config.url.rstrip("/") == self._url:
                    yield hook

    async def _redeliver(self, path: str, *, as_app: bool) -> int:
        began = self._now()
        since = max(began - _KEPT, self._looked_at.get(path, 0) - _MARGIN)
        failed = await self._failed(path, since, as_app)
        for delivery in failed:
            again = f"{path}/{delivery.id}/attempts"
            await self._client.ask_again(again, as_app=as_app, what="send a webhook again")
            log.info(
                "tracker.webhook_asked_again",
                connector=self._connector,
                delivery=delivery.guid,
                status=delivery.status_code,
            )
        self._looked_at[path] = began
        return len(failed)

    async def _failed(self, path: str, since: Millis, as_app: bool) -> list[answers.Delivery]:
        """The newest try of each webhook of which none arrived."""
        newest: dict[str, answers.Delivery] = {}
        tries: Counter[str] = Counter()
        arrived = set[str]()
        pages = self._client.pages(
            path, wire.deliveries, what="list the sent webhooks", as_app=as_app
        )
        async for page in pages:
            for one in page:
                tries[one.guid] += 1
                newest.setdefault(one.guid, one)
                if 200 <= one.status_code < 400:
                    arrived.add(one.guid)
            if page and millis(page[-1].delivered_at) < since:
                break
        return [
            one
            for guid, one in newest.items()
            if guid not in arrived and tries[guid] < _TRIES and millis(one.delivered_at) >= since
        ]

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
_ROW = 3
_EVENTS = ("issues", "issue_comment")
"""Without these, changes wait for the next scan."""


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

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        """Asks anew for what failed since the last look, for three days at most. Answers what a
        person must do."""
        if self._client.app is not None:
            told = await self._look("The App's webhook", "/app/hook/deliveries", as_app=True)
            return tuple(told)
        remarks: list[str] = []
        for project in projects if self._url else ():
            remarks += await self._of_project(project)
        return tuple(remarks)

    async def _of_project(self, project: str) -> list[str]:
        base = repository_path(project) + "/hooks"
        ours = [hook async for hook in self._ours(base)]
        if not ours:
            return [
                f"{project} has no webhook to {self._url}: add one in its settings on GitHub, or "
                "leave the setting 'webhook_url' empty where the organisation has one."
            ]
        told: list[str] = []
        for hook in ours:
            name = f"The webhook {hook.id} of {project}"
            told += _faults(name, hook)
            if hook.active:
                told += await self._look(name, f"{base}/{hook.id}/deliveries", as_app=False)
        return told

    async def _ours(self, base: str) -> AsyncIterator[answers.Hook]:
        async for page in self._client.pages(base, wire.hooks, what="list the webhooks"):
            for hook in page:
                if hook.config.url.rstrip("/") == self._url:
                    yield hook

    async def _look(self, name: str, path: str, *, as_app: bool) -> list[str]:
        began = self._now()
        since = max(began - _KEPT, self._looked_at.get(path, 0) - _MARGIN)
        sent = await self._sent(path, since, as_app)
        for delivery in _failed(sent, since):
            again = f"{path}/{delivery.id}/attempts"
            await self._client.ask_again(again, as_app=as_app, what="send a webhook again")
            log.info(
                "tracker.webhook_asked_again",
                connector=self._connector,
                delivery=delivery.guid,
                status=delivery.status_code,
            )
        self._looked_at[path] = began
        return _outage(name, sent)

    async def _sent(self, path: str, since: Millis, as_app: bool) -> list[answers.Delivery]:
        """Newest first, all since then and some older ones."""
        sent: list[answers.Delivery] = []
        pages = self._client.pages(
            path, wire.deliveries, what="list the sent webhooks", as_app=as_app
        )
        async for page in pages:
            sent += page
            if page and millis(page[-1].delivered_at) < since:
                break
        return sent


def _arrived(delivery: answers.Delivery) -> bool:
    return 200 <= delivery.status_code < 400


def _failed(sent: list[answers.Delivery], since: Millis) -> list[answers.Delivery]:
    """The newest try of each webhook of which none arrived."""
    newest: dict[str, answers.Delivery] = {}
    for one in sent:
        newest.setdefault(one.guid, one)
    tries = Counter(one.guid for one in sent)
    arrived = {one.guid for one in sent if _arrived(one)}
    return [
        one
        for guid, one in newest.items()
        if guid not in arrived and tries[guid] < _TRIES and millis(one.delivered_at) >= since
    ]


def _faults(name: str, hook: answers.Hook) -> list[str]:
    if not hook.active:
        return [f"{name} is switched off: tick 'Active' in its settings on GitHub."]
    lacking = [event for event in _EVENTS if not {event, "*"} & set(hook.events)]
    if not lacking:
        return []
    return [f"{name} does not tell of {' and '.join(lacking)}: add these events on GitHub."]


def _outage(name: str, sent: list[answers.Delivery]) -> list[str]:
    """A single failure is sent again; a row of them wants a person."""
    newest = sent[:_ROW]
    if len(newest) < _ROW or any(map(_arrived, newest)):
        return []
    code = newest[0].status_code
    answer = f"was answered {code}" if code else "met no answer"
    return [
        f"{name} failed {_ROW} times in a row and last {answer}: see 'Recent deliveries' in its "
        "settings on GitHub, whether this node can be reached there and the secret is the same."
    ]

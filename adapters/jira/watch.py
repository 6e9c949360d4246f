"""Whether Jira still sends our webhook: an administrator's account can see that."""

from collections.abc import Callable

from adapters.jira import wire
from adapters.jira.answers import RegisteredWebhook
from adapters.jira.client import JiraClient
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

_PATH = "/rest/webhooks/1.0/webhook"
_WHAT = "list the webhooks"
_ASK_AGAIN = 60 * 60 * 1000
_NEEDED = frozenset(
    {
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
        "comment_created",
        "comment_updated",
        "comment_deleted",
    }
)
"""Without one of these a change waits for the next scan; links and worklogs come with issues."""


class Watch:
    """Jira sends each webhook once, keeps none that failed, and may have it switched off."""

    def __init__(self, client: JiraClient, connector: str, now: Callable[[], Millis]) -> None:
        self._client = client
        self._connector = connector
        self._now = now
        self._denied_until: Millis = 0

    async def look(self) -> tuple[str, ...]:
        """What a person must do; () when nothing, and when our account may not see it."""
        if self._now() < self._denied_until:
            return ()
        try:
            body = await self._client.get_plain(_PATH, what=_WHAT)
        except TrackerError as error:
            if error.fault not in (Fault.PERMISSION, Fault.CREDENTIALS, Fault.NOT_FOUND):
                raise
            self._denied_until = self._now() + _ASK_AGAIN
            return ()
        registered = wire.read(wire.registered_webhooks, body, _WHAT)
        mark = f"/hooks/{self._connector}/"
        ours = [each for each in registered if mark in each.url + "/"]
        return tuple(sorted(advice for each in ours if (advice := _advice(each))))


def _advice(webhook: RegisteredWebhook) -> str:
    where = f"Jira's webhook {webhook.name!r} (Administration, System, Webhooks)"
    if not webhook.enabled:
        return f"Switch on {where}: changes wait for scans."
    missing = _NEEDED - set(webhook.events) if webhook.events else _NEEDED
    if missing:
        return f"Let {where} also send: {', '.join(sorted(missing))}."
    return ""

"""Looks after the webhook that an administrator set up in Jira."""

import msgspec

from adapters.jira import wire
from adapters.jira.client import JiraClient
from schemas.errors import Fault, TrackerError

_WHAT = "list the webhooks"
_NEEDED = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
)


class _Webhook(msgspec.Struct, frozen=True):
    name: str = ""
    url: str = ""
    enabled: bool = True
    events: tuple[str, ...] | None = None


_webhooks = msgspec.json.Decoder(tuple[_Webhook, ...])


class Watch:
    """Only administrators may see webhooks, and only at the site itself. Jira repeats failed
    deliveries by itself, five times within half an hour; what is lost after that a scan brings."""

    def __init__(self, client: JiraClient, url: str, *, visible: bool) -> None:
        self._client = client
        self._url = url
        self._visible = visible and bool(url)

    async def look(self) -> tuple[str, ...]:
        if not self._visible:
            return ()
        try:
            body = await self._client.get("/webhook", what=_WHAT)
        except TrackerError as error:
            if error.fault not in (Fault.PERMISSION, Fault.CREDENTIALS, Fault.NOT_FOUND):
                raise
            # Not for this account's eyes, and that does not change from look to look.
            self._visible = False
            return ()
        return self._remarks(wire.read(_webhooks, body, _WHAT))

    def _remarks(self, found: tuple[_Webhook, ...]) -> tuple[str, ...]:
        ours = [webhook for webhook in found if webhook.url.startswith(self._url)]
        if not ours:
            return (
                "Jira has no webhook to this node: add one under System, Webhooks, or take the"
                " setting 'webhook_url' out.",
            )
        if not any(webhook.enabled for webhook in ours):
            return (f"Jira's webhook {ours[0].name!r} is switched off: enable it in Jira.",)
        told = {event for webhook in ours if webhook.enabled for event in webhook.events or _NEEDED}
        missing = [event for event in _NEEDED if event not in told]
        if missing:
            return (
                f"Jira's webhook {ours[0].name!r} does not send: {', '.join(missing)}. Select"
                " these events in Jira; until then scans bring such changes.",
            )
        return ()

"""Webhooks of Jira Cloud: repeated until they are taken, with an identifier that stays."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec

from adapters.jira.simulator.config import Webhook
from adapters.jira.simulator.hooks import Hooks, payloads, wants
from adapters.jira.simulator.state import Happening
from adapters.jira_cloud.simulator.config import CloudConfig
from adapters.jira_cloud.simulator.shapes import CloudShapes
from adapters.simulation.post import signed

_encode = msgspec.json.Encoder().encode
_AGAIN = (408, 409, 425, 429)
_COMMENTS = ("comment_created", "comment_updated", "comment_deleted")
_OF_COMMENTS = ("issue_commented", "issue_comment_edited", "issue_comment_deleted")


class CloudHooks(Hooks):
    """`shapes` tells of everything as version 2 of the API does, in wiki markup."""

    def __init__(
        self, config: CloudConfig, base_url: Callable[[], str], shapes: Callable[[], CloudShapes]
    ) -> None:
        super().__init__(config.webhooks, base_url)
        self._config = config
        self._shapes = shapes
        self.dropping = 0
        """So many of the next deliveries get lost for good."""

    def tell(self, happening: Happening) -> None:
        if not self.registered or not self.post.open:
            return
        for payload in _messages(self._shapes(), happening):
            body = _encode(payload)
            for webhook in self.registered:
                if not wants(webhook, payload["webhookEvent"]):
                    continue
                if self.dropping > 0:
                    self.dropping -= 1
                    continue
                for _ in range(1 + self._config.webhook_twice):
                    self.post.put(webhook, partial(self._deliver, webhook, body))

    async def _deliver(self, webhook: Webhook, body: bytes) -> None:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": uuid4().hex,
            "X-Atlassian-Webhook-Flow": "Primary",
        }
        if webhook.secret:
            headers["X-Hub-Signature"] = signed(webhook.secret, body)
        status = 0
        for tried in range(self._config.webhook_tries):
            if tried:
                headers["X-Atlassian-Webhook-Retry"] = str(tried)
                await asyncio.sleep(self._config.webhook_pause)
            status = await self.post.send(webhook.url, body, headers)
            if 0 < status < 500 and status not in _AGAIN:
                break
        self.count(status)


def _messages(shapes: CloudShapes, happening: Happening) -> list[dict[str, Any]]:
    """As recorded from Jira Cloud: an event of a comment names its issue, in short, and nobody."""
    told = payloads(shapes, happening)
    for message in told:
        if message["webhookEvent"] in _COMMENTS:
            issue = happening.issue
            fields = ("summary", "issuetype", "project", "assignee", "priority", "status")
            message["issue"] = shapes.issue(issue, fields)
    if happening.comment is not None:
        return [each for each in told if each.get("issue_event_type_name") not in _OF_COMMENTS]
    return told

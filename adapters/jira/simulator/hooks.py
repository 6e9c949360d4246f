"""Webhooks: posted in order, one at a time for each address, and never repeated."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from adapters.jira.simulator import catalogue, context
from adapters.jira.simulator.config import Webhook
from adapters.jira.simulator.model import Refused
from adapters.jira.simulator.shapes import Shapes, moment
from adapters.jira.simulator.state import Happening
from adapters.simulation import json_reply
from adapters.simulation.post import Post, signed

_encode = msgspec.json.Encoder().encode

_KINDS = {
    "comment_created": "issue_commented",
    "comment_updated": "issue_comment_edited",
    "comment_deleted": "issue_comment_deleted",
}

_WORKLOG_KINDS = {
    "worklog_created": "issue_work_logged",
    "worklog_updated": "issue_worklog_updated",
    "worklog_deleted": "issue_worklog_deleted",
}


class Hooks:
    """`base_url` tells the simulator's own address once it is known."""

    def __init__(self, webhooks: tuple[Webhook, ...], base_url: Callable[[], str]) -> None:
        self.registered = list(webhooks)
        self.delivered = 0
        self.failed = 0
        self._base_url = base_url
        self.post = Post(20)

    async def start(self) -> None:
        await self.post.start()

    async def close(self) -> None:
        await self.post.close()

    async def settle(self) -> None:
        """Returns when all that happened so far was posted."""
        await self.post.settle()

    def tell(self, happening: Happening) -> None:
        if not self.registered or not self.post.open:
            return
        for payload in payloads(Shapes(self._base_url()), happening):
            body = _encode(payload)
            for webhook in self.registered:
                if wants(webhook, payload["webhookEvent"]):
                    self.post.put(webhook, partial(self._deliver, webhook, body))

    async def _deliver(self, webhook: Webhook, body: bytes) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "Atlassian HttpClient"}
        if webhook.secret:
            headers["X-Hub-Signature"] = signed(webhook.secret, body)
        self.count(await self.post.send(webhook.url, body, headers))

    def count(self, status: int) -> None:
        accepted = 0 < status < 300
        self.delivered += accepted
        self.failed += not accepted


def wants(webhook: Webhook, event: str) -> bool:
    return webhook.enabled and (not webhook.events or event in webhook.events)


def payloads(shapes: Shapes, happening: Happening) -> list[dict[str, Any]]:
    """The messages that a Jira Server sends for one change, in its order."""
    actor = shapes.user(happening.actor)
    base = {"timestamp": happening.at, "user": actor}
    if happening.link is not None:
        return [_link_message(shapes, happening)]
    if happening.worklog is not None:
        return _worklog_messages(shapes, happening, base)
    if happening.comment is None:
        return [_issue_message(shapes, happening, base)]
    comment = shapes.comment(happening.issue, happening.comment)
    issue_message: dict[str, Any] = {
        **base,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": _KINDS[happening.event],
        "issue": _issue(shapes, happening),
    }
    if happening.event != "comment_deleted":
        issue_message["comment"] = comment
    thin = {"timestamp": happening.at, "webhookEvent": happening.event, "comment": comment}
    return [issue_message, thin]


def _link_message(shapes: Shapes, happening: Happening) -> dict[str, Any]:
    link = happening.link
    if link is None:
        return {}
    types = (each for each in catalogue.LINK_TYPES if each.id == link.type)
    return {
        "timestamp": happening.at,
        "webhookEvent": happening.event,
        "issueLink": {
            "id": int(link.id),
            "sourceIssueId": int(link.source),
            "destinationIssueId": int(link.target),
            "issueLinkType": shapes.link_type(next(types)),
            "systemLink": False,
        },
    }


def _worklog_messages(
    shapes: Shapes, happening: Happening, base: dict[str, Any]
) -> list[dict[str, Any]]:
    if happening.worklog is None:
        return []
    worklog = shapes.worklog(happening.issue, happening.worklog)
    thin = {"timestamp": happening.at, "webhookEvent": happening.event, "worklog": worklog}
    issue_message = {
        **base,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": _WORKLOG_KINDS[happening.event],
        "issue": _issue(shapes, happening),
        "changelog": {
            "id": str(happening.at),
            "items": [shapes.change(change) for change in happening.changes],
        },
    }
    return [issue_message, thin]


def _issue_message(shapes: Shapes, happening: Happening, base: dict[str, Any]) -> dict[str, Any]:
    message = {
        **base,
        "webhookEvent": f"jira:{happening.event}",
        "issue_event_type_name": _event_type(happening),
        "issue": _issue(shapes, happening),
    }
    if happening.changes:
        message["changelog"] = {
            "id": str(happening.at),
            "items": [shapes.change(change) for change in happening.changes],
        }
    return message


def _issue(shapes: Shapes, happening: Happening) -> dict[str, Any]:
    shaped = shapes.issue(happening.issue, ("*all", "-comment", "-worklog", "-issuelinks"))
    if happening.stale_updated is not None:
        shaped["fields"]["updated"] = moment(happening.stale_updated)
    return shaped


def _event_type(happening: Happening) -> str:
    if happening.event == "issue_updated":
        fields = {change.field for change in happening.changes}
        if fields == {"assignee"}:
            return "issue_assigned"
        return "issue_generic" if "status" in fields else "issue_updated"
    return happening.event


HOOKS: web.AppKey[Hooks] = web.AppKey("hooks", Hooks)


_ALL = (
    *(f"jira:issue_{what}" for what in ("created", "updated", "deleted")),
    *(f"comment_{what}" for what in ("created", "updated", "deleted")),
    *(f"worklog_{what}" for what in ("created", "updated", "deleted")),
    *(f"issuelink_{what}" for what in ("created", "deleted")),
)


def _for_administrators(request: web.Request) -> None:
    if not context.state(request).config.administrator:
        raise Refused(403, "You are not an administrator.")


async def register(request: web.Request) -> web.Response:
    _for_administrators(request)
    body = await context.body(request)
    url = body.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refused(400, "The webhook's URL is not valid.")
    hooks = request.app[HOOKS]
    events = tuple(map(str, body.get("events") or ()))
    secret, enabled = str(body.get("secret") or ""), bool(body.get("enabled", True))
    hooks.registered.append(Webhook(url, secret, events, enabled))
    return json_reply(_shaped(request, len(hooks.registered) - 1), 201)


async def listed(request: web.Request) -> web.Response:
    _for_administrators(request)
    count = len(request.app[HOOKS].registered)
    return json_reply([_shaped(request, index) for index in range(count)])


def _shaped(request: web.Request, index: int) -> dict[str, Any]:
    address = f"{context.shapes(request).url}/rest/webhooks/1.0/webhook/{index + 1}"
    webhook = request.app[HOOKS].registered[index]
    return {
        "name": f"webhook {index + 1}",
        "url": webhook.url,
        "events": webhook.events or _ALL,
        "enabled": webhook.enabled,
        "self": address,
    }


PATH = "/rest/webhooks/1.0/webhook"


def routes() -> list[web.RouteDef]:
    return [web.post(PATH, register), web.get(PATH, listed)]

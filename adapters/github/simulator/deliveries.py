"""REST: webhooks and what became of their deliveries."""

from typing import Any

from aiohttp import web

from adapters.github.moments import iso
from adapters.github.simulator import context
from adapters.github.simulator.config import Webhook
from adapters.github.simulator.hooks import Delivery, Hook, Hooks
from adapters.github.simulator.model import Refused
from adapters.github.simulator.shapes import API
from adapters.simulation import json_reply

HOOKS: web.AppKey[Hooks] = web.AppKey("hooks", Hooks)


async def register(request: web.Request) -> web.Response:
    body = await context.body(request)
    config = body.get("config") or {}
    url = config.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refused(422, "Validation Failed")
    kind = "form" if config.get("content_type", "form") == "form" else "json"
    target = Webhook(url, str(config.get("secret") or ""), "form" if kind == "form" else "json")
    events = tuple(body.get("events") or ("push",))
    made = request.app[HOOKS].register(target, context.repository(request).id, events)
    made.active = body.get("active", True) is not False
    return json_reply(_hook(request, made), 201)


async def listed(request: web.Request) -> web.Response:
    repository = context.repository(request).id
    rows = [one for one in request.app[HOOKS].registered if one.repository in (0, repository)]
    return context.page(request, rows, lambda one: _hook(request, one))


async def deliveries(request: web.Request) -> web.Response:
    """Pages by cursor, the newest first."""
    hooks = request.app[HOOKS]
    wanted = int(request.match_info.get("hook", "0"))
    rows = [one for one in hooks.deliveries if wanted in (0, one.hook)]
    if request.query.get("status") == "failure":
        rows = [one for one in rows if one.status >= 400]
    size = min(context.number(request, "per_page", 30), 100)
    start = context.number(request, "cursor", 0)
    answer = json_reply([_delivery(one) for one in rows[start : start + size]])
    if start + size < len(rows):
        onward = f"{request.scheme}://{request.host}{request.path}?per_page={size}"
        answer.headers["Link"] = f'<{onward}&cursor={start + size}>; rel="next"'
    return answer


async def again(request: web.Request) -> web.Response:
    hooks = request.app[HOOKS]
    wanted = int(request.match_info["delivery"])
    found = next((one for one in hooks.deliveries if one.id == wanted), None)
    if found is None:
        raise Refused(404, "Not Found")
    hooks.again(found)
    return json_reply({}, 202)


def _hook(request: web.Request, hook: Hook) -> dict[str, Any]:
    url = f"{context.shapes(request).api}{request.path.removeprefix(API)}/{hook.id}"
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": list(hook.events),
        "config": {
            "url": hook.target.url,
            "content_type": hook.target.content_type,
            "insecure_ssl": "0",
        },
        "created_at": iso(hook.created),
        "updated_at": iso(hook.created),
        "url": url,
        "test_url": url + "/test",
        "ping_url": url + "/pings",
        "deliveries_url": url + "/deliveries",
        "last_response": _last_response(request.app[HOOKS], hook),
    }


def _last_response(hooks: Hooks, hook: Hook) -> dict[str, Any]:
    last = next((one for one in hooks.deliveries if one.hook == hook.id), None)
    if last is None:
        return {"code": None, "status": "unused", "message": None}
    return {"code": last.status, "status": _outcome(last), "message": _outcome(last)}


def _outcome(one: Delivery) -> str:
    return "OK" if 200 <= one.status < 400 else "Invalid HTTP Response"


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": iso(one.at),
        "redelivery": one.redelivery,
        "duration": 0.1,
        "status": _outcome(one),
        "status_code": one.status,
        "event": one.event,
        "action": one.action or None,
        "installation_id": None,
        "repository_id": one.repository or None,
        "throttled_at": None,
    }


def routes() -> list[web.RouteDef]:
    one = r"/hooks/{hook:\d+}/deliveries"
    of_app = f"{API}/app/hook/deliveries"
    return [
        *context.both("GET", "/hooks", listed),
        *context.both("POST", "/hooks", register),
        *context.both("GET", one, deliveries),
        *context.both("POST", one + r"/{delivery:\d+}/attempts", again),
        web.get(of_app, deliveries),
        web.post(of_app + r"/{delivery:\d+}/attempts", again),
    ]

"""The webhooks' API, which takes API keys of subscription administrators only."""

from typing import Any

import msgspec
from aiohttp import web

from adapters.rally.simulator.api import STATE
from adapters.rally.simulator.hooks import Hook, Hooks, shown
from adapters.simulation import FAULTS, Refused, json_reply

HOOKS: web.AppKey[Hooks] = web.AppKey("hooks", Hooks)
PATH = "/apps/pigeon/api/v2/webhook"

_decode = msgspec.json.Decoder(dict[str, Any]).decode


async def listed(request: web.Request) -> web.Response:
    _check(request)
    hooks = list(request.app[HOOKS].registered.values())
    start = max(1, int(request.query.get("start", "1")))
    size = min(200, int(request.query.get("pagesize", "200")))
    return json_reply(
        {
            "TotalResultCount": len(hooks),
            "StartIndex": start,
            "PageSize": size,
            "Results": [shown(hook) for hook in hooks[start - 1 : start - 1 + size]],
            "Errors": [],
            "Warnings": [],
        }
    )


async def make(request: web.Request) -> web.Response:
    _check(request)
    body = await _body(request)
    missing = [name for name in ("Name", "TargetUrl", "ObjectTypes") if not body.get(name)]
    if missing:
        raise Refused(422, {"errors": [f"{name} is required" for name in missing]})
    hook = request.app[HOOKS].register(
        str(body["Name"]),
        str(body["TargetUrl"]),
        [str(kind) for kind in body["ObjectTypes"]],
        list(body.get("Expressions") or []),
    )
    return json_reply(shown(hook))


async def show(request: web.Request) -> web.Response:
    _check(request)
    return json_reply(shown(_hook(request)))


async def change(request: web.Request) -> web.Response:
    _check(request)
    hook, body = _hook(request), await _body(request)
    hook.disabled = bool(body.get("Disabled", hook.disabled))
    hook.target = str(body.get("TargetUrl", hook.target))
    hook.object_types = list(body.get("ObjectTypes", hook.object_types))
    hook.version += 1
    return json_reply(shown(hook))


async def remove(request: web.Request) -> web.Response:
    _check(request)
    del request.app[HOOKS].registered[_hook(request).id]
    return json_reply({})


def _check(request: web.Request) -> None:
    request.app[FAULTS].calls[f"{request.method} {PATH}"] += 1
    state = request.app[STATE]
    token = request.cookies.get("ZSESSIONID") or request.headers.get("ZSESSIONID", "")
    actor = state.by_token(token) if token else None
    if actor is None:
        raise Refused(401, {"errors": ["Not authenticated"]})
    if not actor.fields["SubscriptionAdmin"]:
        raise Refused(403, {"errors": ["Only subscription administrators manage webhooks"]})


def _hook(request: web.Request) -> Hook:
    found = request.app[HOOKS].registered.get(request.match_info["id"])
    if found is None:
        raise Refused(404, {"errors": ["No such webhook"]})
    return found


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        return _decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, {"errors": ["Not a JSON object"]}) from None


def routes() -> list[web.RouteDef]:
    one = PATH + "/{id}"
    return [
        web.get(PATH, listed),
        web.post(PATH, make),
        web.get(one, show),
        web.patch(one, change),
        web.delete(one, remove),
    ]

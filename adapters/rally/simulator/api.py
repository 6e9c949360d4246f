"""The web services API 2.0: one set of addresses for every type."""

import secrets
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from adapters.rally.simulator import shapes
from adapters.rally.simulator.edits import Edits
from adapters.rally.simulator.model import Attribute, Thing, Told, TypeDef
from adapters.rally.simulator.shapes import API, Shapes, fetch_of
from adapters.rally.simulator.state import State
from adapters.simulation import Refused, json_reply

STATE: web.AppKey[State] = web.AppKey("state", State)
EDITS: web.AppKey[Edits] = web.AppKey("edits", Edits)
KEYS: web.AppKey[dict[str, str]] = web.AppKey("keys", dict)
"""A session's cookie -> the key that its writes must show."""
ACTOR: web.RequestKey[Thing] = web.RequestKey("actor", Thing)

_IMPLIED = ("user", "subscription")
_NAMED = (
    "defect",
    "hierarchicalrequirement",
    "task",
    "conversationpost",
    "attachment",
    "attachmentcontent",
    "tag",
)
"""Have addresses of their own, so that a fault can be meant for one of them."""

_decode = msgspec.json.Decoder().decode


def authenticate(request: web.Request) -> None:
    """401 for whoever Rally does not know."""
    state = request.app[STATE]
    token = request.headers.get("ZSESSIONID") or request.cookies.get("ZSESSIONID", "")
    actor = state.by_token(token) if token else None
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if actor is None and kind == "Basic":
        name, _, password = b64decode(given).decode("utf-8", "replace").partition(":")
        actor = state.by_password(name, password)
    if actor is None:
        raise Refused(
            401, shapes.told(("Not authorized to perform action: Invalid key",), "OperationResult")
        )
    request[ACTOR] = actor


@web.middleware
async def errors_inside(request: web.Request, handler: Any) -> web.StreamResponse:
    """Rally tells its errors inside a 200."""
    try:
        answer: web.StreamResponse = await handler(request)
    except Told as refusal:
        return json_reply(shapes.told(refusal.errors, _envelope(request)))
    return answer


def _envelope(request: web.Request) -> str:
    if request.method != "GET":
        made = request.path.endswith("/create")
        return "CreateResult" if made else "OperationResult"
    several = "oid" not in request.match_info or "collection" in request.match_info
    return "QueryResult" if several else "OperationResult"


async def authorize(request: web.Request) -> web.Response:
    cookie, key = secrets.token_hex(8), secrets.token_hex(16)
    request.app[KEYS][cookie] = key
    answer = json_reply(_shapes(request).done([], SecurityToken=key))
    answer.set_cookie("JSESSIONID", cookie, httponly=True)
    return answer


async def find(request: web.Request) -> web.Response:
    state, actor = request.app[STATE], request[ACTOR]
    path = request.match_info["type"].lower()
    text = request.query.get("query", "")
    if path in _IMPLIED and not text.strip("() "):
        thing = actor if path == "user" else next(iter(state.of_type["Subscription"].values()))
        return json_reply(_shapes(request).single(thing, fetch_of(request.query.get("fetch"))))
    definitions, common = _definitions(request, path)
    things = state.find(definitions, text, actor, common)
    return _page(request, _scoped(request, things))


async def read(request: web.Request) -> web.Response:
    thing = _thing(request)
    return json_reply(_shapes(request).single(thing, fetch_of(request.query.get("fetch"))))


async def collection(request: web.Request) -> web.Response:
    state, thing = request.app[STATE], _thing(request)
    attribute = _collection(state, thing, request.match_info["collection"])
    things = state.of(thing, attribute)
    text = request.query.get("query", "")
    if text:
        inside = {thing.oid for thing in things}
        definition = state.types[attribute.target]
        things = [
            one
            for one in state.find((definition,), text, request[ACTOR], common=False)
            if one.oid in inside
        ]
    return _page(request, things, otherwise="true")


async def create(request: web.Request) -> web.Response:
    _check_key(request)
    state = request.app[STATE]
    path = request.match_info.get("type") or request.path.split("/")[-2]
    definition = state.definition(path)
    body = await _body(request, definition.element)
    made, warnings = request.app[EDITS].create(definition.element, body, request[ACTOR])
    fetch = fetch_of(request.query.get("fetch"))
    return json_reply(_shapes(request).created(made, fetch, warnings))


async def update(request: web.Request) -> web.Response:
    _check_key(request)
    thing = _thing(request)
    warnings = request.app[EDITS].update(thing, await _body(request, thing.type), request[ACTOR])
    shown = _shapes(request).item(thing, fetch_of(request.query.get("fetch")))
    return json_reply(_shapes(request).done(warnings, Object=shown))


async def delete(request: web.Request) -> web.Response:
    _check_key(request)
    request.app[EDITS].delete(_thing(request), request[ACTOR])
    return json_reply(_shapes(request).done([]))


async def collect(request: web.Request) -> web.Response:
    _check_key(request)
    state, thing = request.app[STATE], _thing(request)
    attribute = _collection(state, thing, request.match_info["collection"])
    items = (await _json(request)).get("CollectionItems")
    refs = items if isinstance(items, list) else []
    others = request.app[EDITS].collect(
        thing, attribute.name, request.match_info["way"], refs, request[ACTOR]
    )
    fetch = fetch_of(request.query.get("fetch"))
    results = [_shapes(request).item(other, fetch) for other in others]
    return json_reply(_shapes(request).done([], Results=results))


async def schema(request: web.Request) -> web.Response:
    state, shaped = request.app[STATE], _shapes(request)
    types = [shaped.schema(definition) for definition in state.types.values()]
    page = shaped.page([], False, 1, 200)
    page["QueryResult"] |= {"TotalResultCount": len(types), "Results": types}
    return json_reply(page)


async def file(request: web.Request) -> web.Response:
    state = request.app[STATE]
    thing = state.thing("attachment", request.match_info["oid"], request[ACTOR])
    content = state.things[thing.fields["Content"]]
    return web.Response(
        body=b64decode(content.fields["Content"]),
        content_type="application/octet-stream",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _definitions(request: web.Request, path: str) -> tuple[tuple[TypeDef, ...], bool]:
    state = request.app[STATE]
    if path != "artifact":
        return (state.definition(path),), False
    wanted = request.query.get("types", "").lower().split(",")
    every = tuple(one for one in state.types.values() if one.artifact)
    named = tuple(one for one in every if one.element.lower() in wanted)
    return named or every, True


def _scoped(request: web.Request, things: list[Thing]) -> list[Thing]:
    state = request.app[STATE]
    wanted = request.query.get("project", "")
    if not wanted or wanted == "null":
        return things
    root = state.referred(wanted, "Project").oid
    below = request.query.get("projectScopeDown", "true").lower() != "false"
    above = request.query.get("projectScopeUp", "false").lower() == "true"
    inside = {root}
    for project in state.of_type["Project"].values():
        if below and _upwards(state, project) & {root}:
            inside.add(project.oid)
    if above:
        inside |= _upwards(state, state.things[root])
    return [one for one in things if one.fields.get("Project", root) in inside]


def _upwards(state: State, project: Thing) -> set[int]:
    line: set[int] = set()
    at: Thing | None = project
    while at is not None and at.oid not in line:
        line.add(at.oid)
        at = state.things.get(at.fields.get("Parent") or 0)
    return line


def _page(request: web.Request, things: list[Thing], otherwise: str = "false") -> web.Response:
    """`otherwise` is what is fetched when nobody says."""
    state = request.app[STATE]
    things = list(things)
    for part in reversed(request.query.get("order", "").split(",")):
        name, _, way = part.strip().partition(" ")
        if name:
            things.sort(key=_by(state, name), reverse=way.strip().upper() == "DESC")
    start = max(1, _number(request, "start", 1))
    size = min(max(1, _number(request, "pagesize", 20)), state.config.page_cap)
    fetch = fetch_of(request.query.get("fetch", otherwise))
    return json_reply(_shapes(request).page(things, fetch, start, size))


def _by(state: State, name: str) -> Callable[[Thing], tuple[int, Any]]:
    return lambda thing: _sortable(state.plain(thing, name))


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float):
        return (1, value)
    return (0, "") if value is None else (2, str(value))


def _number(request: web.Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else otherwise


def _thing(request: web.Request) -> Thing:
    path = request.match_info.get("type") or request.path.removeprefix(API + "/").split("/")[0]
    return request.app[STATE].thing(path, request.match_info["oid"], request[ACTOR])


def _collection(state: State, thing: Thing, name: str) -> Attribute:
    attributes = state.types[thing.type].attributes
    found = attributes.get(name) or next(
        (one for key, one in attributes.items() if key.lower() == name.lower()), None
    )
    if found is None or found.shape != "COLLECTION":
        raise Told(f"Not a collection: {thing.type}.{name}")
    return found


def _shapes(request: web.Request) -> Shapes:
    return Shapes(request.app[STATE], f"{request.scheme}://{request.host}")


def _check_key(request: web.Request) -> None:
    """A session shows its key with each write; an API key needs none."""
    if request.headers.get("ZSESSIONID") or request.cookies.get("ZSESSIONID"):
        return
    key = request.app[KEYS].get(request.cookies.get("JSESSIONID", ""))
    if key is None or key != request.query.get("key"):
        raise Told("Not authorized to perform action: Invalid key")


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        found = _decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Told("Could not parse: the body is not JSON.") from None
    if not isinstance(found, dict):
        raise Told("Could not parse: expected an object.")
    return found


async def _body(request: web.Request, element: str) -> dict[str, Any]:
    found = await _json(request)
    inner = next((value for key, value in found.items() if key.lower() == element.lower()), None)
    if not isinstance(inner, dict):
        raise Told(f"Could not parse: expected an object named {element}.")
    return inner


def routes() -> list[web.RouteDef]:
    one = API + r"/{type:\w+}/{oid:[\w-]+}"
    named = [
        route
        for path in _NAMED
        for route in (
            web.post(f"{API}/{path}/create", create),
            web.put(f"{API}/{path}/create", create),
            web.post(API + "/" + path + r"/{oid:\d+}", update),
        )
    ]
    return [
        web.get(API + "/security/authorize", authorize),
        *named,
        web.post(API + r"/{type:\w+}/create", create),
        web.put(API + r"/{type:\w+}/create", create),
        web.get(API + r"/{type:\w+}", find),
        web.get(one, read),
        web.post(one, update),
        web.put(one, update),
        web.delete(one, delete),
        web.get(one + r"/{collection:\w+}", collection),
        web.post(one + r"/{collection:\w+}/{way:add|remove}", collect),
        web.get(r"/slm/schema/v2.0/workspace/{oid:\d+}", schema),
        web.get(r"/slm/attachment/{oid:\d+}/{name:.*}", file),
    ]

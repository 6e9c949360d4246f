"""What every handler needs: who asks, in which format, and how it is answered."""

import hmac
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web
from lxml import etree

from adapters.alm.simulator import shapes
from adapters.alm.simulator.model import Entity, QcError, Session, Values
from adapters.alm.simulator.shapes import Row
from adapters.alm.simulator.state import State

STATE: web.AppKey[State] = web.AppKey("state", State)
SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)
COOKIES: web.RequestKey[list[str]] = web.RequestKey("cookies", list)

SIGN_IN = "LWSSO_COOKIE_KEY"
BASE = "/qcbin"
PROJECT = BASE + "/rest/domains/{domain}/projects/{project}"
_OPEN = (
    "/authentication-point/",
    "/rest/oauth2/login",
    "/rest/is-authenticated",
    "/rest/site-session",
)
_TYPES = {"json": "application/json", "xml": "application/xml"}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
_decode = msgspec.json.Decoder().decode


def state(request: web.Request) -> State:
    return request.app[STATE]


def user(request: web.Request) -> str:
    return request[SESSION].user


def form(request: web.Request) -> str:
    """The format that is asked for; whoever names none is answered a page for people."""
    accept = request.headers.get("Accept", "")
    for name, media in _TYPES.items():
        if media in accept:
            return name
    return "html"


def guard(request: web.Request) -> None:
    """Signs of a session, which is opened by itself for whoever shows no newest cookie."""
    request[COOKIES] = []
    if request.path.removeprefix(BASE).startswith(_OPEN):
        return
    key = request.cookies.get(SIGN_IN, "")
    session = state(request).session(key)
    if session is None:
        raise QcError(401, "session-has-expired", "The user is not authenticated.")
    _against_strangers(request, session)
    _keep(request, session)


def enter(request: web.Request) -> Session:
    """For the paths that the guard leaves open. Raises 401."""
    session = state(request).session(request.cookies.get(SIGN_IN, ""))
    if session is None:
        raise QcError(401, "session-has-expired", "The user is not authenticated.")
    _keep(request, session)
    return session


def _against_strangers(request: web.Request, session: Session) -> None:
    if request.method in ("GET", "HEAD"):
        return
    shown = request.headers.get("X-XSRF-TOKEN", "")
    if not hmac.compare_digest(shown.encode(), session.token.encode()):
        title = "Unauthorized request. For more details see XSRF Token section."
        raise QcError(401, "general-error", title)


def _keep(request: web.Request, session: Session) -> None:
    held = state(request)
    if request.cookies.get("QCSession", "") != session.cookie:
        held.opened[session.user] += 1
    session.heard = held.now()
    session.calls += 1
    if session.calls % held.config.cookies_change_after == 0:
        session.cookie = secrets.token_hex(16)
    request[SESSION] = session
    request[COOKIES] = [f"QCSession={session.cookie}; Path=/; HttpOnly"]


async def fields(request: web.Request) -> Values:
    """What a body names. JSON whose first field is not the name confuses the real one."""
    body = await request.read()
    if "xml" in request.content_type:
        return _of_xml(body)
    if request.content_type != "application/json":
        raise QcError(415, "general-error", "Unsupported media type.")
    try:
        listed: list[Any] = _decode(body)["Fields"]
        values = {
            field["Name"]: [str(item.get("value") or "") for item in field["values"]]
            for field in listed
        }
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise QcError(400, "general-error", "The entity cannot be read.") from error
    if "name" in values and next(iter(values)) != "name":
        title = 'Cannot invoke "Object.hashCode()" because "key" is null'
        raise QcError(500, "general-error", title)
    return values


def _of_xml(body: bytes) -> Values:
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        raise QcError(400, "general-error", "The entity cannot be read.") from error
    return {
        field.get("Name", ""): [value.text or "" for value in field.iterchildren("Value")]
        for field in root.iterfind("Fields/Field")
    }


def number(request: web.Request, name: str = "id") -> int:
    text = request.match_info[name]
    return int(text) if text.isdigit() else 0


def entity(request: web.Request) -> Entity:
    return state(request).entity(kind(request), number(request))


def kind(request: web.Request) -> str:
    """`defects` in the path is the type `defect`."""
    known(request)
    rest = request.path.partition("/projects/")[2].split("/")
    return rest[1].removesuffix("s")


def known(request: web.Request) -> None:
    config = state(request).config
    place = (request.match_info["domain"], request.match_info["project"])
    if place != (config.domain, config.project):
        raise QcError(404, "entity-not-found", f"The project {'/'.join(place)} is not found.")


def told(request: web.Request, found: Row, status: int = 200) -> web.Response:
    wanted = _spoken(request, found[0])
    return _reply(shapes.one(found, wanted), wanted, status)


def listed(request: web.Request, rows: Sequence[Row], total: int, whose: str) -> web.Response:
    wanted = _spoken(request, whose)
    return _reply(shapes.many(rows, total, wanted), wanted, 200)


def xml(request: web.Request, root: "etree._Element | bytes") -> web.Response:
    """Of resources that this version has in XML alone."""
    if form(request) != "xml":
        raise QcError(406, "general-error", "This resource is there as application/xml only.")
    body = root if isinstance(root, bytes) else etree.tostring(root, encoding="UTF-8")
    return _reply(body, "xml", 200)


def refusal(request: web.Request, refused: QcError) -> web.Response:
    wanted = form(request)
    if wanted == "html":
        page = f"<html><head><title>Error</title></head><body>{refused.status}</body></html>"
        return web.Response(text=page, status=refused.status, content_type="text/html")
    return _reply(shapes.error(refused, wanted), wanted, refused.status)


def _spoken(request: web.Request, whose: str) -> str:
    wanted = form(request)
    if wanted == "html" or (wanted == "json" and whose in state(request).config.xml_only):
        raise QcError(406, "general-error", "Unsupported Accept type.")
    return wanted


def _reply(body: bytes, wanted: str, status: int) -> web.Response:
    return web.Response(body=body, status=status, content_type=_TYPES[wanted], charset="utf-8")

"""REST: signing in and out, sessions, the server's time."""

import hmac
from base64 import b64decode
from typing import Any

import msgspec
from aiohttp import web
from lxml import etree

from adapters.alm.simulator import context
from adapters.alm.simulator.context import BASE
from adapters.alm.simulator.model import QcError

_decode = msgspec.json.Decoder().decode
_PASSWORDS = {"alice": "alice-password", "viewer": "viewer-password"}


async def authenticate(request: web.Request) -> web.Response:
    """By user and password. Gives the cookie of the sign-in alone; a session is opened by another
    call."""
    config = context.state(request).config
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, password = b64decode(given).decode().partition(":")
    except ValueError:
        user = password = ""
    known = {config.user: config.password, **_PASSWORDS}.get(user, "")
    if kind != "Basic" or not known or not _same(password, known):
        raise QcError(401, "general-error", "Authentication failed. Browser based integration.")
    key, _ = context.state(request).open_session(user)
    request[context.COOKIES].append(f"{context.SIGN_IN}={key}; Path=/; HttpOnly")
    return web.Response(status=200)


async def login(request: web.Request) -> web.Response:
    """By an API key, in one step."""
    config = context.state(request).config
    try:
        given: Any = _decode(await request.read())
        client, secret = str(given["clientId"]), str(given["secret"])
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise QcError(400, "general-error", "No client id and secret.") from error
    if not (_same(client, config.client_id) and _same(secret, config.secret)):
        raise QcError(401, "general-error", "The API key is not valid.")
    key, session = context.state(request).open_session(config.user)
    request[context.COOKIES] += [
        f"{context.SIGN_IN}={key}; Path=/; HttpOnly",
        f"QCSession={session.cookie}; Path=/; HttpOnly",
        f"XSRF-TOKEN={session.token}; Path=/",
        f"ALM_USER={session.user}; Path=/",
    ]
    return web.Response(status=200)


async def open_session(request: web.Request) -> web.Response:
    session = context.enter(request)
    request[context.COOKIES] = [
        f"QCSession={session.cookie}; Path=/; HttpOnly",
        f"XSRF-TOKEN={session.token}; Path=/",
        f"ALM_USER={session.user}; Path=/",
    ]
    return web.Response(status=201)


async def keep_session(request: web.Request) -> web.Response:
    context.enter(request)
    return web.Response(status=200)


async def end_session(request: web.Request) -> web.Response:
    context.enter(request)
    context.state(request).end_session(request.cookies.get(context.SIGN_IN, ""))
    request[context.COOKIES] = ["QCSession=; Path=/; Max-Age=0"]
    return web.Response(status=200)


async def logout(request: web.Request) -> web.Response:
    context.state(request).end_session(request.cookies.get(context.SIGN_IN, ""))
    request[context.COOKIES] = [f"{context.SIGN_IN}=; Path=/; Max-Age=0"]
    return web.Response(status=200)


async def is_authenticated(request: web.Request) -> web.Response:
    """Knows whoever signed in, however long that session is dead."""
    session = context.state(request).sessions.get(request.cookies.get(context.SIGN_IN, ""))
    if session is None:
        raise QcError(401, "general-error", "The user is not authenticated.")
    root = etree.Element("AuthenticationInfo")
    etree.SubElement(root, "Username").text = session.user
    return context.xml(request, root)


async def server_time(request: web.Request) -> web.Response:
    state = context.state(request)
    root = etree.Element("ServerTime")
    if state.config.tells_time:
        etree.SubElement(root, "DateTime").text = state.local(state.now())
    etree.SubElement(root, "TimeInMillis").text = str(state.now())
    return context.xml(request, root)


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def routes() -> list[web.RouteDef]:
    session = BASE + "/rest/site-session"
    point = BASE + "/authentication-point"
    return [
        web.post(point + "/authenticate", authenticate),
        web.get(point + "/authenticate", authenticate),
        web.post(point + "/logout", logout),
        web.post(BASE + "/rest/oauth2/login", login),
        web.post(session, open_session),
        web.get(session, keep_session),
        web.delete(session, end_session),
        web.get(BASE + "/rest/is-authenticated", is_authenticated),
        web.get(BASE + "/rest/server/time", server_time),
    ]

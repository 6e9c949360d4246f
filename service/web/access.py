"""Who calls: the user at the Unix socket, or the holder of a token over TCP."""

import pwd
import socket
import struct
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from schemas.access import Caller
from schemas.api import Problem
from schemas.errors import InputError
from schemas.routing import PREFIX
from service.web.callers import Callers
from service.web.problems import answer_problem
from service.web.rates import Rates, retry_after
from service.web.refusals import Refusals

CALLER = web.RequestKey("caller", Caller)
OPEN = (f"{PREFIX}/openapi.json", f"{PREFIX}/docs")
"""What the product is, the same for everybody; a browser has to get it before it has a token."""

_SCHEMES = ("token", "bearer")
_CREDENTIALS = struct.Struct("3i")


class Access(Protocol):
    async def caller(self, token: str) -> Caller | None:
        """None for a token that is unknown, expired or revoked."""
        ...


def by_socket() -> Middleware:
    """The file's mode has let the caller in; the kernel tells who it is."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[CALLER] = Caller(_user(request), "admin", limited=False)
        return await handler(request)

    return middleware


def by_token(
    access: Access, *, allowance: Rates, refused: Rates, callers: Callers, refusals: Refusals
) -> Middleware:
    """`allowance` is per token, `refused` per address: who guesses tokens has to wait."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(OPEN):
            return await handler(request)
        address = callers.of(request)
        if address and (seconds := refused.wait(address)):
            refusals.note("admin", "rate", caller=address)
            return _too_often("Too many requests of this address were refused.", seconds)
        caller = await access.caller(token_of(request))
        if caller is None:
            if address:
                refused.take(address)
            refusals.note("admin", "credentials", caller=address)
            raise _unknown()
        if caller.limited and (seconds := allowance.take(caller.name)):
            return _too_often("This token has made too many requests.", seconds)
        request[CALLER] = caller
        return await handler(request)

    return middleware


def token_of(request: web.Request) -> str:
    """From `Authorization: Token …` or `Bearer …`; some clients put quotes around it."""
    scheme, _, given = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() not in _SCHEMES:
        return ""
    token = given.strip()
    if len(token) > 1 and token[0] == token[-1] and token[0] in "\"'":
        token = token[1:-1].strip()
    return token


def _unknown() -> InputError:
    """The same words for a token that never was, has expired or was revoked."""
    return InputError(
        "Authentication credentials were not provided, or are not valid.",
        status=401,
        remedy="Send `Authorization: Token …`. A token is made on the node's machine: tidegate"
        " token create",
    )


def _too_often(what: str, seconds: float) -> web.Response:
    return answer_problem(429, Problem(what, remedy="Wait, then go on."), retry_after(seconds))


def _user(request: web.Request) -> str:
    transport = request.transport
    found = transport.get_extra_info("socket") if transport is not None else None
    if found is None or found.family != socket.AF_UNIX:
        return "socket"
    raw = found.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    user: int = _CREDENTIALS.unpack(raw)[1]
    try:
        return f"user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"user {user}"

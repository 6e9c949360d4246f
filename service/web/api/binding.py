"""Binds a route of the table to a typed function: decodes its input, encodes its answer."""

import re
from collections.abc import Awaitable, Callable, Mapping
from types import NoneType
from typing import TypeVar

import msgspec
from aiohttp import web

from schemas.api import Problem
from schemas.errors import InputError
from schemas.routes import PREFIX, Route
from service.web.body import read_body
from service.web.problems import answer_problem

Q = TypeVar("Q")
B = TypeVar("B")
A = TypeVar("A")

Path = Mapping[str, str]
Call = Callable[[Path, Q, B], Awaitable[A]]

_NAMED = re.compile(r"(unknown|missing required) field `([^`]*)`")
_encode = msgspec.json.Encoder().encode


class _Invalid(Exception):
    """The input does not fit its Struct."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def bind(
    route: Route[Q, B, A],
    call: Call[Q, B, A],
    *,
    status: Callable[[A], int] | None = None,
) -> web.RouteDef:
    """`status` tells the status from the answer, where success has more than one."""
    read_query = _query_reader(route.query)
    read_input = _body_reader(route.body)

    async def handle(request: web.Request) -> web.Response:
        try:
            query = read_query(request)
            body = await read_input(request)
        except _Invalid as invalid:
            return answer_problem(
                400,
                Problem(
                    "The request does not fit.",
                    remedy="Correct the fields named in `errors`.",
                    errors={invalid.field: [invalid.reason]},
                    fault="input",
                ),
            )
        answer = await call(request.match_info, query, body)
        return _encoded(answer, status(answer) if status else route.status)

    return web.route(route.method, PREFIX + route.path, handle, name=route.name)


def _encoded(answer: object, status: int) -> web.Response:
    if status == 204:
        return web.Response(status=204)
    return web.Response(body=_encode(answer), status=status, content_type="application/json")


def _query_reader(kind: type[Q]) -> Callable[[web.Request], Q]:
    def read(request: web.Request) -> Q:
        given: dict[str, str] | None = None if kind is NoneType else dict(request.query)
        if given is None and request.query:
            raise _Invalid(next(iter(request.query)), "This path takes no query.")
        return _checked(lambda: msgspec.convert(given, kind, strict=False))

    return read


def _body_reader(kind: type[B]) -> Callable[[web.Request], Awaitable[B]]:
    if kind is NoneType:

        async def ignore(request: web.Request) -> B:
            return msgspec.convert(None, kind)

        return ignore
    decode: Callable[[bytes], B] = msgspec.json.Decoder(kind).decode
    optional = _needs_nothing(decode)

    async def read(request: web.Request) -> B:
        if request.content_type != "application/json":
            if optional and not request.can_read_body:
                return decode(b"{}")
            raise InputError(
                "The body must be JSON.",
                status=415,
                remedy="Send it with Content-Type: application/json.",
            )
        raw = await read_body(request)
        return _checked(lambda: decode(raw))

    return read


def _needs_nothing(decode: Callable[[bytes], B]) -> bool:
    try:
        decode(b"{}")
    except msgspec.ValidationError:
        return False
    return True


def _checked(read: Callable[[], A]) -> A:
    try:
        return read()
    except msgspec.ValidationError as error:
        raise _Invalid(*_located(str(error))) from None
    except msgspec.DecodeError as error:
        raise _Invalid("", f"This is not JSON: {error}") from None
    except RecursionError:
        raise _Invalid("", "This is nested too deeply.") from None
    except UnicodeDecodeError:
        raise _Invalid("", "This is not UTF-8.") from None


def _located(message: str) -> tuple[str, str]:
    """Field and reason from msgspec's "what is wrong - at `$.where`"."""
    reason, _, place = message.partition(" - at `")
    where = place.rstrip("`").removeprefix("$").removeprefix(".")
    named = _NAMED.search(reason)
    if named is None:
        return where, reason
    field = f"{where}.{named[2]}" if where else named[2]
    return field, "Unknown field" if named[1] == "unknown" else "Required"

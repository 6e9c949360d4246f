"""Binds a route of the table to a typed function: decodes its input, encodes its answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import NoneType
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

import msgspec
from aiohttp import web

from schemas.access import Answered, AuditEntry, Caller
from schemas.alm import AlmList, AlmListQuery
from schemas.api import Page, PageQuery
from schemas.errors import InputError
from schemas.routing import PREFIX, Route
from service.web.access import CALLER
from service.web.api.editions import check_edition, is_known, tag
from service.web.api.fields import InvalidFields, checked
from service.web.api.numbers import body_decoder
from service.web.api.pages import linked, linked_alm
from service.web.api.permission import check_reach, check_role
from service.web.api.records import RECORDS, Once, Recorded, digest_of, key_of, shown
from service.web.body import read_body

Q = TypeVar("Q")
B = TypeVar("B")
A = TypeVar("A")

Path = Mapping[str, str]
Call = Callable[[Path, Q, B], Awaitable[A]]
CallAs = Callable[[Caller, Path, Q, B], Awaitable[A]]
Look = Callable[[Path], Awaitable[Any]]

_LONGEST_NAME = 255
_encode = msgspec.json.Encoder().encode


def bind(
    route: Route[Q, B, A],
    call: Call[Q, B, A],
    *,
    status: Callable[[A], int] | None = None,
    before: Look | None = None,
    edition: Callable[[Any], str] | None = None,
) -> web.RouteDef:
    """`status` tells the status from the answer, where success has more than one. `before` looks at
    what is to be changed; `edition` tells which one that is, or that of an answer that is read."""

    def as_anybody(caller: Caller, path: Path, query: Q, body: B) -> Awaitable[A]:
        return call(path, query, body)

    return bind_as(route, as_anybody, status=status, before=before, edition=edition)


def bind_as(
    route: Route[Q, B, A],
    call: CallAs[Q, B, A],
    *,
    status: Callable[[A], int] | None = None,
    before: Look | None = None,
    edition: Callable[[Any], str] | None = None,
) -> web.RouteDef:
    """As `bind`, for what depends on who calls."""
    endpoint = _Endpoint(route, call, status, before, edition)
    return web.route(route.method, PREFIX + route.path, endpoint.handle, name=route.name)


class _Endpoint(Generic[Q, B, A]):
    def __init__(
        self,
        route: Route[Q, B, A],
        call: CallAs[Q, B, A],
        status: Callable[[A], int] | None,
        before: Look | None,
        edition: Callable[[Any], str] | None,
    ) -> None:
        self._route = route
        self._call = call
        self._status = status
        self._before = before
        self._edition = edition
        self._read_query = query_reader(route.query)
        self._read_body = _body_reader(route.body)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def handle(self, request: web.Request) -> web.Response:
        caller = request[CALLER]
        check_role(caller, self._route)
        try:
            _check_path(request.match_info)
            query = self._read_query(request)
            body = await self._read_body(request)
        except InvalidFields as invalid:
            return invalid.answer()
        check_reach(caller, self._route, request.match_info, query, body)
        if not self._route.audited:
            return self._shown(request, query, await self._call(
                caller, request.match_info, query, body
            ))  # fmt: skip
        if self._route.creates and (key := key_of(request)):
            return await self._once(request, key, query, body)
        return await self._change(request, query, body)

    def _shown(self, request: web.Request, query: Q, answer: A) -> web.Response:
        if isinstance(answer, Page) and isinstance(query, PageQuery):
            return self._encoded(linked(answer, query, request), self._route.status)
        if isinstance(answer, AlmList) and isinstance(query, AlmListQuery):
            return self._encoded(linked_alm(answer, query, request), self._route.status)
        if self._edition is None:
            return self._encoded(answer, self._route.status)
        edition = self._edition(answer)
        if is_known(request, edition):
            return web.Response(status=304, headers=tag(edition))
        return self._encoded(answer, self._route.status, tag(edition))

    async def _once(self, request: web.Request, key: str, query: Q, body: B) -> web.Response:
        repeats, caller = request.app[RECORDS].repeats, request[CALLER].name
        kept = await repeats.begin(caller, key, digest_of(request.path.rstrip("/"), (query, body)))
        if kept is not None:
            return web.Response(
                body=kept.body,
                status=kept.status,
                content_type="application/json",
                headers={"Idempotent-Replayed": "true"},
            )
        async with Once(repeats, caller, key) as once:
            answer = await self._change(request, query, body)
            if isinstance(answer.body, bytes):
                once.answer = Answered(answer.status, answer.body)
        return answer

    async def _change(self, request: web.Request, query: Q, body: B) -> web.Response:
        if self._route.edition != "needed":
            return await self._perform(request, query, body)
        async with self._locks.setdefault(request.path.rstrip("/"), asyncio.Lock()):
            return await self._perform(request, query, body)

    async def _perform(self, request: web.Request, query: Q, body: B) -> web.Response:
        caller, path = request[CALLER], request.match_info
        before = await self._before(path) if self._before else None
        if self._route.edition == "needed" and self._edition is not None:
            check_edition(request, self._edition(before))
        entry = AuditEntry(
            id=0,
            at=0,
            caller=caller.name,
            action=self._route.name,
            target=request.path.removeprefix(PREFIX).rstrip("/"),
            given=shown(body if body is not None else query),
            before=shown(before),
        )
        async with Recorded(request.app[RECORDS].audit, entry) as record:
            answer = await self._call(caller, path, query, body)
            record.status = self._status(answer) if self._status else self._route.status
            after = await self._before(path) if self._before and answer is not None else answer
            record.after = after
        told = self._edition is not None and answer is not None
        return self._encoded(
            answer, record.status, tag(self._edition(after)) if told and self._edition else None
        )

    def _encoded(
        self, answer: object, status: int, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        if status == 204:
            return web.Response(status=204)
        return web.Response(
            body=_encode(answer), status=status, content_type="application/json", headers=headers
        )


def _check_path(path: Path) -> None:
    for name, value in path.items():
        if len(value) > _LONGEST_NAME:
            raise InvalidFields((name,), f"At most {_LONGEST_NAME} characters.")


def query_reader(kind: type[Q]) -> Callable[[web.Request], Q]:
    def read(request: web.Request) -> Q:
        given: dict[str, str] | None = None if kind is NoneType else dict(request.query)
        if given is None and request.query:
            raise InvalidFields((next(iter(request.query)),), "This path takes no query.")
        return checked(lambda: msgspec.convert(given, kind, strict=False))

    return read


def _body_reader(kind: type[B]) -> Callable[[web.Request], Awaitable[B]]:
    if kind is NoneType:

        async def ignore(request: web.Request) -> B:
            return msgspec.convert(None, kind)

        return ignore
    decode = body_decoder(kind)
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
        return checked(lambda: decode(raw))

    return read


def _needs_nothing(decode: Callable[[bytes], B]) -> bool:
    try:
        decode(b"{}")
    except msgspec.ValidationError:
        return False
    return True

"""Talks to a node's management API, over its Unix socket or over TCP with the admin token."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from schemas.api import LongQuery, Page, Problem
from schemas.news import News, NewsQuery
from schemas.node_routes import EVENTS
from schemas.routing import PREFIX, Route
from service.cli.ending import CommandFailed, Ending, FieldProblem, failed
from service.cli.event_stream import read_events
from service.cli.whereabouts import Whereabouts

TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10)
"""Seconds; a check of a slow tracker takes the longest."""

_STREAM = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
"""The node says every 15 seconds that it lives."""

Q = TypeVar("Q")
B = TypeVar("B")
A = TypeVar("A")
L = TypeVar("L", bound=LongQuery)
Item = TypeVar("Item")


class NodeClient:
    def __init__(self, session: aiohttp.ClientSession, base: str, place: Whereabouts) -> None:
        self._session = session
        self._base = base
        self._place = place
        self._editions: dict[str, str] = {}
        """ETags of what was got, by path: who edits it sends them back."""

    async def get(self, route: Route[Q, None, A], *names: str, query: Q | None = None) -> A:
        return await self._call(route, names, query=query)

    async def every(
        self, route: Route[L, None, Page[Item]], *names: str, query: L
    ) -> AsyncIterator[Item]:
        """Of all pages, none twice and none left out, whatever comes meanwhile."""
        while True:
            page = await self.get(route, *names, query=query)
            for each in page.results:
                yield each
            if page.next is None:
                return
            query = msgspec.structs.replace(query, cursor=URL(page.next).query["cursor"])

    async def send(
        self, route: Route[Q, B, A], *names: str, body: B | None = None, query: Q | None = None
    ) -> A:
        return await self._call(route, names, query=query, body=body)

    async def _call(
        self,
        route: Route[Q, B, A],
        names: tuple[str, ...],
        *,
        query: Q | None = None,
        body: B | None = None,
    ) -> A:
        path = PREFIX + _filled(route.path, names)
        headers = {"If-Match": self._edition(path)} if route.edition == "needed" else {}
        status, raw = await self._exchange(
            route.method,
            path,
            _as_query(query),
            b"" if body is None else msgspec.json.encode(body),
            headers,
        )
        if status == 204:
            return msgspec.convert(None, route.answer)
        try:
            return _decoded(route, status, raw)
        except msgspec.MsgspecError as error:
            raise failed(
                f"The node's answer (status {status}) was not understood: {error}",
                "Use the `tidegate` of the same version as the node.",
            ) from error

    async def events(self, query: NewsQuery) -> AsyncIterator[News]:
        """Until the node ends the stream."""
        path, asked = self._base + PREFIX + EVENTS.path, _as_query(query)
        try:
            async with self._session.get(path, params=asked, timeout=_STREAM) as answer:
                if answer.status != 200:
                    raise CommandFailed(_problem(await answer.read()))
                async for news in read_events(answer.content):
                    yield news
        except aiohttp.ClientConnectorError as error:
            raise _unreached(error, self._place) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise failed(
                "The stream broke off.",
                "Look whether the node runs: tidegate health",
                Ending.NOT_RUNNING,
            ) from error

    def _edition(self, path: str) -> str:
        """That of this very thing, or of what it is a part of; `*` where it was not got before."""
        return self._editions.get(path) or self._editions.get(path.rpartition("/")[0]) or "*"

    async def _exchange(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        if body:
            headers |= {"Content-Type": "application/json"}
        try:
            async with self._session.request(
                method, self._base + path, params=query, data=body or None, headers=headers
            ) as answer:
                if method == "GET" and (edition := answer.headers.get("ETag")):
                    self._editions[path] = edition
                return answer.status, await answer.read()
        except TimeoutError as error:
            raise failed(
                "The node did not answer in time.", "Look at its log and at `tidegate health`."
            ) from error
        except aiohttp.ClientError as error:
            raise _unreached(error, self._place) from error


@asynccontextmanager
async def open_client(place: Whereabouts, token: str) -> AsyncIterator[NodeClient]:
    connector: aiohttp.BaseConnector
    if place.socket:
        connector, base = aiohttp.UnixConnector(place.socket), "http://localhost"
    else:
        connector, base = aiohttp.TCPConnector(), place.url
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(
        connector=connector, timeout=TIMEOUT, headers=headers
    ) as session:
        yield NodeClient(session, base, place)


def _filled(path: str, names: tuple[str, ...]) -> str:
    """The route's path with its `{…}` parts replaced in their order."""
    parts = iter(names)
    return "/".join(
        quote(next(parts), safe="") if part.startswith("{") else part for part in path.split("/")
    )


def _as_query(query: object) -> dict[str, str]:
    given: dict[str, object] = msgspec.to_builtins(query) if query is not None else {}
    return {name: _as_text(value) for name, value in given.items() if value not in ("", None)}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decoded(route: Route[Q, B, A], status: int, raw: bytes) -> A:
    if 200 <= status < 300:
        return msgspec.json.decode(raw, type=route.answer)
    if status == 422 and b'"findings"' in raw:
        # A refusal may be an answer: rules that have findings.
        return msgspec.json.decode(raw, type=route.answer)
    raise CommandFailed(_problem(raw))


def _problem(raw: bytes) -> Problem:
    said = msgspec.json.decode(raw, type=dict[str, Any])
    if isinstance(said.get("detail"), str):
        return msgspec.convert(said, Problem)
    errors = dict(_flat("", said))
    return FieldProblem("The request does not fit.", "Correct these fields.", errors=errors)


def _flat(place: str, said: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name, value in said.items():
        where = f"{place}.{name}" if place else name
        if isinstance(value, dict):
            yield from _flat(where, value)
        else:
            yield where, [str(each) for each in value]


def _unreached(error: aiohttp.ClientError, place: Whereabouts) -> CommandFailed:
    where = place.socket or place.url
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    if isinstance(cause, PermissionError):
        return failed(
            f"This user may not use the node's socket {where}.",
            "Run the command as the user that runs the node, such as with `sudo -u`.",
        )
    if isinstance(error, aiohttp.InvalidURL):
        return failed(f"{where} is no address.", "Write it like http://127.0.0.1:9080.")
    if cause is None or not isinstance(cause, (FileNotFoundError, ConnectionRefusedError)):
        return failed(
            f"The node at {where} cannot be reached: {error}",
            "Check the address, and what stands between.",
            Ending.NOT_RUNNING,
        )
    return failed(f"No node is running at {where}.", f"Start it: {place.start}", Ending.NOT_RUNNING)

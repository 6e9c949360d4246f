"""Requests to one Jira, over the HTTP toolkit."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import msgspec

from adapters.http import (
    Call,
    Dialect,
    Limit,
    Method,
    Pause,
    Refusal,
    TrackerHttp,
    retry_after,
    segment,
)
from adapters.http.client import Wrap
from adapters.http.dialect import NO_LIMIT
from adapters.http.streams import ByteStream, OpenContent
from adapters.jira import errors
from adapters.jira.params import JiraParams
from schemas.errors import TrackerError
from schemas.values import Millis

__all__ = ["JiraClient", "Pause", "segment"]

T = TypeVar("T")

_REST = "/rest/api/2"
_NO_CHECK = {"X-Atlassian-Token": "no-check"}
_encode = msgspec.json.Encoder().encode


def open_client(
    connector: str,
    params: JiraParams,
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
    pause: Pause = asyncio.sleep,
) -> "JiraClient":
    settings = params.http_settings(connector, "Jira")
    return JiraClient(params.url, TrackerHttp(settings, Login(params), session, now, pause))


class JiraClient:
    """`what` in all methods completes the sentence "Jira refused to ..."; paths are below `rest`.
    `base` is the address under which people open Jira."""

    def __init__(self, base: str, http: TrackerHttp, rest: str = _REST) -> None:
        self.base = base
        self._http = http
        self._rest = rest

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, what: str) -> bytes:
        return (await self._http.send(self._call("GET", path, what, query))).body

    async def get_plain(self, path: str, *, what: str) -> bytes:
        """Of an API beside the usual one."""
        return (await self._http.send(Call(what=what, path=path))).body

    async def ask(self, path: str, body: object, *, what: str) -> bytes:
        """A POST that changes nothing, such as a search."""
        return (await self._http.send(self._call("POST", path, what, body=body))).body

    async def write(
        self,
        method: Method,
        path: str,
        body: object = None,
        *,
        what: str,
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        call = self._call(method, path, what, query, body, write=True)
        return (await self._http.send(call)).body

    async def make(
        self,
        method: Method,
        path: str,
        body: object,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
        query: Mapping[str, str] | None = None,
    ) -> T:
        """A write whose answer shows what was made; UNKNOWN_OUTCOME when it cannot be read."""
        call = self._call(method, path, what, query, body, write=True)
        return await self._http.fetch(call, decoder)

    async def upload(
        self,
        path: str,
        size: int,
        open_content: OpenContent,
        wrap: Wrap,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
    ) -> T:
        call = self._call("POST", path, what, write=True)
        call = msgspec.structs.replace(call, headers=_NO_CHECK, lane="")
        answer = await self._http.upload(call, size, open_content, wrap)
        return self._http.decode(call, answer, decoder)

    @asynccontextmanager
    async def download(self, address: str, *, what: str) -> AsyncIterator[ByteStream]:
        """Follows redirects within Jira's own origin only, so that credentials stay there."""
        async with self._http.download(Call(what=what, path=address)) as blocks:
            yield blocks

    @asynccontextmanager
    async def stream(
        self, path: str, query: Mapping[str, str], *, what: str
    ) -> AsyncIterator[ByteStream]:
        """Goes on to another server without credentials, such as to a store of files."""
        call = msgspec.structs.replace(self._call("GET", path, what, query), redirects="anywhere")
        async with self._http.download(call) as blocks:
            yield blocks

    async def location(self, path: str, *, what: str) -> str:
        """Where a read is sent on to, without going there; '' when it is answered at once."""
        call = msgspec.structs.replace(self._call("GET", path, what), redirects="shown")
        return (await self._http.send(call)).headers.get("Location", "")

    def _call(
        self,
        method: Method,
        path: str,
        what: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
        *,
        write: bool = False,
    ) -> Call:
        return Call(
            what=what,
            path=self._rest + path,
            query=query or {},
            method=method,
            body=None if body is None else _encode(body),
            write=write,
            lane=_lane(path) if write else "",
            group=_group(method, path),
        )


class Login(Dialect):
    def __init__(self, params: JiraParams) -> None:
        self._secrets = (params.token, params.password)
        self._headers = {"Accept": "application/json", "Authorization": _authorization(params)}

    async def authorize(self, call: Call) -> Mapping[str, str]:
        return self._headers

    def limits(self, status: int, headers: Mapping[str, str], now: int) -> Limit:
        """Jira tells its token bucket on every answer: an empty one holds the next call back."""
        if status not in (429, 503) and headers.get("X-RateLimit-Remaining") != "0":
            return NO_LIMIT
        return Limit(retry_after(headers, now) or 0.0)

    def translate(self, refusal: Refusal) -> TrackerError:
        return errors.translate(
            refusal.status,
            refusal.headers,
            refusal.body,
            write=refusal.write,
            what=refusal.what,
            now=refusal.now,
        )

    def secrets(self) -> tuple[str, ...]:
        return self._secrets


def _lane(path: str) -> str:
    """Writes to one issue go one after the other: Jira answers some of them with 409 or loses one
    of two edits where they meet."""
    parts = path.split("/", 3)
    return parts[2] if len(parts) > 2 and parts[1] == "issue" else ""


def _group(method: Method, path: str) -> str:
    """The endpoint, whatever issue it is asked about: Jira Cloud counts each by itself."""
    parts = path.split("/", 3)
    if len(parts) > 2:
        parts[2] = "*"
    return f"{method} {'/'.join(parts)}"


def _authorization(params: JiraParams) -> str:
    if params.token:
        return "Bearer " + params.token
    pair = f"{params.user}:{params.password}".encode()
    return "Basic " + b64encode(pair).decode("ascii")

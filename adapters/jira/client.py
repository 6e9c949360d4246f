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
    HttpSettings,
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


class JiraClient:
    """`what` in all methods completes the sentence "Jira refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: JiraParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.base = params.url
        settings = HttpSettings(
            connector=connector,
            title="Jira",
            base=params.url,
            request_timeout=params.request_timeout,
            transfer_timeout=params.transfer_timeout,
            concurrency=params.concurrency,
            rate=params.rate,
        )
        self._http = TrackerHttp(settings, Login(params), session, now, pause)

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, what: str) -> bytes:
        return (await self._http.send(Call(what=what, path=_REST + path, query=query or {}))).body

    async def get_plain(self, path: str, *, what: str) -> bytes:
        """Of an API beside the usual one."""
        return (await self._http.send(Call(what=what, path=path))).body

    async def ask(self, path: str, body: object, *, what: str) -> bytes:
        """A POST that changes nothing, such as a search."""
        call = Call(what=what, path=_REST + path, method="POST", body=_encode(body))
        return (await self._http.send(call)).body

    async def write(
        self,
        method: Method,
        path: str,
        body: object = None,
        *,
        what: str,
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        return (await self._http.send(_writing(method, path, body, what, query))).body

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
        return await self._http.fetch(_writing(method, path, body, what, query), decoder)

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
        call = Call(what=what, path=_REST + path, method="POST", headers=_NO_CHECK, write=True)
        answer = await self._http.upload(call, size, open_content, wrap)
        return self._http.decode(call, answer, decoder)

    @asynccontextmanager
    async def download(self, address: str, *, what: str) -> AsyncIterator[ByteStream]:
        """Follows redirects within Jira's own origin only, so that credentials stay there."""
        async with self._http.download(Call(what=what, path=address)) as blocks:
            yield blocks


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


def _writing(
    method: Method, path: str, body: object, what: str, query: Mapping[str, str] | None
) -> Call:
    return Call(
        what=what,
        path=_REST + path,
        query=query or {},
        method=method,
        body=None if body is None else _encode(body),
        write=True,
        lane=_lane(path),
    )


def _lane(path: str) -> str:
    """Writes to one issue go one after the other: Jira answers some of them with 409 or loses one
    of two edits where they meet."""
    parts = path.split("/", 3)
    return parts[2] if len(parts) > 2 and parts[1] == "issue" else ""


def _authorization(params: JiraParams) -> str:
    if params.token:
        return "Bearer " + params.token
    pair = f"{params.user}:{params.password}".encode()
    return "Basic " + b64encode(pair).decode("ascii")

"""HTTP to one Jira: authentication, time-outs, rate limits, typed errors."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
import structlog
from yarl import URL

from adapters.jira import errors
from adapters.jira.params import JiraParams
from schemas.errors import Fault, TrackerError, refused_address

PATIENCE = 2.0
"""Seconds that one call may wait for a rate limit before it raises THROTTLED."""

_CONNECT = 10.0
_REDIRECTS = 5
_CHUNK = 1 << 16

Pause = Callable[[float], Awaitable[None]]
MakeBody = Callable[[], Awaitable[aiohttp.Payload]]

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


def segment(text: str) -> str:
    """One part of a path, whatever characters it holds."""
    return quote(text, safe="")


class _Call(msgspec.Struct, frozen=True):
    method: str
    url: URL
    what: str
    write: bool
    timeout: aiohttp.ClientTimeout
    body: bytes | None = None
    make_body: MakeBody | None = None


class JiraClient:
    """`what` in all methods completes the sentence "Jira refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: JiraParams,
        session: aiohttp.ClientSession,
        now: Callable[[], int],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.base = params.url
        self._connector = connector
        self._session = session
        self._now = now
        self._pause = pause
        self._rest = params.url + "/rest/api/2"
        self._headers = {"Accept": "application/json", "Authorization": _authorization(params)}
        self._write_headers = {**self._headers, "Content-Type": "application/json"}
        self._upload_headers = {**self._headers, "X-Atlassian-Token": "no-check"}
        self._timeout = aiohttp.ClientTimeout(total=params.request_timeout, sock_connect=_CONNECT)
        self._transfer = aiohttp.ClientTimeout(
            total=params.transfer_timeout, sock_connect=_CONNECT, sock_read=params.request_timeout
        )
        self._upload_timeout = aiohttp.ClientTimeout(
            total=params.transfer_timeout, sock_connect=_CONNECT
        )
        self._resume_at = 0

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, what: str) -> bytes:
        return await self._send(_Call("GET", self._url(path, query), what, False, self._timeout))

    async def ask(self, path: str, body: object, *, what: str) -> bytes:
        """A POST that changes nothing, such as a search."""
        call = _Call("POST", self._url(path, None), what, False, self._timeout, _encode(body))
        return await self._send(call)

    async def write(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        what: str,
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        encoded = None if body is None else _encode(body)
        url = self._url(path, query)
        return await self._send(_Call(method, url, what, True, self._timeout, encoded))

    async def upload(self, path: str, make_body: MakeBody, *, what: str) -> bytes:
        url = self._url(path, None)
        call = _Call("POST", url, what, True, self._upload_timeout, make_body=make_body)
        return await self._send(call)

    @asynccontextmanager
    async def download(self, address: str, *, what: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Follows redirects within Jira's own origin only, so that credentials stay there."""
        url = URL(address, encoded=True)
        for _ in range(_REDIRECTS):
            self._own_origin(url, what)
            async with await self._open(_Call("GET", url, what, False, self._transfer)) as answer:
                if answer.status == 200:
                    yield _chunks(answer, what)
                    return
                if answer.status not in (301, 302, 303, 307, 308):
                    body = await answer.read()
                    raise errors.translate(
                        answer.status, answer.headers, body, write=False, what=what
                    )
                url = url.join(URL(answer.headers.get("Location", ""), encoded=True))
        raise TrackerError(
            Fault.UNAVAILABLE,
            f"Jira redirects in circles on the call to {what}.",
            remedy="Check the proxy in front of Jira and Jira's own base URL.",
        )

    def _own_origin(self, url: URL, what: str) -> None:
        if url.origin() != URL(self.base).origin():
            raise TrackerError(
                Fault.CONFIGURATION,
                f"Jira redirects the call to {what} to another server, {url.host}.",
                remedy="Set the connector's 'url' to the address under which Jira itself answers.",
            )

    def _url(self, path: str, query: Mapping[str, str] | None) -> URL:
        text = self._rest + path
        if query:
            text += "?" + urlencode(query, quote_via=quote, safe=",*")
        return URL(text, encoded=True)

    async def _send(self, call: _Call) -> bytes:
        waited = 0.0
        while True:
            waited = await self._wait(self._resume_at - self._now(), waited, call.what)
            async with await self._open(call) as answer:
                try:
                    body = await answer.read()
                except (aiohttp.ClientError, TimeoutError) as error:
                    raise errors.unreachable(call.what, write=call.write) from error
                self._note_limit(answer)
                if answer.status < 300:
                    return body
                if answer.status == 429:
                    continue
                raise errors.translate(
                    answer.status, answer.headers, body, write=call.write, what=call.what
                )

    async def _open(self, call: _Call) -> aiohttp.ClientResponse:
        payload: bytes | aiohttp.Payload | None = call.body
        headers = self._headers if payload is None else self._write_headers
        if call.make_body is not None:
            payload, headers = await call.make_body(), self._upload_headers
        try:
            return await self._session.request(
                call.method,
                call.url,
                data=payload,
                headers=headers,
                timeout=call.timeout,
                allow_redirects=False,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise TrackerError(
                Fault.UNAVAILABLE,
                f"No connection to Jira at {self.base}.",
                remedy=refused_address(error)
                or "Check that Jira runs and that this node can reach it.",
            ) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.unreachable(call.what, write=call.write) from error

    def _note_limit(self, answer: aiohttp.ClientResponse) -> None:
        """Jira tells its token bucket on every answer: an empty one holds the next call back."""
        headers = answer.headers
        limited = answer.status == 429
        if not limited and headers.get("X-RateLimit-Remaining") != "0":
            return
        now = self._now()
        wait = errors.retry_after(headers, now)
        if wait is None:
            wait = 1.0 if limited else 0.0
        self._resume_at = max(self._resume_at, now + int(wait * 1000))
        if limited:
            # A date in the past or a clock that stands still must not turn this into a busy loop.
            self._resume_at = max(self._resume_at, now + 50)
            log.info("tracker.throttled", connector=self._connector, retry_after=wait)

    async def _wait(self, millis: int, waited: float, what: str) -> float:
        if millis <= 0:
            return waited
        wait = millis / 1000
        if waited + wait > PATIENCE:
            raise TrackerError(
                Fault.THROTTLED,
                f"Jira limits the rate of calls; the call to {what} was not made.",
                remedy="Nothing to do, or raise the account's rate limit in Jira.",
                status=429,
                retry_after=wait,
            )
        await self._pause(wait)
        # Whatever the clock says, this limit has been waited for.
        self._resume_at = 0
        return waited + wait


def _authorization(params: JiraParams) -> str:
    if params.token:
        return "Bearer " + params.token
    pair = f"{params.user}:{params.password}".encode()
    return "Basic " + b64encode(pair).decode("ascii")


async def _chunks(answer: aiohttp.ClientResponse, what: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.content.iter_chunked(_CHUNK):
            yield chunk
    except (aiohttp.ClientError, TimeoutError) as error:
        raise errors.unreachable(what, write=False) from error

"""HTTP with one Azure DevOps organisation or collection: credentials, time-outs, limits, errors."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Literal, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
import structlog
from yarl import URL

from adapters.azure_devops.errors import error_from_answer, retry_after, tracker_error
from adapters.azure_devops.params import AzureDevOpsParams
from schemas.errors import Fault, TrackerError, refused_address
from schemas.values import Millis

log = structlog.get_logger()

T = TypeVar("T")
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Sleep = Callable[[float], Awaitable[None]]

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
BINARY = "application/octet-stream"
BLOCK = 64 * 1024
"""Bytes per block of a download."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `path` is already quoted and relative to the base."""

    method: Method = "GET"
    path: str
    query: dict[str, str] = {}
    body: bytes | None = None
    content_type: str = ""
    write: bool = False
    """True when a lost answer leaves the outcome open."""
    api_version: str = ""
    base: str = ""
    headers: dict[str, str] = {}
    transfer: bool = False
    """True for a large body, whose time depends on the line."""


class AzureDevOpsClient:
    def __init__(
        self,
        connector: str,
        params: AzureDevOpsParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._connector = connector
        self._params = params
        self._session = session
        self._now = now
        self._sleep = sleep
        self._pause_until: Millis = 0
        token = base64.b64encode(f":{params.token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Accept": JSON}
        self._timeout = aiohttp.ClientTimeout(
            total=params.timeout, sock_connect=params.connect_timeout
        )
        self._transfer = aiohttp.ClientTimeout(
            total=None, sock_connect=params.connect_timeout, sock_read=params.transfer_timeout
        )

    async def fetch(self, call: Call, decoder: msgspec.json.Decoder[T]) -> T:
        body = await self.request(call)
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            fault = Fault.UNKNOWN_OUTCOME if call.write else Fault.UNAVAILABLE
            raise tracker_error(fault, f"an answer that cannot be read ({error})") from error

    async def request(self, call: Call) -> bytes:
        """The body of a 2xx answer. Waits out short limits, at most `patience` seconds in all."""
        patience = self._params.patience - await self._wait_for_pause(self._params.patience)
        timeout = self._transfer if call.transfer else self._timeout
        while True:
            try:
                return await self._once(call, call.body, timeout)
            except TrackerError as error:
                wait = error.retry_after if error.retry_after is not None else 1.0
                if error.fault is not Fault.THROTTLED or wait > patience:
                    raise
                log.info("tracker.throttled", connector=self._connector, retry_after=wait)
                await self._sleep(wait)
                patience -= max(wait, 0.1)

    async def upload(
        self, call: Call, content: AsyncIterator[bytes], size: int, decoder: msgspec.json.Decoder[T]
    ) -> T:
        """Streams `content`; never repeated here, because it can be read only once."""
        await self._wait_for_pause(self._params.patience)
        headers = {**call.headers, "Content-Length": str(size)}
        sized = msgspec.structs.replace(call, headers=headers)
        body = await self._once(sized, content, self._transfer)
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise tracker_error(Fault.UNAVAILABLE, "an answer that cannot be read") from error

    @asynccontextmanager
    async def download(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        await self._wait_for_pause(self._params.patience)
        headers = self._headers | {"Accept": BINARY}
        try:
            response = await self._session.get(
                self._url(call), headers=headers, timeout=self._transfer, allow_redirects=False
            )
        except (TimeoutError, aiohttp.ClientError) as error:
            raise self._broken(error, write=False) from error
        async with response:
            if response.status != 200:
                raise await self._refused(response, write=False)
            yield self._blocks(response)

    async def _blocks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for block in response.content.iter_chunked(BLOCK):
                yield block
        except (TimeoutError, aiohttp.ClientError) as error:
            raise self._broken(error, write=False) from error

    async def _once(
        self,
        call: Call,
        body: bytes | AsyncIterator[bytes] | None,
        timeout: aiohttp.ClientTimeout,
    ) -> bytes:
        headers = self._headers | call.headers
        if call.content_type:
            headers["Content-Type"] = call.content_type
        try:
            async with self._session.request(
                call.method,
                self._url(call),
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                if not 200 <= response.status < 300 or response.status == 203:
                    raise await self._refused(response, write=call.write)
                self._note_limits(response.headers)
                return await response.read()
        except (TimeoutError, aiohttp.ClientError) as error:
            raise self._broken(error, write=call.write) from error

    async def _refused(self, response: aiohttp.ClientResponse, *, write: bool) -> TrackerError:
        body = await response.read()
        error = error_from_answer(
            response.status, body, response.headers, write=write, now_seconds=self._now() / 1000
        )
        if error.fault is Fault.THROTTLED and error.retry_after:
            self._pause_until = self._now() + int(error.retry_after * 1000)
        return error

    def _broken(self, error: Exception, *, write: bool) -> TrackerError:
        """Not connected means not sent; anything later may have reached the server."""
        unsent = isinstance(
            error,
            aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL,
        )
        fault = Fault.UNKNOWN_OUTCOME if write and not unsent else Fault.UNAVAILABLE
        timed_out = isinstance(error, TimeoutError)
        said = "no answer in time" if timed_out else f"no answer ({type(error).__name__})"
        return tracker_error(fault, said, remedy=refused_address(error))

    def _note_limits(self, headers: Mapping[str, str]) -> None:
        """A good answer may already ask us to slow down, before limits turn into refusals."""
        wait = retry_after(headers, self._now() / 1000)
        if wait is None and "X-RateLimit-Delay" in headers:
            try:
                wait = min(float(headers["X-RateLimit-Delay"]), self._params.patience)
            except ValueError:
                wait = None
        if wait:
            log.info("tracker.delayed", connector=self._connector, retry_after=wait)
            self._pause_until = max(self._pause_until, self._now() + int(wait * 1000))

    async def _wait_for_pause(self, patience: float) -> float:
        """Seconds waited. Raises THROTTLED when the pause is longer than `patience`."""
        left = (self._pause_until - self._now()) / 1000
        if left <= 0:
            return 0.0
        if left > patience:
            raise tracker_error(Fault.THROTTLED, "asked us to wait", retry_after=left)
        await self._sleep(left)
        return left

    def _url(self, call: Call) -> URL:
        version = call.api_version or self._params.api_version
        query = urlencode({**call.query, "api-version": version}, safe="$,:", quote_via=quote)
        return URL(f"{call.base or self._params.url}{call.path}?{query}", encoded=True)

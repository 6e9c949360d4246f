"""HTTP to one tracker: time-outs, limits, safe repeats, typed errors."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import random as system_random
from typing import Protocol, TypeVar

import aiohttp
import msgspec
import structlog
from yarl import URL

from adapters.http.addresses import MOVED, Addresses
from adapters.http.call import Answer, Call, Refusal
from adapters.http.dialect import Dialect
from adapters.http.gate import Gate, Patience
from adapters.http.lanes import Lanes
from adapters.http.once import once
from adapters.http.settings import HttpSettings
from adapters.http.streams import (
    BLOCK,
    ByteStream,
    OpenContent,
    Source,
    TooLarge,
    read_capped,
)
from adapters.http.trouble import Trouble
from adapters.http.waits import Pause, backoff
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

log = structlog.get_logger()

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")
Body = bytes | aiohttp.Payload | AsyncIterator[bytes] | None
Wrap = Callable[[ByteStream], aiohttp.Payload]

_MOST_REFUSALS = 5
_ONCE = (once,)
_REPEATED_BELOW = frozenset({"PUT", "DELETE"})
"""Writes that the HTTP library itself may send twice."""
_PASSING = (None, 502, 503, 504)
_REQUEST_IDS = ("X-GitHub-Request-Id", "X-AREQUESTID", "X-Request-Id", "ActivityId")


class Decoder(Protocol[T_co]):
    """Raises `msgspec.DecodeError` for what it cannot read."""

    def decode(self, body: bytes, /) -> T_co: ...


class TrackerHttp:
    """Raises TrackerError only, and UNKNOWN_OUTCOME for a write whose answer never came."""

    def __init__(
        self,
        settings: HttpSettings,
        dialect: Dialect,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
        random: Callable[[], float] = system_random,
    ) -> None:
        self._settings = settings
        self._dialect = dialect
        self._session = session
        self._now = now
        self._pause = pause
        self._random = random
        self._addresses = Addresses(settings.title, settings.base)
        self._trouble = Trouble(settings.title, settings.base)
        self._gate = Gate(settings, now, pause)
        self._lanes = Lanes()
        # Apart, because an upload may wait for a download from this very tracker.
        self._calls = asyncio.Semaphore(settings.concurrency)
        self._uploads = asyncio.Semaphore(settings.concurrency)
        connect = settings.connect_timeout
        self._timeout = aiohttp.ClientTimeout(total=settings.request_timeout, sock_connect=connect)
        self._download_timeout = aiohttp.ClientTimeout(
            total=settings.transfer_timeout,
            sock_connect=connect,
            sock_read=settings.request_timeout,
        )
        self._upload_timeout = aiohttp.ClientTimeout(
            total=settings.transfer_timeout, sock_connect=connect
        )

    async def fetch(self, call: Call, decoder: Decoder[T]) -> T:
        return self.decode(call, await self.send(call), decoder)

    def decode(self, call: Call, answer: Answer, decoder: Decoder[T]) -> T:
        """UNAVAILABLE, for writes UNKNOWN_OUTCOME, when the answer is something else."""
        try:
            return decoder.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._trouble.unreadable(call) from error

    async def send(self, call: Call) -> Answer:
        timeout = self._upload_timeout if call.transfer else self._timeout

        async def once(ready: Call) -> Answer:
            async with self._calls:
                return await self._once(ready, call.body, timeout)

        async with self._lanes.enter(call.lane):
            return await self._persist(call, once)

    async def upload(
        self, call: Call, size: int, open_content: OpenContent, wrap: Wrap | None = None
    ) -> Answer:
        """Streams exactly `size` bytes, opened anew for each try. `wrap` makes the body of them,
        such as a multipart form. A failure of the content itself is raised as it is."""
        source = Source(size, open_content)
        headers = {**call.headers} if wrap else {**call.headers, "Content-Length": str(size)}
        sized = msgspec.structs.replace(call, headers=headers, transfer=True)

        async def once(ready: Call) -> Answer:
            content = await source.open()
            body = wrap(content) if wrap else content
            async with self._uploads:
                return await self._once(ready, body, self._upload_timeout)

        try:
            async with self._lanes.enter(call.lane):
                return await self._persist(sized, once)
        except TrackerError:
            if source.failure is not None:
                # Our side broke off, so the tracker never saw the end of the request.
                raise source.failure from None
            raise

    @asynccontextmanager
    async def download(self, call: Call) -> AsyncIterator[ByteStream]:
        async def once(ready: Call) -> aiohttp.ClientResponse:
            async with self._calls:
                return await self._good(ready, None, self._download_timeout)

        async with await self._persist(call, once) as response:
            yield self._blocks(response, call)

    async def _persist(self, call: Call, once: Callable[[Call], Awaitable[R]]) -> R:
        patience = Patience(self._settings.patience)
        tried = refused = 0
        while True:
            await self._gate.enter(call, patience)
            # Before a place is taken, for it may make calls of its own.
            ready = await self._authorized(call)
            try:
                return await once(ready)
            except TrackerError as error:
                refused += 1
                if await self._may_pass(call, error, refused):
                    continue
                tried += 1
                wait = backoff(tried, self._random())
                if not self._passing(call, error, tried) or not patience.spend(wait):
                    raise
                log.info("tracker.call_repeated", connector=self._settings.connector, wait=wait)
            await self._pause(wait)

    async def _authorized(self, call: Call) -> Call:
        if call.anonymous:
            return call
        headers = {**await self._dialect.authorize(call), **call.headers}
        return msgspec.structs.replace(call, headers=headers)

    async def _may_pass(self, call: Call, error: TrackerError, refused: int) -> bool:
        """True when a call that was turned away, and so not carried out, may come again."""
        if error.fault is Fault.THROTTLED:
            return refused <= _MOST_REFUSALS
        unknown_to_it = error.fault is Fault.CREDENTIALS and error.status == 401
        return unknown_to_it and refused == 1 and not call.anonymous and await self._dialect.renew()

    def _passing(self, call: Call, error: TrackerError, tried: int) -> bool:
        if call.write and not call.repeatable:
            return False
        return (
            tried < self._settings.tries
            and error.status in _PASSING
            and error.fault in (Fault.UNAVAILABLE, Fault.UNKNOWN_OUTCOME)
        )

    async def _once(self, call: Call, body: Body, timeout: aiohttp.ClientTimeout) -> Answer:
        async with await self._good(call, body, timeout) as response:
            content = await self._read(response, call)
            return Answer(response.status, response.headers, content, str(response.url))

    async def _good(
        self, call: Call, body: Body, timeout: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """An answer that the tracker means as good, its body still to be read."""
        url = self._addresses.of(call)
        for _ in range(self._addresses.MOST_REDIRECTS):
            response = await self._open(call, url, body, timeout)
            good = False
            try:
                limit = self._dialect.limits(response.status, response.headers, self._now())
                self._gate.note(call, limit)
                good = self._is_good(call, response)
                if good:
                    return response
                onward = self._onward(call, url, response)
                if onward is None:
                    error = self._refused(call, response, await self._read(response, call))
                    if error.fault is Fault.THROTTLED:
                        self._gate.hold(call, error.retry_after, limit.scope)
                    raise error
                url = onward
            finally:
                if not good:
                    response.release()
        raise self._addresses.circle(call)

    def _onward(self, call: Call, url: URL, response: aiohttp.ClientResponse) -> URL | None:
        status, headers = response.status, response.headers
        if not self._dialect.follows(status, headers):
            return None
        return self._addresses.redirect(call, url, status, headers)

    def _is_good(self, call: Call, response: aiohttp.ClientResponse) -> bool:
        unchanged = response.status == 304 and "If-None-Match" in call.headers
        shown = call.redirects == "shown" and response.status in MOVED
        return unchanged or shown or self._dialect.accepts(response.status, response.headers)

    async def _open(
        self, call: Call, url: URL, body: Body, timeout: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        # What leads elsewhere carries its own permission in its address.
        headers = dict(call.headers) if self._addresses.is_own(url) else {}
        if body is not None and not isinstance(body, aiohttp.Payload):
            headers["Content-Type"] = call.content_type
        only_once = call.write and not call.repeatable and call.method in _REPEATED_BELOW
        started = self._now()
        try:
            response = await self._session.request(
                call.method,
                url,
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                middlewares=_ONCE if only_once else (),
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._trouble.broken(call, error) from error
        self._note(call, url, response, self._now() - started)
        return response

    async def _read(self, response: aiohttp.ClientResponse, call: Call) -> bytes:
        largest = call.largest or self._settings.largest_answer
        try:
            return await read_capped(response, largest)
        except TooLarge:
            response.close()
            raise self._trouble.too_large(call, response.status, largest) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._trouble.broken(call, error) from error

    async def _blocks(self, response: aiohttp.ClientResponse, call: Call) -> ByteStream:
        try:
            async for block in response.content.iter_chunked(BLOCK):
                yield block
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._trouble.broken(call, error) from error

    def _refused(self, call: Call, response: aiohttp.ClientResponse, body: bytes) -> TrackerError:
        refusal = Refusal(
            response.status, response.headers, body, call.what, call.write, self._now()
        )
        return self._trouble.without_secrets(
            self._dialect.translate(refusal), self._dialect.secrets()
        )

    def _note(self, call: Call, url: URL, response: aiohttp.ClientResponse, millis: int) -> None:
        if not log.is_enabled_for(logging.DEBUG):
            return
        # The path alone: a query may hold a key.
        log.debug(
            "tracker.called",
            connector=self._settings.connector,
            method=call.method,
            path=url.path,
            status=response.status,
            millis=millis,
            request=next(
                (found for name in _REQUEST_IDS if (found := response.headers.get(name))), ""
            ),
        )

"""Calls to one Azure DevOps organisation or collection, in the version of the API that it knows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import aiohttp
import msgspec

from adapters.azure_devops.errors import TITLE
from adapters.azure_devops.login import AzureDevOpsDialect
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.versions import Resource, Versions
from adapters.http import Answer, Call, Pause, TrackerHttp, segment
from adapters.port import ByteStream
from schemas.errors import TrackerError
from schemas.values import Millis

__all__ = ["BINARY", "JSON_PATCH", "AzureDevOpsClient", "Call", "segment"]

T = TypeVar("T")
R = TypeVar("R")
OpenContent = Callable[[], Awaitable[ByteStream]]

JSON_PATCH = "application/json-patch+json"
BINARY = "application/octet-stream"


class AzureDevOpsClient:
    """`what` of each call completes the sentence "Azure DevOps refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: AzureDevOpsParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._versions = Versions(params.api_version, params.comments_api_version)
        dialect = AzureDevOpsDialect(params)
        settings = msgspec.structs.replace(
            params.http_settings(connector, TITLE), patience=params.patience
        )
        self._http = TrackerHttp(settings, dialect, session, now, pause)
        people = params.identity_base()
        self._people = self._http
        if people != params.url:
            elsewhere = msgspec.structs.replace(settings, base=people)
            self._people = TrackerHttp(elsewhere, dialect, session, now, pause)

    async def fetch(
        self, call: Call, decoder: msgspec.json.Decoder[T], resource: Resource = ""
    ) -> T:
        answer = await self.send(call, resource)
        return self._http.decode(call, answer, decoder)

    async def send(self, call: Call, resource: Resource = "") -> Answer:
        return await self._spoken(call, resource, self._http.send)

    async def find_people(self, call: Call, decoder: msgspec.json.Decoder[T]) -> T:
        """From where identities are kept, which need not be where everything else is."""
        answer = await self._spoken(call, "", self._people.send)
        return self._people.decode(call, answer, decoder)

    async def upload(
        self, call: Call, size: int, open_content: OpenContent, decoder: msgspec.json.Decoder[T]
    ) -> T:
        async def put(ready: Call) -> Answer:
            return await self._http.upload(ready, size, open_content)

        return self._http.decode(call, await self._spoken(call, "", put), decoder)

    @asynccontextmanager
    async def download(self, call: Call) -> AsyncIterator[ByteStream]:
        async def opened(ready: Call) -> ByteStream:
            return await stack.enter_async_context(self._http.download(ready))

        async with AsyncExitStack() as stack:
            yield await self._spoken(call, "", opened)

    async def _spoken(
        self, call: Call, resource: Resource, act: Callable[[Call], Awaitable[R]]
    ) -> R:
        """A version that the server does not know is refused before anything is done."""
        while True:
            try:
                return await act(self._versioned(call, resource))
            except TrackerError as error:
                if not self._versions.lower(error):
                    raise

    def _versioned(self, call: Call, resource: Resource) -> Call:
        query = {**call.query, "api-version": self._versions.of(resource)}
        return msgspec.structs.replace(call, query=query)

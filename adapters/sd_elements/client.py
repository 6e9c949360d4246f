"""HTTP to one SD Elements: how it is addressed, logged in to and paged through."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol, TypeVar

import aiohttp
import msgspec

from adapters.http import Answer, Call, Dialect, Method, Pause, Refusal, TrackerHttp
from adapters.sd_elements import errors
from adapters.sd_elements.params import SdElementsParams
from schemas.errors import TrackerError
from schemas.values import Millis

T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)

_encode = msgspec.json.Encoder().encode


class _Dialect(Dialect):
    def __init__(self, token: str) -> None:
        self._token = token
        self._headers = {"Accept": "application/json", "Authorization": f"Token {token}"}

    async def authorize(self, call: Call) -> Mapping[str, str]:
        return self._headers

    def translate(self, refusal: Refusal) -> TrackerError:
        return errors.translate(refusal)

    def secrets(self) -> tuple[str, ...]:
        return (self._token,)


class Page(Protocol[Item_co]):
    """A list's answer. `next` is missing on the last page, and with servers that do not page."""

    @property
    def results(self) -> tuple[Item_co, ...]: ...
    @property
    def next(self) -> str | None: ...


class SdElementsClient:
    """`what` in all methods completes the sentence "SD Elements refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: SdElementsParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause,
    ) -> None:
        settings = params.http_settings(connector, "SD Elements", params.url + "/api/v2")
        self._http = TrackerHttp(settings, _Dialect(params.token), session, now, pause)
        self._page_size = params.page_size

    async def get(
        self,
        path: str,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
        query: Mapping[str, str] | None = None,
    ) -> T:
        return await self._http.fetch(Call(what=what, path=path, query=query or {}), decoder)

    async def pages(
        self,
        path: str,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
        query: Mapping[str, str] | None = None,
        first: int = 1,
    ) -> AsyncIterator[T]:
        """Whoever reads `next` of the last page given decides whether there is another."""
        number = first
        while True:
            asked = {**(query or {}), "page_size": str(self._page_size), "page": str(number)}
            yield await self.get(path, decoder, what=what, query=asked)
            number += 1

    async def write(self, method: Method, path: str, body: object, *, what: str) -> Answer:
        encoded = None if body is None else _encode(body)
        call = Call(what=what, path=path, method=method, body=encoded, write=True)
        return await self._http.send(call)

    async def write_and_read(
        self,
        method: Method,
        path: str,
        body: object,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
        query: Mapping[str, str] | None = None,
    ) -> T:
        call = Call(
            what=what, path=path, method=method, body=_encode(body), write=True, query=query or {}
        )
        return await self._http.fetch(call, decoder)


async def all_of(pages: AsyncIterator[Page[Item_co]]) -> list[Item_co]:
    found: list[Item_co] = []
    async for page in pages:
        found.extend(page.results)
        if not page.next:
            break
    return found

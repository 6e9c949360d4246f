"""Requests to one Rally: queries, reads and writes, with the errors that hide inside a 200."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import aiohttp
import msgspec

from adapters.http import Call, Method, Pause, TrackerHttp
from adapters.http.streams import OpenContent
from adapters.rally import errors, wire
from adapters.rally.login import Login
from adapters.rally.params import RallyParams
from adapters.rally.wire import Item, Result
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

T = TypeVar("T")

API = "/slm/webservice/v2.0"
HOOKS = "/apps/pigeon/api/v2/webhook"

_IGNORED = re.compile(r"Ignored JSON element (?:\w+\.)?([\w.]+) during")
_TRIES = 3
"""Of a write that others' writes cannot harm, when one of them came in between."""


class RallyClient:
    """`what` in all methods completes the sentence "Rally refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: RallyParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.base = params.url
        self._page_size = params.page_size
        self.login = Login(params)
        settings = msgspec.structs.replace(
            params.http_settings(connector, errors.TITLE),
            # Uploads are counted by themselves, and Rally counts all of an account's calls.
            concurrency=max(1, params.concurrency // 2),
        )
        self.http = TrackerHttp(settings, self.login, session, now, pause)
        self.login.http = self.http

    async def find(self, path: str, query: Mapping[str, str], *, what: str) -> Result:
        """One page of a query or of a collection."""
        call = Call(what=what, path=API + path, query=query)
        return self._checked(call, (await self.http.fetch(call, wire.envelope)).result)

    async def find_all(self, path: str, query: Mapping[str, str], *, what: str) -> list[Item]:
        """Every page; the order should be one that does not change meanwhile. Where something came
        or went between two pages, all is asked anew: a list is complete or an error."""
        for _ in range(_TRIES):
            found = await self._all_pages(path, query, what)
            if found is not None:
                return found
        raise errors.refused(
            Fault.UNAVAILABLE, f"Rally's answer to the call to {what} changed from page to page."
        )

    async def _all_pages(self, path: str, query: Mapping[str, str], what: str) -> list[Item] | None:
        found: list[Item] = []
        total: int | None = None
        while True:
            asked = {**query, "start": str(len(found) + 1), "pagesize": str(self._page_size)}
            page = await self.find(path, asked, what=what)
            if total not in (None, page.total_result_count):
                return None
            total = page.total_result_count
            # Rally may give less than was asked for, whatever its limit is.
            found += page.results
            if not page.results or len(found) >= total:
                return found if len(found) == total else None

    async def one(self, path: str, fetch: str, *, what: str) -> Item:
        """An object by its reference: it comes without the envelope, its errors within one."""
        call = Call(what=what, path=API + path, query={"fetch": fetch})
        found = await self.http.fetch(call, wire.single)
        for name, item in found.items():
            messages = item.get("Errors") or ()
            if messages:
                raise errors.told(tuple(map(str, messages)), what, write=False)
            if not name.endswith("Result"):
                return item
        raise self._strange(call)

    async def create(
        self, element: str, body: Item, query: Mapping[str, str], *, what: str, lane: str = ""
    ) -> Item:
        path = f"/{element.lower()}/create"
        return await self._object("POST", path, {element: body}, query, what, lane)

    async def change(
        self, ref: str, element: str, body: Item, query: Mapping[str, str], *, what: str, lane: str
    ) -> Item:
        return await self._object("POST", ref, {element: body}, query, what, lane)

    async def attach(
        self, element: str, body: Item, query: Mapping[str, str], *, what: str, lane: str
    ) -> Item:
        """Something new that belongs to an issue. Rally refuses it when somebody writes to what it
        belongs to at the same moment, and then it was not made."""

        async def once() -> Item:
            return await self.create(element, body, query, what=what, lane=lane)

        return await self._commuting(once)

    async def collect(
        self, ref: str, collection: str, way: str, refs: list[str], *, what: str, lane: str
    ) -> None:
        """`way` is "add" or "remove". Doing either twice is the same as once."""
        body = {"CollectionItems": [{"_ref": one} for one in refs]}
        path = f"{ref}/{collection}/{way}"

        async def once() -> Result:
            return await self._write("POST", path, body, {}, what, lane)

        await self._commuting(once)

    async def _commuting(self, once: Callable[[], Awaitable[T]]) -> T:
        for _ in range(_TRIES - 1):
            try:
                return await once()
            except TrackerError as error:
                if error.fault is not Fault.CONFLICT:
                    raise
        return await once()

    async def remove(self, ref: str, *, what: str, lane: str = "") -> None:
        await self._write("DELETE", ref, None, {}, what, lane)

    async def upload(
        self,
        call: Call,
        size: int,
        open_content: OpenContent,
        wrap: Callable[..., aiohttp.Payload],
    ) -> Result:
        keyed = await self.login.keyed(call)
        answer = await self.http.upload(keyed, size, open_content, wrap)
        return self._checked(call, self.http.decode(call, answer, wire.envelope).result)

    async def _object(
        self,
        method: Method,
        path: str,
        body: Item,
        query: Mapping[str, str],
        what: str,
        lane: str,
    ) -> Item:
        result = await self._write(method, path, body, query, what, lane)
        if result.object is None:
            raise errors.refused(
                Fault.UNKNOWN_OUTCOME, f"Rally's answer to the call to {what} shows no object."
            )
        left = ignored(result.warnings)
        return {**result.object, _LEFT: left} if left else result.object

    async def _write(
        self,
        method: Method,
        path: str,
        body: Item | None,
        query: Mapping[str, str],
        what: str,
        lane: str,
    ) -> Result:
        encoded = None if body is None else wire.encode(body)
        call = Call(
            what=what,
            path=API + path,
            method=method,
            query=query,
            body=encoded,
            write=True,
            lane=lane,
        )
        try:
            return await self._send(call)
        except TrackerError as error:
            if not is_invalid_key(error):
                raise
        # The session's key is old, or two writes met: Rally words both like this.
        self.login.forget()
        return await self._send(call)

    async def _send(self, call: Call) -> Result:
        keyed = await self.login.keyed(call)
        return self._checked(call, (await self.http.fetch(keyed, wire.envelope)).result)

    def _checked(self, call: Call, result: Result | None) -> Result:
        if result is None:
            raise self._strange(call)
        if result.errors:
            raise errors.told(result.errors, call.what, write=call.write)
        return result

    def _strange(self, call: Call) -> TrackerError:
        fault = Fault.UNKNOWN_OUTCOME if call.write else Fault.UNAVAILABLE
        return errors.refused(
            fault, f"The answer of Rally to the call to {call.what} cannot be understood."
        )


_LEFT = " left"
"""Not a name that an attribute can have."""


def ignored(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """Attributes that Rally has left out: it only warns, and writes the rest."""
    return tuple(
        found[1].rpartition(".")[2] for text in warnings if (found := _IGNORED.search(text))
    )


def left_out(item: Item) -> tuple[str, ...]:
    """Of an object that was just written."""
    return tuple(item.get(_LEFT, ()))


def is_invalid_key(error: TrackerError) -> bool:
    return error.fault is Fault.CREDENTIALS and errors.INVALID_KEY in error.message.casefold()

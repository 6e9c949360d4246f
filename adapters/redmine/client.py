"""Requests to one Redmine, and the login behind them."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from adapters.http import (
    Call,
    Dialect,
    Method,
    Pause,
    Refusal,
    TrackerHttp,
    segment,
)
from adapters.redmine import errors, wire
from adapters.redmine.params import RedmineParams
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

__all__ = ["Pairs", "RedmineClient", "segment"]

T = TypeVar("T")
Pairs = tuple[tuple[str, str], ...]
"""A query that names a key several times."""

_encode = msgspec.json.Encoder().encode
_WHO = "read the own account"


class RedmineClient:
    """`what` in all methods completes the sentence "Redmine refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: RedmineParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.base = params.url
        self.login = Login(params, now)
        settings = params.http_settings(connector, errors.TITLE)
        self.http = TrackerHttp(settings, self.login, session, now, pause)
        self.login.http = self.http

    async def get(
        self,
        path: str,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
        query: Mapping[str, str] | Pairs = (),
    ) -> T:
        return await self.http.fetch(Call(what=what, path=_with(path, query)), decoder)

    async def write(self, method: Method, path: str, body: Any = None, *, what: str) -> bytes:
        encoded = None if body is None else _encode(body)
        call = Call(what=what, path=path, method=method, body=encoded, write=True)
        return (await self.http.send(call)).body

    async def make(self, path: str, body: Any, decoder: msgspec.json.Decoder[T], *, what: str) -> T:
        """A POST whose answer shows what was made."""
        call = Call(what=what, path=path, method="POST", body=_encode(body), write=True)
        return await self.http.fetch(call, decoder)


class Login(Dialect):
    """Redmine answers a key that it does not know like one of nobody's: with 200 and whatever the
    public may see. So it is asked from time to time who we are."""

    def __init__(self, params: RedmineParams, now: Callable[[], Millis]) -> None:
        self.http: TrackerHttp | None = None
        self._params = params
        self._now = now
        self._period = int(params.login_check * 1000)
        self._until = -1
        self._user: wire.User | None = None
        self._lock = asyncio.Lock()

    async def authorize(self, call: Call) -> Mapping[str, str]:
        await self.user()
        return self._headers()

    async def user(self) -> wire.User:
        """Ourselves, as known lately. CREDENTIALS when Redmine knows nobody by this key."""
        async with self._lock:
            if self._user is None or self._now() >= self._until:
                self._user = await self._ask()
                self._until = self._now() + self._period
            return self._user

    async def confirm(self) -> wire.User:
        """Asks at once: before an absence is believed."""
        self._until = -1
        return await self.user()

    def translate(self, refusal: Refusal) -> TrackerError:
        error = errors.translate(refusal)
        if error.fault is Fault.CREDENTIALS:
            self._until = -1
        return error

    def secrets(self) -> tuple[str, ...]:
        return (self._params.token, self._params.password)

    async def _ask(self) -> wire.User:
        if self.http is None:
            raise errors.refused(Fault.CONFIGURATION, "The Redmine connector is not open.")
        call = Call(
            what=_WHO,
            path="/users/current.json?include=memberships",
            anonymous=True,
            headers=self._headers(),
        )
        return (await self.http.fetch(call, wire.one_user)).user

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self._params.token:
            return {**headers, "X-Redmine-API-Key": self._params.token}
        pair = f"{self._params.user}:{self._params.password}".encode()
        return {**headers, "Authorization": "Basic " + b64encode(pair).decode("ascii")}


def _with(path: str, query: Mapping[str, str] | Pairs) -> str:
    if not query:
        return path
    pairs = query.items() if isinstance(query, Mapping) else query
    return f"{path}?{urlencode(list(pairs), quote_via=quote)}"

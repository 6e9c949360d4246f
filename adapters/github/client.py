"""Calls to one GitHub: the HTTP toolkit with GitHub's login, limits and pages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

import aiohttp
import msgspec

from adapters.github import wire
from adapters.github.answers import InstallationToken
from adapters.github.app import AppKey
from adapters.github.login import AppLogin, GitHubDialect, TokenLogin, with_token
from adapters.github.pages import next_page
from adapters.github.params import GitHubParams
from adapters.http import Answer, Call, Method, Pause, TrackerHttp
from schemas.values import Millis

T = TypeVar("T")

_MOST_PAGES = 10_000


class GitHubClient:
    """`what` in all methods completes the sentence "GitHub refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: GitHubParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.api = params.api
        self.site = params.url
        self.page_size = params.page_size
        self._installation_id = params.installation_id
        self.app = self._app(params, now)
        settings = msgspec.structs.replace(
            params.http_settings(connector, "GitHub", params.api),
            write_rate=params.write_rate,
            write_burst=15,
        )
        login = self.app or TokenLogin(params.token)
        self._http = TrackerHttp(settings, GitHubDialect(login), session, now, pause)

    def _app(self, params: GitHubParams, now: Callable[[], Millis]) -> AppLogin | None:
        if params.token:
            return None
        key = AppKey(params.app_id, params.app_private_key, now)
        return AppLogin(key, self._installation_token, now)

    async def answer(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        what: str,
        etag: str = "",
    ) -> Answer:
        """304 when the answer is still the one of `etag`: such a call is not counted by GitHub."""
        headers = {"If-None-Match": etag} if etag else {}
        return await self._http.send(Call(what=what, path=path, query=query or {}, headers=headers))

    async def bare(self, path: str, *, what: str) -> Answer:
        """Without a login."""
        return await self._http.send(Call(what=what, path=path, anonymous=True))

    def decode(self, answer: Answer, decoder: msgspec.json.Decoder[T], *, what: str) -> T:
        return self._http.decode(Call(what=what, path=""), answer, decoder)

    async def get(
        self,
        path: str,
        decoder: msgspec.json.Decoder[T],
        query: Mapping[str, str] | None = None,
        *,
        what: str,
    ) -> T:
        return await self._http.fetch(Call(what=what, path=path, query=query or {}), decoder)

    async def write(
        self,
        method: Method,
        path: str,
        body: object,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
        repeatable: bool = False,
    ) -> T:
        call = self._writing(method, path, body, what, repeatable)
        return await self._http.fetch(call, decoder)

    async def send(self, method: Method, path: str, body: object = None, *, what: str) -> None:
        """A write whose answer tells nothing."""
        await self._http.send(self._writing(method, path, body, what, False))

    async def pages(
        self,
        path: str,
        decoder: msgspec.json.Decoder[tuple[T, ...]],
        query: Mapping[str, str] | None = None,
        *,
        what: str,
        as_app: bool = False,
    ) -> AsyncIterator[tuple[T, ...]]:
        """Every page, by the links that GitHub gives."""
        wanted = {"per_page": str(self.page_size), **(query or {})}
        call = self._as_app(Call(what=what, path=path, query=wanted), as_app)
        for _ in range(_MOST_PAGES):
            answer = await self._http.send(call)
            yield self._http.decode(call, answer, decoder)
            onward = next_page(answer.headers.get("Link", ""))
            if not onward:
                return
            call = msgspec.structs.replace(call, path=onward, query={})

    async def ask_again(self, path: str, *, as_app: bool, what: str) -> None:
        """A second webhook does no harm, so this may be repeated."""
        call = Call(what=what, path=path, method="POST", write=True, repeatable=True)
        await self._http.send(self._as_app(call, as_app))

    def _as_app(self, call: Call, wanted: bool) -> Call:
        """As the App itself and not as its installation."""
        if not wanted or self.app is None:
            return call
        headers = with_token(self.app.assertion())
        return msgspec.structs.replace(call, headers=headers, anonymous=True)

    async def _installation_token(self, assertion: str) -> InstallationToken:
        call = Call(
            what="log the App in",
            path=f"/app/installations/{self._installation_id}/access_tokens",
            method="POST",
            headers=with_token(assertion),
            anonymous=True,
        )
        return await self._http.fetch(call, wire.token)

    def _writing(
        self, method: Method, path: str, body: object, what: str, repeatable: bool
    ) -> Call:
        return Call(
            what=what,
            path=path,
            method=method,
            body=None if body is None else wire.encode(body),
            write=True,
            repeatable=repeatable,
        )

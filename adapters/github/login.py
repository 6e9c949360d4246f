"""How the client shows who it is, and what GitHub says about its limits."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from adapters.github import errors
from adapters.github.answers import InstallationToken
from adapters.github.app import AppKey
from adapters.github.moments import millis
from adapters.http import Call, Dialect, Limit, Refusal, retry_after
from schemas.errors import TrackerError
from schemas.values import Millis

_EARLY = 5 * 60 * 1000
"""A token is renewed this long before it ends, so that none ends within a call."""
_HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "Tidegate",
}


class Login(Protocol):
    async def token(self) -> str: ...

    async def renew(self) -> bool: ...

    def secrets(self) -> tuple[str, ...]: ...


class TokenLogin:
    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        return self._token

    async def renew(self) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return (self._token,)


class AppLogin:
    """`fetch` exchanges an assertion for a token."""

    def __init__(
        self,
        key: AppKey,
        fetch: Callable[[str], Awaitable[InstallationToken]],
        now: Callable[[], Millis],
    ) -> None:
        self._key = key
        self._fetch = fetch
        self._now = now
        self._held = InstallationToken("", "")
        self._until = 0
        self._one_at_a_time = asyncio.Lock()

    async def token(self) -> str:
        return (await self.installation()).token

    async def installation(self) -> InstallationToken:
        async with self._one_at_a_time:
            if self._now() >= self._until:
                self._held = await self._fetch(self._key.assertion())
                self._until = millis(self._held.expires_at) - _EARLY
            return self._held

    async def renew(self) -> bool:
        """The token may have been revoked before its time."""
        self._until = 0
        return True

    def assertion(self) -> str:
        return self._key.assertion()

    def secrets(self) -> tuple[str, ...]:
        return (self._held.token,)


class GitHubDialect(Dialect):
    def __init__(self, login: Login) -> None:
        self._login = login

    async def authorize(self, call: Call) -> Mapping[str, str]:
        return with_token(await self._login.token())

    async def renew(self) -> bool:
        return await self._login.renew()

    def limits(self, status: int, headers: Mapping[str, str], now: int) -> Limit:
        told = retry_after(headers, now)
        if told is not None:
            return Limit(told)
        spent = headers.get("X-RateLimit-Remaining") == "0"
        # Searches have a limit of their own, which holds nothing else back.
        core = headers.get("X-RateLimit-Resource", "core") == "core"
        return Limit(errors.until_reset(headers, now)) if spent and core else Limit()

    def translate(self, refusal: Refusal) -> TrackerError:
        return errors.translate(refusal)

    def secrets(self) -> tuple[str, ...]:
        return self._login.secrets()


def with_token(token: str) -> dict[str, str]:
    return {**_HEADERS, "Authorization": "Bearer " + token}

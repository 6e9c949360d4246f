"""Signing in to ALM by either way, and keeping the one session that a connector has."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextvars import ContextVar

import msgspec
import structlog
from multidict import MultiMapping

from adapters.alm import errors
from adapters.alm.params import AlmParams
from adapters.http import Call, Dialect, Limit, Method, Refusal, TrackerHttp
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

log = structlog.get_logger()

SIGN_IN = "sign in"
_SESSION = "/rest/site-session"
_TOKEN = "XSRF-TOKEN"  # noqa: S105 - the name of a cookie
_PARAMETERS = b"<session-parameters><client-type>Tidegate</client-type></session-parameters>"
_USED: ContextVar[tuple[int, int]] = ContextVar("used")
"""Whose session a call was sent with, and which one."""

_encode = msgspec.json.Encoder().encode


class Session(Dialect):
    """ALM gives a new session cookie now and then, and opens another session for whoever does not
    send the newest one. So cookies are taken from every answer."""

    def __init__(self, params: AlmParams, now: Callable[[], Millis]) -> None:
        self.http: TrackerHttp | None = None
        self._params = params
        self._now = now
        self._keep_alive = int(params.keep_alive * 1000)
        self._cookies: dict[str, str] = {}
        self._open = False
        self._opened = 0
        """How many sessions there were so far."""
        self._heard_at = 0
        self._lock = asyncio.Lock()

    async def authorize(self, call: Call) -> Mapping[str, str]:
        async with self._lock:
            if self._open and self._now() - self._heard_at >= self._keep_alive:
                self._open = await self._lives()
            if not self._open:
                await self._sign_in()
        _USED.set((id(self), self._opened))
        return self._headers(call.method)

    async def renew(self) -> bool:
        """The first of several calls that were turned away signs in; the others follow it."""
        async with self._lock:
            if not self._open or _USED.get(None) == (id(self), self._opened):
                self._open = False
                await self._sign_in()
        return True

    async def sign_in_anew(self) -> None:
        async with self._lock:
            await self._leave()
            await self._sign_in()

    async def close(self) -> None:
        async with self._lock:
            await self._leave()

    def limits(self, status: int, headers: Mapping[str, str], now: int) -> Limit:
        if status < 400:
            self._heard_at = now
            self._take_cookies(headers)
        return super().limits(status, headers, now)

    def translate(self, refusal: Refusal) -> TrackerError:
        return errors.translate(refusal)

    def secrets(self) -> tuple[str, ...]:
        return (self._params.secret, self._params.password, *self._cookies.values())

    async def _lives(self) -> bool:
        """`is-authenticated` says yes for dead sessions too; asking for the session itself also
        keeps it alive."""
        try:
            await self._ask("GET", _SESSION, "keep the session")
        except TrackerError as error:
            if error.fault is not Fault.CREDENTIALS and error.fault is not Fault.NOT_FOUND:
                raise
            return False
        return True

    async def _sign_in(self) -> None:
        self._cookies.clear()
        if self._params.client_id:
            key = {"clientId": self._params.client_id, "secret": self._params.secret}
            await self._ask("POST", "/rest/oauth2/login", SIGN_IN, body=_encode(key))
        else:
            pair = f"{self._params.user}:{self._params.password}".encode()
            basic = "Basic " + b64encode(pair).decode("ascii")
            path = "/authentication-point/authenticate"
            await self._ask("POST", path, SIGN_IN, authorization=basic)
        if not self._cookies:
            raise errors.refused(Fault.CREDENTIALS, "ALM signed nobody in: it gave no cookie.")
        if "QCSession" not in self._cookies:
            kind = "application/xml"
            await self._ask("POST", _SESSION, "open a session", body=_PARAMETERS, kind=kind)
        self._open = True
        self._opened += 1
        self._heard_at = self._now()

    async def _leave(self) -> None:
        """A session that is not ended counts until it has idled for an hour."""
        if not self._open:
            return
        self._open = False
        try:
            await self._ask("DELETE", _SESSION, "end the session")
            await self._ask("POST", "/authentication-point/logout", "sign out")
        except TrackerError as error:
            log.info("alm.session_left_open", error=error)
        self._cookies.clear()

    async def _ask(
        self,
        method: Method,
        path: str,
        what: str,
        *,
        body: bytes | None = None,
        kind: str = "application/json",
        authorization: str = "",
    ) -> None:
        if self.http is None:
            raise errors.refused(Fault.CONFIGURATION, "The ALM connector is not open.")
        headers = {**self._headers(method), "Accept": "application/json, application/xml"}
        if authorization:
            headers["Authorization"] = authorization
        call = Call(
            what=what,
            path=path,
            method=method,
            body=body,
            content_type=kind,
            headers=headers,
            anonymous=True,
        )
        await self.http.send(call)

    def _headers(self, method: Method) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self._cookies.items())
        token = self._cookies.get(_TOKEN, "")
        if token and method not in ("GET", "HEAD"):
            headers["X-XSRF-TOKEN"] = token
        return headers

    def _take_cookies(self, headers: Mapping[str, str]) -> None:
        if not isinstance(headers, MultiMapping):
            return
        for line in headers.getall("Set-Cookie", []):
            name, _, rest = line.partition("=")
            value, _, attributes = rest.partition(";")
            if not value.strip() or "max-age=0" in attributes.replace(" ", "").lower():
                self._cookies.pop(name.strip(), None)
            else:
                self._cookies[name.strip()] = value.strip()

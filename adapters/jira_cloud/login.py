"""How Jira Cloud is logged in to, how it limits, and how it refuses."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping

import msgspec

from adapters.http import Call, Dialect, Limit, Refusal, TrackerHttp, retry_after
from adapters.http.dialect import NO_LIMIT, Scope
from adapters.jira import errors, moments
from adapters.jira_cloud.params import CloudParams
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

_SCOPES: dict[str, Scope] = {
    "jira-burst-based": "group",
    "jira-per-issue-on-write": "lane",
}
"""Atlassian's reason for a limit, and whom it concerns; any other concerns all calls."""
_ANONYMOUS = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
_EARLY = 60_000
"""Milliseconds before its end at which a token is replaced."""
_REMEDIES = {
    Fault.CREDENTIALS: "Check the connector's credentials: 'email' and 'token', or 'client_id' and"
    " 'client_secret'. Tokens end after a year at the latest.",
    Fault.THROTTLED: "Nothing to do: the call is made when Jira takes it again.",
    Fault.UNAVAILABLE: "Nothing to do, or see status.atlassian.com.",
}
_TOO_LONG = "exceeds the allowed limit"
_SHORTEN = "Shorten it: Jira Cloud keeps 32,767 characters of a text."
_encode = msgspec.json.Encoder().encode


class Login(Dialect):
    """`tokens` for a service account, whose bearer tokens last an hour; else None."""

    def __init__(self, params: CloudParams, tokens: "Tokens | None") -> None:
        self._tokens = tokens
        self._secrets = (params.token, params.client_secret)
        self._headers = {"Accept": "application/json"}
        if params.email and params.token:
            pair = f"{params.email}:{params.token}".encode()
            self._headers["Authorization"] = "Basic " + b64encode(pair).decode("ascii")
        elif params.token:
            self._headers["Authorization"] = "Bearer " + params.token

    async def authorize(self, call: Call) -> Mapping[str, str]:
        if self._tokens is None:
            return self._headers
        return {**self._headers, "Authorization": "Bearer " + await self._tokens.current()}

    async def renew(self) -> bool:
        if self._tokens is None:
            return False
        self._tokens.forget()
        return True

    def accepts(self, status: int, headers: Mapping[str, str]) -> bool:
        """A token that Jira does not know may pass for an anonymous visitor."""
        return super().accepts(status, headers) and not _is_anonymous(headers)

    def limits(self, status: int, headers: Mapping[str, str], now: int) -> Limit:
        if status in (429, 503):
            scope = _SCOPES.get(headers.get("RateLimit-Reason", ""), "all")
            return Limit(_wait(headers, now) or 0.0, scope=scope)
        if headers.get("X-RateLimit-Remaining") == "0":
            return Limit(_wait(headers, now) or 0.0, scope="group")
        return NO_LIMIT

    def translate(self, refusal: Refusal) -> TrackerError:
        if _is_anonymous(refusal.headers):
            refusal = msgspec.structs.replace(refusal, status=401)
        error = errors.translate(
            refusal.status,
            refusal.headers,
            refusal.body,
            write=refusal.write,
            what=refusal.what,
            now=refusal.now,
        )
        wait, remedy = error.retry_after, _REMEDIES.get(error.fault, error.remedy)
        return TrackerError(
            error.fault,
            error.message,
            remedy=_SHORTEN if _TOO_LONG in error.message else remedy,
            status=error.status,
            field=error.field,
            retry_after=_wait(refusal.headers, refusal.now) if wait is None else wait,
        )

    def secrets(self) -> tuple[str, ...]:
        return self._secrets


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int = 3600


_granted = msgspec.json.Decoder(_Granted)


class Tokens:
    """Bearer tokens of a service account, asked for when the last one is about to end."""

    def __init__(self, http: TrackerHttp, params: CloudParams, now: Callable[[], Millis]) -> None:
        self._http = http
        self._now = now
        self._body = _encode(
            {
                "grant_type": "client_credentials",
                "client_id": params.client_id,
                "client_secret": params.client_secret,
                "audience": "api.atlassian.com",
            }
        )
        self._token = ""
        self._until: Millis = 0
        self._lock = asyncio.Lock()

    async def current(self) -> str:
        async with self._lock:
            if not self._token or self._now() >= self._until:
                call = Call(what="get a token", path="/oauth/token", method="POST", body=self._body)
                granted = await self._http.fetch(call, _granted)
                self._token = granted.access_token
                self._until = self._now() + granted.expires_in * 1000 - _EARLY
            return self._token

    def forget(self) -> None:
        self._token = ""


class AtTheDoor(Dialect):
    """Of the place that grants tokens: a refusal there is about the credentials."""

    def __init__(self, params: CloudParams) -> None:
        self._secret = params.client_secret

    def translate(self, refusal: Refusal) -> TrackerError:
        fault = Fault.THROTTLED if refusal.status == 429 else Fault.UNAVAILABLE
        if refusal.status in (400, 401, 403):
            fault = Fault.CREDENTIALS
        return TrackerError(
            fault,
            f"Atlassian refused to {refusal.what} ({refusal.status}).",
            remedy=_REMEDIES[fault],
            status=refusal.status,
            retry_after=retry_after(refusal.headers, refusal.now),
        )

    def secrets(self) -> tuple[str, ...]:
        return (self._secret,)


def _is_anonymous(headers: Mapping[str, str]) -> bool:
    reason = headers.get("X-Seraph-LoginReason", "")
    return any(word in reason for word in _ANONYMOUS)


def _wait(headers: Mapping[str, str], now: int) -> float | None:
    """Seconds, from `Retry-After` or the moment of the reset; None when neither tells."""
    told = retry_after(headers, now)
    if told is not None:
        return told
    reset = moments.parse_or_zero(headers.get("X-RateLimit-Reset", ""))
    return max(0.0, (reset - now) / 1000) if reset else None

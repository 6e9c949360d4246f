"""How the connector logs in: an API key in each call, or a session with a key of its own."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

import msgspec
from multidict import MultiMapping

from adapters.http import Answer, Call, Dialect, Refusal, TrackerHttp
from adapters.rally import errors, wire
from adapters.rally.params import RallyParams
from schemas.errors import Fault, TrackerError

_AUTHORIZE = "/slm/webservice/v2.0/security/authorize"
_INTEGRATION = {
    "X-RallyIntegrationName": "Tidegate",
    "X-RallyIntegrationVendor": "Tidegate",
}


class Login(Dialect):
    """With user and password each write shows a key that belongs to the session's cookies."""

    def __init__(self, params: RallyParams) -> None:
        self.http: TrackerHttp | None = None
        self._params = params
        self._key = ""
        self._cookies = ""
        self._lock = asyncio.Lock()

    async def authorize(self, call: Call) -> Mapping[str, str]:
        if self._params.token:
            token = self._params.token
            # The webhooks' API reads the cookie, the web services the header.
            return {**_INTEGRATION, "ZSESSIONID": token, "Cookie": f"ZSESSIONID={token}"}
        headers = {**_INTEGRATION, **self._basic()}
        return {**headers, "Cookie": self._cookies} if self._cookies else headers

    async def keyed(self, call: Call) -> Call:
        """The call with the session's key, which every write must show."""
        if self._params.token:
            return call
        key = await self._session_key()
        return msgspec.structs.replace(call, query={**call.query, "key": key})

    def forget(self) -> None:
        self._key = self._cookies = ""

    def translate(self, refusal: Refusal) -> TrackerError:
        return errors.translate(refusal)

    def secrets(self) -> tuple[str, ...]:
        return (self._params.token, self._params.password, self._key)

    async def _session_key(self) -> str:
        async with self._lock:
            if not self._key:
                await self._authorize()
            return self._key

    async def _authorize(self) -> None:
        if self.http is None:
            raise errors.refused(Fault.CONFIGURATION, "The Rally connector is not open.")
        call = Call(
            what="open a session",
            path=_AUTHORIZE,
            anonymous=True,
            headers={**_INTEGRATION, **self._basic()},
        )
        answer = await self.http.send(call)
        result = self.http.decode(call, answer, wire.envelope).result
        if result is None or result.errors or not result.security_token:
            raise errors.refused(Fault.CREDENTIALS, "Rally opens no session for the account.")
        self._key, self._cookies = result.security_token, _cookies(answer)

    def _basic(self) -> dict[str, str]:
        pair = f"{self._params.user}:{self._params.password}".encode()
        return {"Authorization": "Basic " + b64encode(pair).decode("ascii")}


def _cookies(answer: Answer) -> str:
    """As a Cookie header; the connector's HTTP session keeps none."""
    lines = (
        answer.headers.getall("Set-Cookie", []) if isinstance(answer.headers, MultiMapping) else []
    )
    pairs: dict[str, str] = {}
    for line in lines:
        try:
            pairs.update((name, one.value) for name, one in SimpleCookie(line).items())
        except CookieError:
            continue
    return "; ".join(f"{name}={value}" for name, value in pairs.items())

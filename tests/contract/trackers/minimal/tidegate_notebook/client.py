"""HTTP to one notebook: its login, and its refusals as typed errors. The toolkit does the rest:
time-outs, limits, repeats of reads, outcomes that stay unknown."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import aiohttp
import msgspec

from adapters.http import (
    Call,
    Dialect,
    HttpSettings,
    Method,
    Pause,
    Refusal,
    TrackerHttp,
    retry_after,
)
from schemas.errors import Fault, TrackerError
from schemas.values import Millis
from tidegate_notebook import wire
from tidegate_notebook.params import Params

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode
_FAULTS = {
    400: (Fault.VALIDATION, "Correct what the rule writes, then retry."),
    401: (Fault.CREDENTIALS, "Set a valid token on the connector."),
    404: (Fault.NOT_FOUND, "Check that the note exists."),
    409: (Fault.CONFLICT, "Nothing to do: it is read again."),
    429: (Fault.THROTTLED, "Nothing to do: the call is made later."),
}
_LATER = (Fault.UNAVAILABLE, "See the notebook's own log if this lasts.")
_UNKNOWN = (Fault.UNKNOWN_OUTCOME, "Nothing to do: it is looked at before it is repeated.")


class _Dialect(Dialect):
    def __init__(self, token: str) -> None:
        self._token = token

    async def authorize(self, call: Call) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def translate(self, refusal: Refusal) -> TrackerError:
        fault, remedy = _FAULTS.get(refusal.status, _UNKNOWN if refusal.write else _LATER)
        try:
            said = wire.refused.decode(refusal.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = wire.Refused()
        return TrackerError(
            fault,
            f"The notebook refused to {refusal.what} (status {refusal.status}): {said.message}",
            remedy=remedy,
            status=refusal.status,
            field=said.field,
            retry_after=retry_after(refusal.headers, refusal.now),
        )

    def secrets(self) -> tuple[str, ...]:
        return (self._token,)


class Client:
    """`what` completes the sentence "The notebook refused to ..."."""

    def __init__(
        self,
        connector: str,
        params: Params,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause,
    ) -> None:
        settings = HttpSettings(connector=connector, title="The notebook", base=params.url + "/api")
        self._http = TrackerHttp(settings, _Dialect(params.token), session, now, pause)

    async def get(
        self,
        path: str,
        decoder: msgspec.json.Decoder[T],
        *,
        what: str,
        query: Mapping[str, str] | None = None,
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
        headers: Mapping[str, str] | None = None,
    ) -> T:
        call = Call(
            what=what,
            path=path,
            method=method,
            body=_encode(body),
            headers=headers or {},
            write=True,
        )
        return await self._http.fetch(call, decoder)

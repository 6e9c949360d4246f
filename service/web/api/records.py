"""What is written down of a change: who asked for what and what came of it, and the answer to it,
for a caller who never got it."""

import hashlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec
import structlog
from aiohttp import web

from schemas.access import Answered, AuditEntry
from schemas.errors import InputError, StoreUnavailable, TidegateError
from schemas.redaction import MASK, masked
from service.web.statuses import status_of

log = structlog.get_logger()

_LONGEST_KEY = 255
_KEPT_BYTES = 16_384
_CODES = ("code", "relay")
"""Fields that hold invitations and relay passes."""
_encode = msgspec.json.Encoder(order="deterministic").encode


class Audit(Protocol):
    async def begin(self, entry: AuditEntry) -> int:
        """Its number. A change that cannot be written down is not made."""
        ...

    async def end(self, number: int, status: int, after: Any) -> None: ...


class Repeats(Protocol):
    async def begin(self, caller: str, key: str, digest: bytes) -> Answered | None:
        """None: it is new. Raises `InputError` 422 when the key was used for another request, 409
        while the first one is under way or its outcome is unknown."""
        ...

    async def keep(self, caller: str, key: str, answer: Answered) -> None: ...

    async def forget(self, caller: str, key: str) -> None: ...


class Records(msgspec.Struct, frozen=True):
    audit: Audit
    repeats: Repeats


RECORDS = web.AppKey("records", Records)


class Recorded:
    """Around a change: begins its entry in the audit log, and ends it whatever happens."""

    def __init__(self, audit: Audit, entry: AuditEntry) -> None:
        self._audit = audit
        self._entry = entry
        self.status = 0
        self.after: Any = None

    async def __aenter__(self) -> Self:
        self._number = await self._audit.begin(self._entry)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, TidegateError):
            self.status, self.after = status_of(error), {"refused": error.message}
        elif isinstance(error, Exception):
            self.status = 500
        if self.status:
            await self._end()

    async def _end(self) -> None:
        """The change is made: that its end cannot be written down is told in the log alone."""
        try:
            await self._audit.end(self._number, self.status, shown(self.after))
        except StoreUnavailable as error:
            log.error("audit.unfinished", number=self._number, status=self.status, error=error)


class Once:
    """Around a change that has a key: an answer is kept, a refusal is forgotten, and what ended in
    between stays unknown."""

    def __init__(self, repeats: Repeats, caller: str, key: str) -> None:
        self._repeats = repeats
        self._caller = caller
        self._key = key
        self.answer: Answered | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.answer is not None:
            await self._repeats.keep(self._caller, self._key, self.answer)
        elif isinstance(error, TidegateError) and status_of(error) < 500:
            await self._repeats.forget(self._caller, self._key)


def key_of(request: web.Request) -> str:
    """'' when the caller gives none."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if len(key) > _LONGEST_KEY:
        raise InputError(f"Idempotency-Key: at most {_LONGEST_KEY} characters.")
    return key


def digest_of(path: str, body: object) -> bytes:
    return hashlib.sha256(path.encode() + b"\n" + _encode(body)).digest()


def shown(value: Any) -> Any:
    """As the audit log keeps it: plain, masked, and not endless."""
    if value is None:
        return None
    plain = msgspec.to_builtins(value)
    encoded = _encode(plain)
    if len(encoded) > _KEPT_BYTES:
        return {"bytes": len(encoded), "sha256": hashlib.sha256(encoded).hexdigest()}
    if not isinstance(plain, Mapping):
        return plain
    return {name: MASK if name in _CODES and value else value
            for name, value in masked(plain).items()}  # fmt: skip

"""Tokens of the management API: made, listed, revoked, and recognised at the door."""

import base64
import hashlib
import hmac
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from schemas.access import Caller, TokenCreate, TokenCreated, TokenView
from schemas.api import Page, PageQuery
from schemas.errors import InputError
from schemas.values import Millis
from service.store import tokens
from service.store.store import Store
from service.store.tokens import TokenRow

PREFIX = "tgt_"
"""By it scanners for leaked secrets find one."""
_BYTES = 32
_DAY: Millis = 86_400_000
_TRUSTED_MS: Millis = 2_000
"""How long a token is believed without a look at the store, where another daemon may have revoked
it. One that this daemon revokes is refused at once."""
_WRITTEN_MS: Millis = 60_000
"""How often its last use is written down."""
_MOST = 10_000
"""Tokens that are remembered."""


class _Known(msgspec.Struct):
    row: TokenRow | None
    """None for what is no token."""
    read: Millis


class TokenDesk:
    """`admin_token` is the one of the configuration: an admin that never expires; '' for none."""

    def __init__(
        self,
        store: Store,
        *,
        admin_token: str,
        now: Callable[[], Millis],
        new_id: Callable[[], str],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._admin = digest_of(admin_token) if admin_token else b""
        self._now = now
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._known: dict[bytes, _Known] = {}

    async def caller(self, token: str) -> Caller | None:
        """A look-up by digest tells nothing by its time: what a guesser varies is hashed first."""
        if not token:
            return None
        digest, now = digest_of(token), self._now()
        if self._admin and hmac.compare_digest(digest, self._admin):
            return Caller("listen.admin_token", "admin")
        row = await self._row(digest, now)
        if row is None or not hmac.compare_digest(row.digest, digest) or not row.is_good(now):
            return None
        await self._note_use(row, digest, now)
        return Caller(
            f"token {row.name}",
            row.role,
            row.edit_alm,
            frozenset(row.connections) if row.connections else None,
        )

    async def _row(self, digest: bytes, now: Millis) -> TokenRow | None:
        known = self._known.get(digest)
        if known is not None and 0 <= now - known.read < _TRUSTED_MS:
            return known.row
        row = await self._store.read(lambda c: tokens.by_digest(c, digest))
        if row is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[digest] = _Known(row, now)
        return row

    async def _note_use(self, row: TokenRow, digest: bytes, now: Millis) -> None:
        if row.last_used is not None and now - row.last_used < _WRITTEN_MS:
            return
        self._known[digest] = _Known(msgspec.structs.replace(row, last_used=now), now)
        await self._store.write(lambda c: tokens.used(c, row.id, now))

    async def create(self, body: TokenCreate, by: str) -> TokenCreated:
        now = self._now()
        token = PREFIX + _text(self._random_bytes(_BYTES))
        row = TokenRow(
            id=self._new_id(),
            name=body.name,
            digest=digest_of(token),
            role=body.role,
            edit_alm=body.edit_alm,
            connections=tuple(sorted(set(body.connections))),
            created=now,
            created_by=by,
            expires=None if body.days is None else now + body.days * _DAY,
        )
        await self._store.write(lambda c: tokens.add(c, row, now))
        return TokenCreated(self._view(row), token)

    async def page(self, query: PageQuery) -> Page[TokenView]:
        def work(c: sa.Connection) -> Page[TokenView]:
            rows = tokens.page(c, offset=query.offset, limit=query.page_size)
            return Page(tokens.count(c), tuple(map(self._view, rows)))

        return await self._store.read(work)

    async def one(self, name: str) -> TokenView:
        row = await self._store.read(lambda c: tokens.named(c, name))
        if row is None:
            raise InputError(
                f"There is no token {name!r}.", status=404, remedy="See `tidegate token list`."
            )
        return self._view(row)

    async def revoke(self, name: str) -> None:
        """Revoking one that was revoked changes nothing."""
        now = self._now()
        await self._store.write(lambda c: tokens.revoke(c, name, now))
        self._known.clear()
        await self.one(name)

    def _view(self, row: TokenRow) -> TokenView:
        good = row.is_good(self._now())
        return TokenView(
            name=row.name,
            role=row.role,
            edit_alm=row.edit_alm or row.role == "admin",
            connections=row.connections,
            status="active" if good else "expired" if row.revoked is None else "revoked",
            created=row.created,
            created_by=row.created_by,
            expires=row.expires,
            last_used=row.last_used,
            revoked=row.revoked,
        )


def digest_of(token: str) -> bytes:
    """Of 256 random bits, so that no slow hash is needed."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _text(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()

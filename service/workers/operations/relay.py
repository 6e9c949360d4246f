"""This node as a relay: the passes by which other nodes may use it."""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from schemas.api import Page, PageQuery
from schemas.errors import InputError
from schemas.relay_api import RelayPassAdd, RelayPassAdded, RelayPassView
from schemas.values import Millis
from service.peers.identity import NodeIdentity
from service.peers.relay.passes import kept_secret, new_pass, pass_to_code
from service.store import relay_passes
from service.store.relay_passes import RelayPassRow
from service.store.store import Store

_DAY = 86_400_000


class RelayOperations:
    """`url` is the node's public URL where it serves as a relay; '' where it does not."""

    def __init__(
        self,
        store: Store,
        identity: NodeIdentity,
        url: str,
        *,
        now: Callable[[], Millis],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._identity = identity
        self._url = url
        self._now = now
        self._random_bytes = random_bytes

    async def passes(self, query: PageQuery) -> Page[RelayPassView]:
        def work(c: sa.Connection) -> Page[RelayPassView]:
            rows = relay_passes.page(c, offset=query.offset, limit=query.page_size)
            return Page(relay_passes.count(c), tuple(self._view(c, row) for row in rows))

        return await self._store.read(work)

    async def add_pass(self, body: RelayPassAdd) -> RelayPassAdded:
        if not self._url:
            raise InputError(
                "This node is not a relay.",
                status=409,
                remedy="Set relay.enabled = true in its configuration; it needs a public URL.",
            )
        now = self._now()
        made = new_pass(self._identity.id, self._url, self._random_bytes)
        row = RelayPassRow(
            id=made.id,
            name=body.name,
            secret=kept_secret(made.secret),
            quota=body.quota,
            created=now,
            expires=now + body.days * _DAY,
        )

        def work(c: sa.Connection) -> RelayPassView:
            relay_passes.add(c, row)
            return self._view(c, row)

        return RelayPassAdded(await self._store.write(work), pass_to_code(made))

    async def revoke_pass(self, name: str) -> None:
        def work(c: sa.Connection) -> bool:
            row = relay_passes.named(c, name)
            if row is not None:
                relay_passes.revoke(c, row.id, self._now())
            return row is not None

        if not await self._store.write(work):
            raise InputError(
                f"There is no relay pass {name!r}.",
                status=404,
                remedy="See `tidegate relay pass list`.",
            )

    def _view(self, c: sa.Connection, row: RelayPassRow) -> RelayPassView:
        used = relay_passes.usage(c, row.id)
        view = RelayPassView(
            name=row.name,
            status="active",
            quota=row.quota,
            used=used.size,
            channels=used.channels,
            created=row.created,
            expires=row.expires,
            revoked=row.revoked,
        )
        if row.revoked is not None:
            return msgspec.structs.replace(view, status="revoked")
        if row.expires <= self._now():
            return msgspec.structs.replace(view, status="expired")
        return view

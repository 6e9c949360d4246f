"""The scan: what changed, by ALM's own local times and in their order."""

from collections.abc import AsyncIterator, Callable

import msgspec

from adapters.alm import errors, moments, query
from adapters.alm.client import AlmClient
from adapters.alm.ids import EntityType, IssueId
from adapters.alm.moments import ServerClock
from adapters.alm.params import AlmParams
from adapters.alm.wire import Entities, Entity
from adapters.port import ChangesPage
from schemas.errors import Fault
from schemas.events import IssueChanged
from schemas.values import Millis

_LIST = "list the issues"
_FIELDS = "id,last-modified,ver-stamp"
_MODIFIED = "last-modified"
_MOST_AT_START = 2000
_SECOND = 1000
_SET_BACK = 10 * 60 * 1000
"""A smaller difference of offsets is the wandering of clocks, and no change of summer time."""


class Bound(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the scan of one type has come. Times are the server's local ones."""

    at: Millis = 0
    """The newest change handed out."""
    low: Millis | None = None
    """Where a round that is not at its end goes on."""
    skip: int = 0
    """Rows to pass over at `low`: more changed in that second than fit a page."""
    seen: dict[str, tuple[int, Millis]] = {}
    """Handed out within the overlap: number -> version and moment. The version tells changes of one
    second apart."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    offset: Millis = 0
    bounds: dict[str, Bound] = {}
    done: tuple[str, ...] = ()
    """Types whose round is at its end."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cursor).decode


class Scan:
    """A long transaction shows up late, so each round starts `overlap` before the newest change and
    passes over the versions that were told already. When the server's clock is set back in autumn,
    the bound goes back with it: for an hour its times are those of the hour before."""

    def __init__(
        self,
        connector: str,
        client: AlmClient,
        params: AlmParams,
        clock: ServerClock,
        now: Callable[[], Millis],
    ) -> None:
        self._connector = connector
        self._client = client
        self._params = params
        self._clock = clock
        self._now = now
        self._overlap = int(params.scan_overlap * 1000)

    async def changed_since(self, cursor: str | None) -> ChangesPage:
        offset = await self._clock.offset()
        if cursor is None:
            bounds: dict[str, Bound] = {
                kind: await self._start(kind) for kind in self._params.entities
            }
            return ChangesPage((), _text(Cursor(offset, bounds)), True)
        state = _read(cursor)
        kind = next(one for one in self._params.entities if one not in state.done)
        bound = self._set_back(state, kind, offset)
        changes, bound, more = await self._page(kind, bound, offset)
        done = state.done if more else (*state.done, kind)
        complete = set(done) >= set(self._params.entities)
        if complete:
            done = ()
        # What was set back for one type is still to be set back for the others.
        kept = offset if complete else state.offset
        following = Cursor(kept, {**state.bounds, kind: bound}, done)
        return ChangesPage(changes, _text(following), complete)

    async def all_issues(self) -> AsyncIterator[IssueChanged]:
        """By number, which never changes."""
        for kind in self._params.entities:
            last = "0"
            while True:
                condition = {"id": query.above(last)}
                page = await self._rows(kind, condition, query.order("id"), 0)
                for row in page.items:
                    yield self._event(kind, row)
                if not page.items or len(page.items) >= page.total:
                    break
                last = page.items[-1].id

    async def _start(self, kind: EntityType) -> Bound:
        """What changed just before is not told, but known: a change in the same second is one."""
        newest = await self._rows(kind, {}, query.latest(_MODIFIED), 0, size=1)
        at = max(map(_moment, newest.items), default=0)
        if not at:
            return Bound()
        condition = {_MODIFIED: query.at_least(moments.write(at - self._overlap))}
        order = query.order(_MODIFIED, "id")
        recent = await self._rows(kind, condition, order, 0, size=_MOST_AT_START)
        return Bound(at, seen={row.id: (row.version, _moment(row)) for row in recent.items})

    async def _page(
        self, kind: EntityType, bound: Bound, offset: Millis
    ) -> tuple[tuple[IssueChanged, ...], Bound, bool]:
        here = self._now() + offset
        low = min(bound.at, here) - self._overlap if bound.low is None else bound.low
        low = max(low // _SECOND * _SECOND, 0)
        condition = {_MODIFIED: query.at_least(moments.write(low))}
        page = await self._rows(kind, condition, query.order(_MODIFIED, "id"), bound.skip)
        changes = tuple(
            self._event(kind, row)
            for row in page.items
            if bound.seen.get(row.id, (-1, 0))[0] != row.version
        )
        at = min(max([bound.at, *map(_moment, page.items)]), max(here, 0))
        seen = {**bound.seen, **{row.id: (row.version, _moment(row)) for row in page.items}}
        floor = at - self._overlap - _SECOND
        seen = {number: told for number, told in seen.items() if told[1] >= floor}
        if not page.items or bound.skip + len(page.items) >= page.total:
            return changes, Bound(at, seen=seen), False
        last = _moment(page.items[-1])
        onward, skip = (last, 0) if last > low else (low, bound.skip + len(page.items))
        return changes, Bound(at, onward, skip, seen), True

    def _set_back(self, state: Cursor, kind: EntityType, offset: Millis) -> Bound:
        bound = state.bounds.get(kind, Bound())
        back = state.offset - offset
        if back < _SET_BACK or bound.low is not None or not bound.at:
            return bound
        return msgspec.structs.replace(bound, at=bound.at - back)

    async def _rows(
        self, kind: EntityType, condition: dict[str, str], order: str, skip: int, size: int = 0
    ) -> Entities:
        asked = {
            "fields": _FIELDS,
            "order-by": order,
            "page-size": str(size or self._params.page_size),
            "start-index": str(skip + 1),
        }
        if condition:
            asked["query"] = query.statement(condition)
        return await self._client.many(f"/{kind}s", asked, what=_LIST)

    def _event(self, kind: EntityType, row: Entity) -> IssueChanged:
        return IssueChanged(
            connector=self._connector,
            issue=str(IssueId(kind, row.id)),
            version=row.version or None,
            project=self._params.project,
            source="scan",
            at=self._now(),
        )


def _moment(row: Entity) -> Millis:
    return moments.read(row.text(_MODIFIED))


def _text(cursor: Cursor) -> str:
    return _encode(cursor).decode()


def _read(cursor: str) -> Cursor:
    try:
        return _decode(cursor)
    except msgspec.DecodeError as error:
        raise errors.refused(
            Fault.CONFIGURATION,
            "The kept position of the ALM scan cannot be read.",
            remedy="Start the scan anew, and run a full scan once.",
        ) from error

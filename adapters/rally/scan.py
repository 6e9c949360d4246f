"""The scan: what changed, read in the order of change by moving a bound."""

from collections.abc import AsyncIterator, Callable

import msgspec

from adapters.port import ChangesPage
from adapters.rally import errors, moments, query, wire
from adapters.rally.client import RallyClient
from adapters.rally.items import Items
from adapters.rally.kinds import BY_ELEMENT, TYPES
from adapters.rally.mapping import version
from adapters.rally.params import RallyParams
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.issue import Part
from schemas.values import Millis

_ROW = "ObjectID,FormattedID,LastUpdateDate,VersionId,Project"
_LIST = "list the issues"
_LIST_POSTS = "list the comments"
_MOST_IN_QUERY = 40
"""Projects named in a query; of more all are asked for, and the others passed over."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    at: Millis
    """The newest change handed out."""
    low: Millis | None = None
    """Where a round that is not at its end goes on."""
    last: int = 0
    """The last ObjectID handed out at `low`: more issues changed in that moment than fit a page."""
    seen: dict[str, str] = {}
    """Handed out within the overlap: ObjectID -> moment and version."""
    posts: Millis = 0
    """The newest change of a comment."""
    posts_seen: dict[str, str] = {}
    bin: Millis = 0
    """The newest deletion."""
    bin_seen: tuple[str, ...] = ()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cursor).decode


class Scan:
    """Each round starts `overlap` before the newest change seen, for a long transaction shows up
    late, and passes over what was handed out already. The bound follows Rally's own times, so that
    our clock does not matter. A comment need not move its issue, and what is deleted is gone from
    every query: both are asked for at the end of a round."""

    def __init__(
        self,
        connector: str,
        client: RallyClient,
        params: RallyParams,
        workspace: Workspace,
        items: Items,
        now: Callable[[], Millis],
    ) -> None:
        self._connector = connector
        self._client = client
        self._workspace = workspace
        self._items = items
        self._now = now
        self._overlap = int(params.scan_overlap * 1000)
        self._page_size = params.page_size
        self._post_date = "LastUpdateDate"

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        within = await self._workspace.within(projects)
        if cursor is None:
            return ChangesPage((), _text(await self._start()), True)
        state = _read(cursor)
        low = max(0, state.at - self._overlap if state.low is None else state.low)
        rows, total = await self._page(within, low, state.last)
        fresh = [row for row in rows if state.seen.get(wire.oid(row)) != _mark(row)]
        changes = [await self._event(row) for row in fresh if _wanted(row, within)]
        more = state.last > 0 or (bool(rows) and len(rows) < total)
        following = self._next(state, low, rows, total)
        if not more:
            told = {change.issue for change in changes}
            following, posts = await self._posts(following, within)
            following, gone = await self._deletions(following)
            changes += [one for one in posts if one.issue not in told] + gone
        return ChangesPage(tuple(changes), _text(following), not more)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        """By ObjectID, which never changes."""
        within = await self._workspace.within(projects)
        last = 0
        while True:
            condition = query.all_of(query.number("ObjectID", ">", last), _places(within))
            asked = {"types": TYPES, "query": condition, "fetch": _ROW, "order": "ObjectID"}
            rows = await self._rows("/artifact", asked)
            for row in rows.results:
                if _wanted(row, within):
                    yield await self._event(row)
            if len(rows.results) >= rows.total_result_count or not rows.results:
                return
            last = int(wire.oid(rows.results[-1]))

    async def _start(self) -> Cursor:
        newest = await self._newest("/artifact", "LastUpdateDate", {"types": TYPES})
        at = max(map(_changed, newest), default=0)
        posts = await self._newest_posts()
        gone = await self._newest("/recyclebinentry", "DeletionDate", {})
        # What changes in the same moment as the newest change would look the same: tell it anew.
        return Cursor(
            at,
            low=at,
            posts=max(map(_changed, posts), default=0),
            posts_seen={wire.oid(row): _mark(row) for row in posts},
            bin=max(map(_deleted, gone), default=0),
            bin_seen=tuple(wire.oid(row) for row in gone),
        )

    async def _newest(self, path: str, field: str, more: dict[str, str]) -> tuple[Item, ...]:
        """Those of the last moments, so that a round does not begin by telling them."""
        fetch = f"ObjectID,VersionId,CreationDate,{field}"
        asked = {**more, "fetch": fetch, "order": f"{field} DESC,ObjectID"}
        return (await self._rows(path, asked)).results

    def _next(self, state: Cursor, low: Millis, rows: tuple[Item, ...], total: int) -> Cursor:
        at = max([state.at, *map(_changed, rows)])
        floor = at - self._overlap
        seen = {oid: mark for oid, mark in state.seen.items() if _moment(mark) >= floor}
        seen.update((wire.oid(row), _mark(row)) for row in rows if _changed(row) >= floor)
        following = msgspec.structs.replace(state, at=at, low=None, last=0, seen=seen)
        left = bool(rows) and len(rows) < total
        if not left:
            # Behind the last one of a moment stands the next moment.
            return msgspec.structs.replace(following, low=low + 1) if state.last else following
        newest = _changed(rows[-1])
        if newest > low and not state.last:
            return msgspec.structs.replace(following, low=newest)
        return msgspec.structs.replace(following, low=low, last=int(wire.oid(rows[-1])))

    async def _posts(
        self, state: Cursor, within: frozenset[str]
    ) -> tuple[Cursor, list[IssueChanged]]:
        """Comments that were written or edited, though their issue tells of no change."""
        low = max(0, state.posts - self._overlap)
        asked = {
            "query": query.text(self._post_date, ">=", moments.text(low)),
            "fetch": "ObjectID,LastUpdateDate,CreationDate,VersionId,Artifact,FormattedID,Project",
            "order": f"{self._post_date},ObjectID",
            **await self._workspace.scope(),
        }
        try:
            rows = await self._client.find_all("/conversationpost", asked, what=_LIST_POSTS)
        except TrackerError as error:
            if not self._is_older_server(error):
                raise
            return await self._posts(state, within)
        newest = max([state.posts, *map(_changed, rows)])
        floor = newest - self._overlap
        changes: dict[str, IssueChanged] = {}
        for row in rows:
            artifact = row.get("Artifact") or {}
            known = state.posts_seen.get(wire.oid(row)) == _mark(row)
            ours = str(artifact.get("_type")) in BY_ELEMENT and _wanted(artifact, within)
            if ours and not known:
                issue = wire.oid(artifact)
                changes[issue] = await self._event(artifact, (Part.COMMENTS,))
        seen = {wire.oid(row): _mark(row) for row in rows if _changed(row) >= floor}
        return msgspec.structs.replace(state, posts=newest, posts_seen=seen), list(changes.values())

    async def _newest_posts(self) -> tuple[Item, ...]:
        try:
            return await self._newest("/conversationpost", self._post_date, {})
        except TrackerError as error:
            if not self._is_older_server(error):
                raise
            return await self._newest("/conversationpost", self._post_date, {})

    def _is_older_server(self, error: TrackerError) -> bool:
        """One whose posts know the time of their making only; their edits are for the full scan."""
        older = error.fault is Fault.VALIDATION and self._post_date == "LastUpdateDate"
        self._post_date = "CreationDate" if older else self._post_date
        return older

    async def _deletions(self, state: Cursor) -> tuple[Cursor, list[IssueChanged]]:
        low = max(0, state.bin - self._overlap)
        asked = {
            "query": query.text("DeletionDate", ">=", moments.text(low)),
            "fetch": "ObjectID,ItemOID,ID,DeletionDate",
            "order": "DeletionDate,ObjectID",
            **await self._workspace.scope(),
        }
        rows = await self._client.find_all("/recyclebinentry", asked, what="list what is deleted")
        newest = max([state.bin, *map(_deleted, rows)])
        fresh = [row for row in rows if wire.oid(row) not in state.bin_seen]
        floor = newest - self._overlap
        seen = tuple(wire.oid(row) for row in rows if _deleted(row) >= floor)
        changes = [self._gone(row) for row in fresh]
        return msgspec.structs.replace(state, bin=newest, bin_seen=seen), changes

    def _gone(self, row: Item) -> IssueChanged:
        issue = str(row.get("ItemOID") or row.get("ID") or "unknown")
        return IssueChanged(self._connector, issue, source="scan", deleted=True, at=self._now())

    async def _page(
        self, within: frozenset[str], low: Millis, last: int
    ) -> tuple[tuple[Item, ...], int]:
        """From that moment on; or of that moment alone, behind `last`."""
        since = query.text("LastUpdateDate", ">=", moments.text(low))
        order = "LastUpdateDate,ObjectID"
        if last:
            until = query.text("LastUpdateDate", "<=", moments.text(low))
            since = query.all_of(since, until, query.number("ObjectID", ">", last))
            order = "ObjectID"
        asked = {
            "types": TYPES,
            "query": query.all_of(since, _places(within)),
            "fetch": _ROW,
            "order": order,
        }
        found = await self._rows("/artifact", asked)
        return found.results, found.total_result_count

    async def _rows(self, path: str, asked: dict[str, str]) -> wire.Result:
        scope = await self._workspace.scope()
        whole = {"pagesize": str(self._page_size), **asked, **scope}
        return await self._client.find(path, whole, what=_LIST)

    async def _event(self, row: Item, parts: tuple[Part, ...] = ()) -> IssueChanged:
        self._items.seen(row)
        project = wire.oid(row.get("Project"))
        place = await self._workspace.place(project) if project else None
        return IssueChanged(
            connector=self._connector,
            issue=wire.oid(row),
            version=None if parts else version(row) or None,
            parts=parts,
            project=place.project if place else "",
            source="scan",
            at=self._now(),
        )


def _places(within: frozenset[str]) -> str:
    if len(within) > _MOST_IN_QUERY:
        return ""
    return query.any_of(*(query.number("Project.ObjectID", "=", int(o)) for o in sorted(within)))


def _wanted(row: Item, within: frozenset[str]) -> bool:
    """A row that does not tell its project is looked at."""
    return not within or "Project" not in row or wire.oid(row.get("Project")) in within


def _changed(row: Item) -> Millis:
    return moments.parse(row.get("LastUpdateDate") or row.get("CreationDate"))


def _deleted(row: Item) -> Millis:
    return moments.parse(row.get("DeletionDate"))


def _mark(row: Item) -> str:
    return f"{_changed(row)}.{version(row)}"


def _moment(mark: str) -> Millis:
    return int(mark.partition(".")[0])


def _text(cursor: Cursor) -> str:
    return _encode(cursor).decode()


def _read(cursor: str) -> Cursor:
    try:
        return _decode(cursor)
    except msgspec.DecodeError as error:
        raise errors.refused(
            Fault.CONFIGURATION,
            "The kept position of the Rally scan cannot be read.",
            remedy="Start the scan anew, and run a full scan once.",
        ) from error

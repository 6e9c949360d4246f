"""The scan: what changed, read in the order of change by moving a bound."""

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from adapters.jira import answers, moments
from adapters.port import ChangesPage
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.values import Millis


class Found(msgspec.Struct, frozen=True):
    """One page of a search."""

    issues: tuple[answers.Issue, ...]
    onward: str = ""
    """Where the same search goes on; '' at its end."""


Search = Callable[[str, str, str], Awaitable[Found]]
"""(jql, where it goes on or '', fields) -> one page."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    at: Millis
    """The newest change handed out."""
    low: Millis | None = None
    """Where a round that is not at its end goes on."""
    onward: str = ""
    """Where the search at `low` goes on: more issues changed in that second than fit a page."""
    high: Millis = 0
    """The upper bound of that search: it goes on as the very same one."""
    seen: dict[str, Millis] = {}
    """Handed out within the overlap: issue id -> moment of its change."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cursor).decode


class Scan:
    """Jira's index is late at times and knows seconds, so each round starts `overlap` before the
    newest change seen and passes over what was handed out already."""

    def __init__(
        self,
        connector: str,
        search: Search,
        now: Callable[[], Millis],
        overlap: float,
        lag: float,
    ) -> None:
        self._connector = connector
        self._search = search
        self._now = now
        self._overlap = int(overlap * 1000)
        self._lag = int(lag * 1000)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        high = self._now() - self._lag
        if cursor is None:
            return ChangesPage((), _text(Cursor(high)), True)
        state = _read(cursor)
        low = state.at - self._overlap if state.low is None else state.low
        high = state.high if state.onward else high
        jql = _jql(projects, f"updated >= {low} AND updated <= {high}", "updated")
        page = await self._search(jql, state.onward, "updated,project")
        rows = [(row, moments.parse_or_zero(row.fields.updated)) for row in page.issues]
        fresh = [(row, at) for row, at in rows if state.seen.get(row.id) != at]
        return ChangesPage(
            tuple(self._event(row, at) for row, at in fresh),
            _text(self._next(state, low, high, rows, page.onward)),
            not (rows and page.onward),
        )

    def _next(
        self,
        state: Cursor,
        low: Millis,
        high: Millis,
        rows: list[tuple[answers.Issue, Millis]],
        onward: str,
    ) -> Cursor:
        at = max([state.at, *(moment for _, moment in rows)])
        floor = _second(at - self._overlap)
        seen = {key: moment for key, moment in state.seen.items() if moment >= floor}
        seen.update((row.id, moment) for row, moment in rows if moment >= floor)
        if not (rows and onward):
            return Cursor(at, seen=seen)
        low, onward = _advance(low, onward, rows)
        # The bound may lie behind `floor` in a long round: what is read again is then told again.
        return Cursor(at, low, onward, high, seen)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        """By date of creation, which never changes. Tells no version: this scan is to find what
        raised none."""
        low, onward, told = 0, "", set[str]()
        while True:
            jql = _jql(projects, f"created >= {low}", "created")
            page = await self._search(jql, onward, "created,project")
            rows = [(row, moments.parse_or_zero(row.fields.created)) for row in page.issues]
            for row, _ in rows:
                if row.id not in told:
                    yield self._event(row, 0)
            if not (rows and page.onward):
                return
            before = low
            low, onward = _advance(low, page.onward, rows)
            if low != before:
                told = {row.id for row, at in rows if at >= low}
            else:
                told.update(row.id for row, _ in rows)

    def _event(self, row: answers.Issue, at: Millis) -> IssueChanged:
        return IssueChanged(
            connector=self._connector,
            issue=row.id,
            version=moments.told_version(at),
            project=row.fields.project.key if row.fields.project else "",
            source="scan",
            at=self._now(),
        )


def _advance(
    low: Millis, onward: str, rows: list[tuple[answers.Issue, Millis]]
) -> tuple[Millis, str]:
    """Where the next page starts: at the second of the last row, or behind it within the second."""
    last = _second(rows[-1][1])
    return (last, "") if last > _second(low) else (low, onward)


def _jql(projects: tuple[str, ...], bounds: str, column: str) -> str:
    clauses = [bounds] if bounds else []
    if projects:
        clauses.insert(0, f"project in ({', '.join(quoted(key) for key in projects)})")
    where = " AND ".join(clauses)
    return f"{where} ORDER BY {column} ASC, key ASC".strip()


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _second(at: Millis) -> Millis:
    return at - at % 1000


def _text(cursor: Cursor) -> str:
    return _encode(cursor).decode()


def _read(cursor: str) -> Cursor:
    try:
        return _decode(cursor)
    except msgspec.DecodeError as error:
        raise TrackerError(
            Fault.CONFIGURATION,
            "The kept position of the Jira scan cannot be read.",
            remedy="Start the scan anew, and run a full scan once.",
        ) from error

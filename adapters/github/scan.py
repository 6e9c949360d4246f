"""The scan: two feeds for each repository, for an edited comment need not move its issue."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Literal, NamedTuple

import msgspec
import structlog

from adapters.github import answers, wire
from adapters.github.client import GitHubClient
from adapters.github.errors import github_error
from adapters.github.moments import iso, millis
from adapters.github.pages import next_page
from adapters.github.params import GitHubParams
from adapters.github.places import Place, Repositories
from adapters.port import ChangesPage
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.issue import Part
from schemas.values import Millis

Kind = Literal["issues", "comments"]
KINDS: tuple[Kind, ...] = ("issues", "comments")

_SECOND = 1000
_OUT_OF_SIGHT = (Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION)
_NUMBER = re.compile(r"/issues/([0-9]+)$")


class Feed(msgspec.Struct, frozen=True, omit_defaults=True):
    at: Millis
    """The newest change handed out, and never past now minus the lag."""
    low: Millis | None = None
    """Where a round that is not at its end goes on."""
    page: int = 1
    """At `low`: more changed in that second than fit a page."""
    seen: dict[str, Millis] = {}
    """Handed out within the overlap: number of the row -> moment of its change."""
    etag: str = ""
    """Of the last look, where the next one asks the same."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    feeds: dict[str, Feed]
    """By repository's number and kind."""
    turn: int = 0


class _Row(NamedTuple):
    key: str
    """Tells the row from all others of its feed."""
    issue: int
    """0 for what belongs to no issue, such as a pull request."""
    at: Millis


class _Look(NamedTuple):
    rows: list[_Row]
    more: bool
    etag: str = ""
    unchanged: bool = False


log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cursor).decode


class Scan:
    def __init__(
        self,
        connector: str,
        client: GitHubClient,
        repositories: Repositories,
        params: GitHubParams,
        now: Callable[[], Millis],
    ) -> None:
        self._connector = connector
        self._client = client
        self._repositories = repositories
        self._now = now
        self._page_size = params.page_size
        self._overlap = int(params.scan_overlap * 1000)
        self._lag = int(params.scan_lag * 1000)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        """One page of one feed; complete when every feed had its turn and came to its end."""
        high = self._now() - self._lag
        numbers = await self._numbers(projects)
        feeds = [(name, kind) for name in numbers for kind in KINDS]
        begun = {_key(numbers[name], kind): Feed(high) for name, kind in feeds}
        if cursor is None:
            return ChangesPage((), _text(Cursor(begun)), True)
        before = _read(cursor)
        # Also those of repositories that are out of sight: they go on where they stood.
        held = begun | before.feeds
        turn = before.turn % len(feeds)
        name, kind = feeds[turn]
        key = _key(numbers[name], kind)
        feed = held[key]
        look = await self._look(numbers[name], kind, self._low(feed), feed.page, feed.etag)
        fresh = [row for row in look.rows if row.issue and feed.seen.get(row.key) != row.at]
        held[key] = feed if look.unchanged else self._next(feed, look, high)
        turn = turn if look.more else turn + 1
        after = Cursor(held, turn % len(feeds))
        changes = tuple(self._event(name, numbers[name], kind, row) for row in fresh)
        return ChangesPage(_once(changes), _text(after), turn == len(feeds))

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        """In the order of change by moving the bound, so that none is passed over when others
        change meanwhile."""
        for name, repository in (await self._numbers(projects)).items():
            low, page, told = 0, 1, set[int]()
            more = True
            while more:
                rows, more, *_ = await self._look(repository, "issues", low, page)
                for row in rows:
                    if row.issue and row.issue not in told:
                        told.add(row.issue)
                        yield self._event(name, repository, "issues", row)
                low, page = _advance(low, page, rows)

    async def _numbers(self, projects: tuple[str, ...]) -> dict[str, int]:
        """Of the repositories that can be read. One that is gone must not stop its neighbours;
        raises when none is left."""
        found: dict[str, int] = {}
        refused: TrackerError | None = None
        for name in _named(projects):
            try:
                repository = await self._repositories.read(name)
            except TrackerError as error:
                if error.fault not in _OUT_OF_SIGHT:
                    raise
                refused = error
                self._tell_unread(name, error.message)
                continue
            if repository.has_issues:
                found[name] = repository.id
            else:
                self._tell_unread(name, "Its issues are switched off.")
        if not found:
            raise refused or github_error(
                Fault.PERMISSION,
                "The repositories of the connector have their issues switched off.",
            )
        return found

    def _tell_unread(self, project: str, cause: str) -> None:
        log.warning(
            "tracker.repository_unread", connector=self._connector, project=project, cause=cause
        )

    def _low(self, feed: Feed) -> Millis:
        return max(0, feed.at - self._overlap) if feed.low is None else feed.low

    def _next(self, feed: Feed, look: _Look, high: Millis) -> Feed:
        rows = look.rows
        at = max([feed.at, *(min(row.at, high) for row in rows)])
        floor = at - self._overlap - _SECOND
        seen = {key: moment for key, moment in feed.seen.items() if moment >= floor}
        # Of a second that is not over yet more may come, under the same time.
        old = high - _SECOND
        seen.update((row.key, row.at) for row in rows if floor <= row.at <= old)
        if not look.more:
            asks_the_same = at == feed.at and feed.low is None
            return Feed(at, seen=seen, etag=look.etag if asks_the_same else "")
        low, page = _advance(self._low(feed), feed.page, rows)
        return Feed(at, low, page, seen)

    async def _look(
        self, repository: int, kind: Kind, low: Millis, page: int, etag: str = ""
    ) -> _Look:
        query = {
            "since": iso(low),
            "sort": "updated",
            "direction": "asc",
            "per_page": str(self._page_size),
            "page": str(page),
        }
        path = f"/repositories/{repository}/issues"
        what = f"list what changed among the {kind}"
        if kind == "issues":
            query["state"] = "all"
        else:
            path += "/comments"
        answer = await self._client.answer(path, query, what=what, etag=etag)
        if answer.status == 304:
            return _Look([], False, unchanged=True)
        if kind == "issues":
            issues = self._client.decode(answer, wire.issues, what=what)
            rows = [_issue_row(one) for one in issues]
        else:
            comments = self._client.decode(answer, wire.comments, what=what)
            rows = [_comment_row(one) for one in comments]
        more = bool(rows) and bool(next_page(answer.headers.get("Link", "")))
        return _Look(rows, more, answer.headers.get("ETag", ""))

    def _event(self, project: str, repository: int, kind: Kind, row: _Row) -> IssueChanged:
        return IssueChanged(
            connector=self._connector,
            issue=Place(repository, row.issue).id,
            version=row.at if kind == "issues" else None,
            parts=(Part.COMMENTS,) if kind == "comments" else (),
            project=project,
            source="scan",
            at=self._now(),
        )


def _issue_row(found: answers.Issue) -> _Row:
    number = 0 if found.pull_request is not None else found.number
    return _Row(str(found.number), number, millis(found.updated_at))


def _comment_row(found: answers.Comment) -> _Row:
    named = _NUMBER.search(found.issue_url)
    of_issue = named is not None and "/pull/" not in found.html_url
    number = int(named[1]) if named and of_issue else 0
    return _Row(str(found.id), number, millis(found.updated_at))


def _advance(low: Millis, page: int, rows: list[_Row]) -> tuple[Millis, int]:
    """Where the next page starts: at the second of the last row, or behind it within the second."""
    last = rows[-1].at if rows else low
    return (last, 1) if last - last % _SECOND > low - low % _SECOND else (low, page + 1)


def _once(changes: tuple[IssueChanged, ...]) -> tuple[IssueChanged, ...]:
    return tuple({change.issue: change for change in changes}.values())


def _named(projects: tuple[str, ...]) -> tuple[str, ...]:
    if not projects:
        raise github_error(
            Fault.CONFIGURATION,
            "The GitHub connector names no repository to look at.",
            remedy="Add the repositories to its setting 'projects'.",
        )
    return tuple(dict.fromkeys(projects))


def _key(repository: int, kind: Kind) -> str:
    return f"{repository} {kind}"


def _text(cursor: Cursor) -> str:
    return _encode(cursor).decode()


def _read(cursor: str) -> Cursor:
    try:
        return _decode(cursor)
    except msgspec.DecodeError as error:
        raise TrackerError(
            Fault.CONFIGURATION,
            "The kept position of the GitHub scan cannot be read.",
            remedy="Start the scan anew, and run a full scan once.",
        ) from error

"""Comments and records of time spent: to the core they are one kind of part.

A tracker that keeps no time gets it in words. A record's id here is its own behind a mark, so that
it never meets a comment's.
"""

from datetime import UTC, datetime
from functools import cache
from typing import TypeGuard

import msgspec

from adapters.port import Tracker, Worklogs
from schemas.issue import Comment, CommentDraft, Issue, Part, Worklog, WorklogDraft
from schemas.rich_text import RichText, plain
from schemas.rules import WantedComment
from schemas.twin import Twin
from schemas.values import Work

TIME = "worklogs"
"""What a connection's disclosure list names for records of time to leave."""
_MARK = "work:"
_RECORDS = frozenset({Part.WORKLOGS})


class Remarks:
    """`told`: whether this side tells the other its records of time."""

    def __init__(self, tracker: Tracker, *, told: bool) -> None:
        self._tracker = tracker
        self._records = tracker if _keeps_records(tracker) else None
        self._told = told

    async def read(self, issue_id: str, parts: frozenset[Part], twin: Twin) -> Issue:
        """With `comments` complete, or None."""
        issue = await self._tracker.read(issue_id, self._wanted(parts, twin))
        return with_records(issue)

    async def list(self, issue_id: str, twin: Twin) -> tuple[Comment, ...]:
        comments = await self._tracker.read_comments(issue_id)
        if not self._looks_at_records(twin):
            return comments
        issue = await self._tracker.read(issue_id, _RECORDS)
        return (*comments, *map(_as_comment, issue.worklogs or ()))

    def count_differs(self, issue: Issue, twin: Twin) -> bool:
        """Whether the tracker tells another number of comments than are known."""
        alive = (t.local_id for t in twin.comments if t.local_id and not t.removed)
        known = sum(not each.startswith(_MARK) for each in alive)
        return issue.comment_count is not None and issue.comment_count != known

    async def exists(self, issue_id: str, remark_id: str) -> bool:
        if not remark_id.startswith(_MARK):
            return await self._tracker.comment_exists(issue_id, remark_id)
        issue = await self._tracker.read(issue_id, _RECORDS)
        return any(_MARK + record.id == remark_id for record in issue.worklogs or ())

    async def add(self, issue_id: str, draft: CommentDraft) -> Comment:
        work = draft.work
        if work is None:
            return await self._tracker.add_comment(issue_id, draft)
        if self._records is not None:
            record = _record(draft.body, work, draft.marker)
            return _as_comment(await self._records.add_worklog(issue_id, record))
        worded = msgspec.structs.replace(draft, body=in_words(draft.body, work), work=None)
        return await self._tracker.add_comment(issue_id, worded)

    def as_held(self, wanted: WantedComment) -> WantedComment:
        """As it is read here once it was written: its mirror is found again by these words."""
        work = wanted.work
        if work is None or self._records is not None:
            return wanted
        return msgspec.structs.replace(wanted, body=in_words(wanted.body, work), work=None)

    async def edit(self, issue_id: str, remark_id: str, wanted: WantedComment) -> Comment:
        work = wanted.work
        if self._records is not None and work is not None and remark_id.startswith(_MARK):
            record = _record(wanted.body, work, "")
            own_id = remark_id.removeprefix(_MARK)
            return _as_comment(await self._records.edit_worklog(issue_id, own_id, record))
        body = wanted.body if work is None else in_words(wanted.body, work)
        return await self._tracker.edit_comment(issue_id, remark_id, body)

    async def delete(self, issue_id: str, remark_id: str) -> None:
        if self._records is not None and remark_id.startswith(_MARK):
            await self._records.delete_worklog(issue_id, remark_id.removeprefix(_MARK))
        else:
            await self._tracker.delete_comment(issue_id, remark_id)

    def _wanted(self, parts: frozenset[Part], twin: Twin) -> frozenset[Part]:
        """Both kinds or none: a list that lacks one would look as if its members were deleted."""
        if not parts & {Part.COMMENTS, Part.WORKLOGS}:
            return parts
        records = _RECORDS if self._looks_at_records(twin) else frozenset[Part]()
        return (parts - _RECORDS) | {Part.COMMENTS} | records

    def _looks_at_records(self, twin: Twin) -> bool:
        if self._records is None:
            return False
        return self._told or any(t.local_id.startswith(_MARK) for t in twin.comments)


def with_records(issue: Issue) -> Issue:
    if issue.comments is None or not issue.worklogs:
        return issue
    records = map(_as_comment, issue.worklogs)
    return msgspec.structs.replace(issue, comments=(*issue.comments, *records))


def in_words(body: RichText, work: Work) -> RichText:
    minutes = round(work.seconds / 60)
    hours, rest = divmod(minutes, 60)
    spent = " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part
    )
    day = datetime.fromtimestamp(work.started / 1000, UTC).date().isoformat()
    line = plain(f"Time spent: {spent or '0 min'} on {day}")
    return RichText((*line.blocks, *body.blocks))


def _record(body: RichText, work: Work, marker: str) -> WorklogDraft:
    return WorklogDraft(work.seconds, work.started, marker, body if body.blocks else None)


def _as_comment(record: Worklog) -> Comment:
    return Comment(
        id=_MARK + record.id,
        body=record.comment or RichText(()),
        author=record.author,
        created=record.started,
        updated=record.updated,
        marker=record.marker,
        work=Work(record.seconds, record.started),
    )


def _keeps_records(tracker: Tracker) -> TypeGuard[Worklogs]:
    return _kind_keeps_records(type(tracker))


@cache
def _kind_keeps_records(kind: type[Tracker]) -> bool:
    """Looking through a protocol costs as much as a small query, so once for each kind."""
    return issubclass(kind, Worklogs)

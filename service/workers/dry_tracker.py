"""A tracker that is read and never written: it tells what would have been written."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from adapters.port import (
    ByteStream,
    Capabilities,
    ChangesPage,
    StageResult,
    Tracker,
    WebhookRequest,
    Worklogs,
)
from schemas.events import IssueChanged
from schemas.issue import (
    Attachment,
    AttachmentDraft,
    Comment,
    CommentDraft,
    FieldChange,
    Issue,
    IssueDraft,
    IssueRef,
    Part,
    Worklog,
    WorklogDraft,
)
from schemas.rich_text import RichText
from schemas.rule_life import Write
from schemas.values import Millis, User, Value

MADE = IssueRef("tidegate-dry-run", "(to be made)", "")

Show = Callable[[RichText], str]


class DryTracker:
    """A `Tracker` over a real one. Made by `dry`."""

    def __init__(self, tracker: Tracker, shown: Callable[[dict[str, Value]], Any], rich: Show):
        self._tracker = tracker
        self._shown, self._rich = shown, rich
        self._held: dict[str, Issue] = {}
        """As they would be after the writes so far."""
        self.writes: list[Write] = []

    @property
    def capabilities(self) -> Capabilities:
        return self._tracker.capabilities

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        return await self._tracker.check(project)

    async def resolve(self, key_or_id: str) -> IssueRef:
        return await self._tracker.resolve(key_or_id)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        held = self._held.get(issue_id)
        if issue_id == MADE.id and held is not None:
            return held
        issue = await self._tracker.read(issue_id, parts)
        return msgspec.structs.replace(issue, fields=held.fields) if held else issue

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return () if issue_id == MADE.id else await self._tracker.read_comments(issue_id)

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._tracker.comment_exists(issue_id, comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return await self._tracker.attachment_exists(issue_id, attachment_id)

    async def create(self, draft: IssueDraft) -> Issue:
        placed = self._shown({"project": draft.project, "type": draft.type})
        self._note("create", **placed, fields=self._shown(draft.fields))
        fields = draft.fields | {"type": draft.type}
        made = Issue(MADE, 1, 0, draft.project, fields, (), (), marker=draft.marker)
        self._held[MADE.id] = made
        return made

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        return await self._tracker.find_by_marker(marker, project, since)

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        told = {
            "set": self._shown(change.set),
            "add": self._shown(dict(change.add)),
            "remove": self._shown(dict(change.remove)),
        }
        self._note("update", **{name: value for name, value in told.items() if value})
        after = msgspec.structs.replace(issue, fields=_after(issue.fields, change))
        self._held[issue.ref.id] = after
        return after

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        self._note("add_comment", body=self._rich(draft.body), internal=draft.internal)
        return Comment(
            f"{MADE.id}-{len(self.writes)}",
            draft.body,
            internal=draft.internal,
            marker=draft.marker,
            work=draft.work,
        )

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        self._note("edit_comment", comment=comment_id, body=self._rich(body))
        return Comment(comment_id, body)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        self._note("delete_comment", comment=comment_id)

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        self._note("add_attachment", filename=draft.filename, size=draft.size)
        return Attachment(f"{MADE.id}-{len(self.writes)}", draft.filename, draft.size, draft.mime)

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]:
        return self._tracker.open_attachment(issue_id, attachment_id)

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        self._note("delete_attachment", attachment=attachment_id)

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await self._tracker.find_users(query)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._tracker.changed_since(cursor, projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._tracker.all_issues(projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return self._tracker.losses(field, value)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return self._tracker.parse_webhook(request)

    async def close(self) -> None:
        """The tracker behind it belongs to another."""

    def _note(self, call: str, **detail: Any) -> None:
        self.writes.append(Write(call, detail))


class DryWorklogTracker(DryTracker):
    """Of a tracker that keeps records of time spent."""

    async def add_worklog(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        self._note("add_worklog", seconds=draft.seconds, started=draft.started)
        return _worklog(f"{MADE.id}-{len(self.writes)}", draft)

    async def edit_worklog(self, issue_id: str, worklog_id: str, draft: WorklogDraft) -> Worklog:
        self._note("edit_worklog", worklog=worklog_id, seconds=draft.seconds)
        return _worklog(worklog_id, draft)

    async def delete_worklog(self, issue_id: str, worklog_id: str) -> None:
        self._note("delete_worklog", worklog=worklog_id)


def dry(tracker: Tracker, shown: Callable[[dict[str, Value]], Any], rich: Show) -> DryTracker:
    kind = DryWorklogTracker if isinstance(tracker, Worklogs) else DryTracker
    return kind(tracker, shown, rich)


def _after(fields: dict[str, Value], change: FieldChange) -> dict[str, Value]:
    after = fields | change.set
    for name in change.add.keys() | change.remove.keys():
        held = after.get(name)
        items = set(held if isinstance(held, tuple) else ())
        items = (items | set(change.add.get(name, ()))) - set(change.remove.get(name, ()))
        after[name] = tuple(sorted(items))
    return after


def _worklog(id: str, draft: WorklogDraft) -> Worklog:
    return Worklog(id, draft.seconds, draft.started, comment=draft.comment, marker=draft.marker)

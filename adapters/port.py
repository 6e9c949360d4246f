"""The tracker port: what the daemon asks of every tracker.

All methods raise `schemas.errors.TrackerError` and nothing else of the tracker's making. A write
that timed out after it was sent raises with `Fault.UNKNOWN_OUTCOME`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol, runtime_checkable

import msgspec

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
from schemas.metadata import Choice, FieldKind, Metadata
from schemas.rich_text import RichText
from schemas.values import Millis, User, Value

Stage = Literal["server", "credentials", "project", "permissions"]
ByteStream = AsyncIterator[bytes]


class Capabilities(msgspec.Struct, frozen=True):
    """What a tracker can do; read by the engine, the API and the documentation."""

    system: str
    title: str
    webhook_authentication: tuple[Literal["hmac", "basic", "path"], ...]
    comment_edit: bool
    comment_delete: bool
    comment_internal: bool
    comment_marker: bool
    """True when `Comment.marker` comes back from the tracker."""
    attachment_upload: bool
    attachment_delete: bool
    expected_version: bool
    """True when the tracker itself refuses a write over a newer version."""
    version_exact: bool
    """True when every change that `read` shows raises `Issue.version`."""
    status: Literal["transitions", "plain"]
    set_fields: tuple[str, ...] = ("labels",)
    webhooks: bool = True
    """False where changes are found by scans alone."""
    time_precision_ms: int = 1
    """Of the times by which a scan can ask."""
    parent: bool = False
    """True when `fields["parent"]` (the parent's issue id) can be read and written."""
    link_kinds: tuple[str, ...] = ()
    """Kinds that `fields["links"]` may hold, each element as "kind issue-id"; see
    `schemas.links` for the words. Others of the tracker's own may be read as well."""
    worklogs: bool = False
    fields: dict[str, FieldKind] = {}
    """Neutral fields that an issue here has; custom ones come with the metadata of a project."""
    read_only: tuple[str, ...] = ()
    """Of `fields`, those that the connector's account can never write."""
    by_type: tuple[str, ...] = ()
    """Of `fields`, those that some types of issue lack or do not let be written; the metadata of a
    project tell which."""
    custom_kinds: tuple[FieldKind, ...] = ()
    degraded: dict[str, str] = {}
    """By field or part: in which lesser form it arrives here, in words for people."""


class StageResult(msgspec.Struct, frozen=True):
    stage: Stage
    passed: bool
    message: str
    remedy: str = ""


class ChangesPage(msgspec.Struct, frozen=True):
    changes: tuple[IssueChanged, ...]
    cursor: str
    """Opaque; kept by the caller and handed back. Never past now minus the tracker's lag."""
    complete: bool
    """False when another call with `cursor` would bring more at once."""


class SearchPage(msgspec.Struct, frozen=True):
    issues: tuple[IssueRef, ...]
    cursor: str = ""
    """Opaque; handed back for the next page. '' at the end."""


class WebhookRequest(msgspec.Struct, frozen=True):
    headers: Mapping[str, str]
    """Names in lower case."""
    path_secret: str
    """The part of the path after the connector's name, or ''."""
    body: bytes


class Tracker(Protocol):
    """One connector: a tracker instance with its credentials."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        """Stage by stage; stops at the first that fails."""
        ...

    async def resolve(self, key_or_id: str) -> IssueRef: ...

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        """Raises NOT_FOUND when the issue cannot be seen, GONE when the tracker says deleted."""
        ...

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]: ...

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        """False only when the tracker says so by an answer about this very comment."""
        ...

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool: ...

    async def create(self, draft: IssueDraft) -> Issue:
        """The issue as the tracker holds it afterwards, with fields read back."""
        ...

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None: ...

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        """Writes over `issue.version`; CONFLICT when it is not the newest any more (where the
        tracker or a read just before can tell). Answers the fields as they are afterwards, and in
        `overwritten` what somebody had written in between, where the tracker only tells later."""
        ...

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment: ...

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment: ...

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        """Deleting what is gone already succeeds."""
        ...

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        """Streams; `open_content` may be called again for a second try."""
        ...

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]: ...

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None: ...

    async def find_users(self, query: str) -> tuple[User, ...]: ...

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        """One page of what changed; None starts at now."""
        ...

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        """Every issue, for the full scan that finds what bumps no date."""
        ...

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        """What of a value this tracker would not keep, in words for people; () when it keeps all.
        Pure. `field` is a neutral name, or "comments" for the body of one."""
        ...

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        """Authenticates, then parses. `InputError` 401 or 400. Events of no interest give ()."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Projects(Protocol):
    """Of an adapter that can tell which projects there are."""

    async def projects(self) -> tuple[Choice, ...]:
        """Those that the account may see. `id` is what `check` and `IssueDraft.project` take."""
        ...


@runtime_checkable
class Discovery(Projects, Protocol):
    """Of an adapter that can also tell what its projects know."""

    async def metadata(self, project: str) -> Metadata:
        """Read anew with each call; the caller caches."""
        ...


@runtime_checkable
class Searching(Protocol):
    """Of an adapter that lets people search in the tracker's own query language."""

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        """One page of those issues in these projects that fit; of `issue` alone when its id is
        given. VALIDATION, with the place where the tracker tells it, for a wrong query."""
        ...


@runtime_checkable
class Watching(Protocol):
    """Of an adapter that can look after the tracker's own sending of webhooks."""

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        """Has failed webhooks sent again and looks whether they are sent at all. Answers what a
        person must do, such as to switch one on again; () when nothing. Called every few minutes,
        and cheap when there is nothing to do."""
        ...


@runtime_checkable
class Worklogs(Protocol):
    """Of an adapter whose tracker keeps records of time spent; `read` lists them, complete."""

    async def add_worklog(self, issue_id: str, draft: WorklogDraft) -> Worklog: ...

    async def edit_worklog(
        self, issue_id: str, worklog_id: str, draft: WorklogDraft
    ) -> Worklog: ...

    async def delete_worklog(self, issue_id: str, worklog_id: str) -> None:
        """Deleting what is gone already succeeds."""
        ...

"""A local issue as its tracker holds it, and the writes a tracker takes, in neutral words."""

from enum import StrEnum

import msgspec

from schemas.rich_text import RichText
from schemas.values import Fields, Millis, User, Work


class Part(StrEnum):
    FIELDS = "fields"
    COMMENTS = "comments"
    ATTACHMENTS = "attachments"
    WORKLOGS = "worklogs"


ALL_PARTS = frozenset(Part)


class IssueRef(msgspec.Struct, frozen=True):
    id: str
    """Never changes, also when the issue moves."""
    key: str
    """What people call it."""
    url: str
    """Where a browser shows it."""


class Comment(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    body: RichText
    author: User = User()
    created: Millis = 0
    updated: Millis = 0
    internal: bool = False
    marker: str = ""
    """What `add_comment` was given, where the tracker can keep it."""
    work: Work | None = None


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    filename: str
    size: int
    mime: str = "application/octet-stream"
    author: User = User()
    created: Millis = 0


class Worklog(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    seconds: int
    started: Millis
    author: User = User()
    comment: RichText | None = None
    updated: Millis = 0
    marker: str = ""
    """What `add_worklog` was given, where the tracker can keep it."""


class Issue(msgspec.Struct, frozen=True):
    ref: IssueRef
    version: int
    """Rises with each change that the tracker counts (a revision, or the update time)."""
    updated: Millis
    project: str
    fields: Fields
    """Neutral names: summary, description, status, priority, type, labels, assignee, reporter …"""
    comments: tuple[Comment, ...] | None = None
    """Complete and in order of creation; None when not read."""
    attachments: tuple[Attachment, ...] | None = None
    """Complete; None when not read."""
    comment_count: int | None = None
    """Where the tracker tells it without listing them."""
    marker: str = ""
    """Of the draft that the issue was created from; '' when a person made it."""
    worklogs: tuple[Worklog, ...] | None = None
    """Complete and in order of creation; None when not read."""
    overwritten: Fields = {}
    """After an update: what another had written since our look, and our write has replaced."""


class FieldChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to write: values to set, and elements to add to or remove from set fields."""

    set: Fields = {}
    add: dict[str, tuple[str, ...]] = {}
    remove: dict[str, tuple[str, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self.set or self.add or self.remove)


class IssueDraft(msgspec.Struct, frozen=True):
    project: str
    type: str
    fields: Fields
    marker: str
    """Unique; kept on the issue so that `find_by_marker` finds it after a crash."""
    source_url: str = ""
    """The other side's issue, shown as a link where the tracker has links."""


class CommentDraft(msgspec.Struct, frozen=True):
    body: RichText
    marker: str
    internal: bool = False
    work: Work | None = None


class AttachmentDraft(msgspec.Struct, frozen=True):
    filename: str
    size: int
    mime: str
    marker: str


class WorklogDraft(msgspec.Struct, frozen=True):
    seconds: int
    started: Millis
    marker: str
    comment: RichText | None = None

"""Jira's JSON as far as we read it; everything else in it is skipped while decoding."""

from typing import Any

import msgspec


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    pass


class Named(_Answer, frozen=True):
    name: str = ""
    id: str = ""


class Keyed(_Answer, frozen=True):
    key: str = ""
    id: str = ""


class IssueType(_Answer, frozen=True):
    name: str = ""
    id: str = ""
    subtask: bool = False


class Account(_Answer, frozen=True):
    account_id: str | None = None
    """In Jira Cloud, instead of the next two."""
    name: str | None = None
    key: str | None = None
    display_name: str | None = None
    email_address: str | None = None


class Property(_Answer, frozen=True):
    key: str
    value: Any = None


class Comment(_Answer, frozen=True):
    id: str
    body: Any = None
    """Rich text, as the version of the API has it."""
    author: Account | None = None
    created: str = ""
    updated: str = ""
    visibility: dict[str, Any] | None = None
    properties: tuple[Property, ...] | None = None
    """None: not told, which differs from none."""
    jsd_public: bool | None = None


class CommentPage(_Answer, frozen=True):
    comments: tuple[Comment, ...] = ()
    total: int = 0


class Attachment(_Answer, frozen=True):
    id: str | int
    filename: str = ""
    size: int = 0
    mime_type: str | None = None
    author: Account | None = None
    created: str = ""
    content: str = ""


class LinkType(_Answer, frozen=True):
    id: str = ""
    name: str = ""
    inward: str = ""
    outward: str = ""


class LinkTypes(_Answer, frozen=True):
    issue_link_types: tuple[LinkType, ...] = ()


class IssueLink(_Answer, frozen=True):
    """One of both issues is told: the other end, seen from the issue that was asked for."""

    id: str = ""
    type: LinkType = LinkType()
    inward_issue: Keyed | None = None
    outward_issue: Keyed | None = None


class Worklog(_Answer, frozen=True):
    id: str
    time_spent_seconds: int = 0
    started: str = ""
    created: str = ""
    updated: str = ""
    author: Account | None = None
    comment: Any = None
    properties: tuple[Property, ...] | None = None
    """None: not told."""


class WorklogPage(_Answer, frozen=True):
    worklogs: tuple[Worklog, ...] = ()
    total: int = 0


class IssueFields(_Answer, frozen=True):
    summary: str | None = None
    description: Any = None
    environment: Any = None
    status: Named | None = None
    resolution: Named | None = None
    priority: Named | None = None
    issuetype: IssueType | None = None
    labels: tuple[str, ...] | None = None
    assignee: Account | None = None
    reporter: Account | None = None
    duedate: str | None = None
    components: tuple[Named, ...] | None = None
    fix_versions: tuple[Named, ...] | None = None
    versions: tuple[Named, ...] | None = None
    timeoriginalestimate: int | None = None
    timeestimate: int | None = None
    timespent: int | None = None
    issuelinks: tuple[IssueLink, ...] | None = None
    parent: Keyed | None = None
    project: Keyed | None = None
    created: str = ""
    updated: str = ""
    comment: CommentPage | None = None
    worklog: WorklogPage | None = None
    """None: not asked for, or time is not tracked."""
    attachment: tuple[Attachment, ...] | None = None


class HistoryItem(_Answer, frozen=True):
    field: str = ""
    from_: str | None = msgspec.field(default=None, name="from")
    from_string: str | None = None
    to: str | None = None
    to_string: str | None = msgspec.field(default=None, name="toString")


class History(_Answer, frozen=True):
    created: str = ""
    items: tuple[HistoryItem, ...] = ()


class Changelog(_Answer, frozen=True):
    histories: tuple[History, ...] = ()


class Issue(_Answer, frozen=True):
    id: str
    key: str
    fields: IssueFields = IssueFields()
    properties: dict[str, Any] | None = None
    changelog: Changelog | None = None


class RawIssue(_Answer, frozen=True):
    """The same issue once more, for the fields that no Struct can name."""

    fields: dict[str, msgspec.Raw] = {}


class Created(_Answer, frozen=True):
    id: str
    key: str


class SearchPage(_Answer, frozen=True):
    issues: tuple[Issue, ...] = ()
    total: int = 0


class Category(_Answer, frozen=True):
    key: str = ""


class Status(_Answer, frozen=True):
    name: str = ""
    id: str = ""
    status_category: Category = Category()


class Allowed(_Answer, frozen=True):
    """A value that a field may take: named ones have a name, options a value."""

    id: str = ""
    name: str = ""
    value: str = ""
    key: str = ""
    children: tuple["Allowed", ...] = ()


class ScreenField(_Answer, frozen=True):
    required: bool = False
    has_default_value: bool = False
    name: str = ""
    allowed_values: tuple[Allowed, ...] | None = None


class Transition(_Answer, frozen=True):
    id: str
    name: str = ""
    to: Status = Status()
    fields: dict[str, ScreenField] | None = None


class Transitions(_Answer, frozen=True):
    transitions: tuple[Transition, ...] = ()


class TypeStatuses(_Answer, frozen=True):
    name: str = ""
    statuses: tuple[Status, ...] = ()


class Server(_Answer, frozen=True):
    version: str = ""
    deployment_type: str = ""
    server_title: str | None = None


class Permission(_Answer, frozen=True):
    have_permission: bool = False


class Permissions(_Answer, frozen=True):
    permissions: dict[str, Permission] = {}


class FieldSchema(_Answer, frozen=True):
    type: str = ""
    items: str = ""
    custom: str = ""
    """The type of a custom field, such as `com.atlassian...customfieldtypes:textarea`."""


class FieldInfo(_Answer, frozen=True):
    id: str
    name: str = ""
    schema: FieldSchema = FieldSchema()


class Project(_Answer, frozen=True):
    key: str = ""
    name: str = ""
    issue_types: tuple[Named, ...] = ()


class CreateField(_Answer, frozen=True):
    """A field of the screen on which issues of one type are made."""

    field_id: str = ""
    key: str = ""
    """The same, where `field_id` is not told."""
    name: str = ""
    required: bool = False
    schema: FieldSchema = FieldSchema()
    operations: tuple[str, ...] = ()
    allowed_values: tuple[Allowed, ...] | None = None


class CreateTypes(_Answer, frozen=True):
    """One page."""

    values: tuple[IssueType, ...] = ()
    total: int = 0


class CreateFields(_Answer, frozen=True):
    """One page."""

    values: tuple[CreateField, ...] = ()
    total: int = 0


class EditFields(_Answer, frozen=True):
    """What can be written in one issue, by Jira's ids."""

    fields: dict[str, CreateField] = {}


class OldCreateType(IssueType, frozen=True):
    fields: dict[str, CreateField] = {}


class OldCreateProject(_Answer, frozen=True):
    issuetypes: tuple[OldCreateType, ...] = ()


class OldCreateMeta(_Answer, frozen=True):
    """Of servers before 8.4, which tell all in one answer."""

    projects: tuple[OldCreateProject, ...] = ()


class RegisteredWebhook(_Answer, frozen=True):
    name: str = ""
    url: str = ""
    events: tuple[str, ...] = ()
    enabled: bool = True

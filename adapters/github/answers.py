"""GitHub's JSON, as far as it is read."""

from typing import Any

import msgspec


class Account(msgspec.Struct, frozen=True):
    login: str
    name: str | None = None
    email: str | None = None
    type: str = "User"


class Label(msgspec.Struct, frozen=True):
    name: str = ""


class Milestone(msgspec.Struct, frozen=True):
    number: int
    title: str
    state: str = "open"


class Named(msgspec.Struct, frozen=True):
    id: int
    name: str


class IssueType(msgspec.Struct, frozen=True):
    name: str
    id: int = 0
    is_enabled: bool = True


class FieldValue(msgspec.Struct, frozen=True):
    issue_field_id: int
    data_type: str
    value: Any = None
    single_select_option: Named | None = None
    multi_select_options: tuple[Named, ...] | None = None


class IssueField(msgspec.Struct, frozen=True):
    id: int
    name: str
    data_type: str
    options: tuple[Named, ...] | None = None


class Dependencies(msgspec.Struct, frozen=True):
    total_blocked_by: int = 0
    total_blocking: int = 0


class Issue(msgspec.Struct, frozen=True):
    id: int
    """Of the issue in all of GitHub; sub-issues and dependencies are named by it."""
    number: int
    title: str
    state: str
    html_url: str
    created_at: str
    updated_at: str
    url: str = ""
    state_reason: str | None = None
    body: str | None = None
    user: Account | None = None
    labels: tuple[Label | str, ...] = ()
    assignee: Account | None = None
    assignees: tuple[Account, ...] | None = None
    milestone: Milestone | None = None
    comments: int = 0
    pull_request: dict[str, Any] | None = None
    type: IssueType | None = None
    parent_issue_url: str | None = None
    issue_dependencies_summary: Dependencies | None = None
    issue_field_values: tuple[FieldValue, ...] | None = None


class Found(msgspec.Struct, frozen=True):
    total_count: int
    items: tuple[Issue, ...]
    incomplete_results: bool = False


class Comment(msgspec.Struct, frozen=True):
    id: int
    created_at: str
    updated_at: str
    issue_url: str
    html_url: str = ""
    body: str | None = None
    user: Account | None = None


class Permissions(msgspec.Struct, frozen=True):
    push: bool = False
    triage: bool = False
    maintain: bool = False
    admin: bool = False


class Repository(msgspec.Struct, frozen=True):
    id: int
    full_name: str
    owner: Account
    has_issues: bool = True
    archived: bool = False
    permissions: Permissions | None = None


class InstallationToken(msgspec.Struct, frozen=True):
    token: str
    expires_at: str
    permissions: dict[str, str] | None = None


class FoundUsers(msgspec.Struct, frozen=True):
    items: tuple[Account, ...]
    incomplete_results: bool = False


class HookConfig(msgspec.Struct, frozen=True):
    url: str = ""


class Hook(msgspec.Struct, frozen=True):
    id: int
    active: bool = True
    events: tuple[str, ...] = ("*",)
    config: HookConfig = HookConfig()


class Delivery(msgspec.Struct, frozen=True):
    id: int
    guid: str
    delivered_at: str
    status_code: int
    redelivery: bool = False
    event: str = ""


class Installed(msgspec.Struct, frozen=True):
    repositories: tuple[Repository, ...]

"""Redmine's JSON as Structs, and their compiled decoders."""

from typing import Any

import msgspec


class Ref(msgspec.Struct, frozen=True):
    id: int
    name: str = ""


class Status(msgspec.Struct, frozen=True):
    id: int
    name: str = ""
    is_closed: bool = False


class CustomValue(msgspec.Struct, frozen=True):
    id: int
    name: str = ""
    multiple: bool = False
    value: Any = None
    """A text, a list of texts, or None."""


class Journal(msgspec.Struct, frozen=True):
    id: int
    user: Ref | None = None
    notes: str | None = None
    created_on: str = ""
    private_notes: bool = False


class Attachment(msgspec.Struct, frozen=True):
    id: int
    filename: str = ""
    filesize: int = 0
    content_type: str | None = None
    author: Ref | None = None
    created_on: str = ""


class Relation(msgspec.Struct, frozen=True):
    id: int
    issue_id: int
    issue_to_id: int
    relation_type: str


class Issue(msgspec.Struct, frozen=True):
    id: int
    project: Ref
    tracker: Ref = Ref(0)
    status: Status = Status(0)
    priority: Ref = Ref(0)
    author: Ref | None = None
    assigned_to: Ref | None = None
    category: Ref | None = None
    fixed_version: Ref | None = None
    parent: Ref | None = None
    subject: str = ""
    description: str | None = None
    start_date: str | None = None
    due_date: str | None = None
    done_ratio: int | None = None
    is_private: bool = False
    estimated_hours: float | None = None
    spent_hours: float | None = None
    custom_fields: tuple[CustomValue, ...] = ()
    created_on: str = ""
    updated_on: str = ""
    attachments: tuple[Attachment, ...] = ()
    relations: tuple[Relation, ...] = ()
    journals: tuple[Journal, ...] = ()
    allowed_statuses: tuple[Status, ...] = ()


class OneIssue(msgspec.Struct, frozen=True):
    issue: Issue


class Issues(msgspec.Struct, frozen=True):
    issues: tuple[Issue, ...]
    total_count: int = 0


class Upload(msgspec.Struct, frozen=True):
    token: str
    id: int | None = None
    """Told since Redmine 3.4."""


class OneUpload(msgspec.Struct, frozen=True):
    upload: Upload


class OneAttachment(msgspec.Struct, frozen=True):
    attachment: Attachment


class TimeEntry(msgspec.Struct, frozen=True):
    id: int
    issue: Ref | None = None
    user: Ref | None = None
    activity: Ref | None = None
    hours: float = 0.0
    comments: str | None = None
    spent_on: str = ""
    created_on: str = ""
    updated_on: str = ""


class OneTimeEntry(msgspec.Struct, frozen=True):
    time_entry: TimeEntry


class TimeEntries(msgspec.Struct, frozen=True):
    time_entries: tuple[TimeEntry, ...]
    total_count: int = 0


class Membership(msgspec.Struct, frozen=True):
    project: Ref | None = None
    user: Ref | None = None
    roles: tuple[Ref, ...] = ()


class User(msgspec.Struct, frozen=True):
    id: int
    login: str = ""
    admin: bool = False
    firstname: str = ""
    lastname: str = ""
    mail: str | None = None
    memberships: tuple[Membership, ...] = ()


class OneUser(msgspec.Struct, frozen=True):
    user: User


class Users(msgspec.Struct, frozen=True):
    users: tuple[User, ...]
    total_count: int = 0


class Memberships(msgspec.Struct, frozen=True):
    memberships: tuple[Membership, ...]
    total_count: int = 0


class Role(msgspec.Struct, frozen=True):
    permissions: tuple[str, ...] = ()


class OneRole(msgspec.Struct, frozen=True):
    role: Role


class Project(msgspec.Struct, frozen=True):
    id: int
    identifier: str = ""
    name: str = ""
    trackers: tuple[Ref, ...] = ()
    issue_categories: tuple[Ref, ...] = ()
    time_entry_activities: tuple[Ref, ...] = ()
    enabled_modules: tuple[Ref, ...] = ()


class OneProject(msgspec.Struct, frozen=True):
    project: Project


class Projects(msgspec.Struct, frozen=True):
    projects: tuple[Project, ...]
    total_count: int = 0


class Versions(msgspec.Struct, frozen=True):
    versions: tuple[Ref, ...]


class Statuses(msgspec.Struct, frozen=True):
    issue_statuses: tuple[Status, ...]


class Enumerated(msgspec.Struct, frozen=True):
    id: int
    name: str = ""
    is_default: bool = False
    active: bool = True


class Priorities(msgspec.Struct, frozen=True):
    issue_priorities: tuple[Enumerated, ...]


class Activities(msgspec.Struct, frozen=True):
    time_entry_activities: tuple[Enumerated, ...]


class PossibleValue(msgspec.Struct, frozen=True):
    value: str
    label: str = ""


class CustomField(msgspec.Struct, frozen=True):
    id: int
    name: str = ""
    customized_type: str = ""
    field_format: str = "string"
    is_required: bool = False
    multiple: bool = False
    possible_values: tuple[PossibleValue, ...] = ()
    trackers: tuple[Ref, ...] = ()


class CustomFields(msgspec.Struct, frozen=True):
    custom_fields: tuple[CustomField, ...]


one_issue = msgspec.json.Decoder(OneIssue)
issues = msgspec.json.Decoder(Issues)
one_upload = msgspec.json.Decoder(OneUpload)
one_attachment = msgspec.json.Decoder(OneAttachment)
one_time_entry = msgspec.json.Decoder(OneTimeEntry)
time_entries = msgspec.json.Decoder(TimeEntries)
one_user = msgspec.json.Decoder(OneUser)
users = msgspec.json.Decoder(Users)
memberships = msgspec.json.Decoder(Memberships)
one_role = msgspec.json.Decoder(OneRole)
one_project = msgspec.json.Decoder(OneProject)
projects = msgspec.json.Decoder(Projects)
versions = msgspec.json.Decoder(Versions)
statuses = msgspec.json.Decoder(Statuses)
priorities = msgspec.json.Decoder(Priorities)
activities = msgspec.json.Decoder(Activities)
custom_fields = msgspec.json.Decoder(CustomFields)

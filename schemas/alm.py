"""SD Elements' ALM API: connectors, connections, jobs and plugins, as its clients know them.

What is created may have keys that are not known here, as SD Elements lets them pass; changes may
have those of the answers, for clients send back what they got.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from schemas.api import Filter, PageNumber, PageSize, Text

Item = TypeVar("Item")

Frequency = Literal["hourly", "daily", "weekly", "monthly", "manually"]
FREQUENCIES: tuple[Frequency, ...] = ("hourly", "daily", "weekly", "monthly", "manually")

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
NumberWord = Annotated[str, msgspec.Meta(min_length=1, max_length=16, pattern=r"^[0-9]+(?!\n)$")]
Id = Number | NumberWord
"""Both `1` and `"1"`."""
ProjectId = Number | Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Params = dict[str, Any]
_Unset = msgspec.UnsetType


class SystemRef(msgspec.Struct, frozen=True):
    """The id is enough."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    short_name: Text = ""
    name: Text = ""


SystemGiven = SystemRef | Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""Older clients send the bare id."""


class AlmSystem(msgspec.Struct, frozen=True):
    id: str
    short_name: str
    name: str


class AlmListQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: PageNumber = 1
    page_size: PageSize | None = None
    """Without it everything comes at once, and no count."""

    @property
    def offset(self) -> int:
        return (self.page - 1) * (self.page_size or 0)


class AlmList(msgspec.Struct, Generic[Item], frozen=True):
    """`count`, `next` and `previous` where `page_size` was given."""

    results: tuple[Item, ...]
    count: int | _Unset = msgspec.UNSET
    next: str | _Unset | None = msgspec.UNSET
    previous: str | _Unset | None = msgspec.UNSET


# Connectors


class AlmConnectorQuery(AlmListQuery, frozen=True, forbid_unknown_fields=True):
    system: Filter = ""
    name: Filter = ""


class AlmConnectorCreate(msgspec.Struct, frozen=True):
    name: Title
    system: SystemGiven
    params: Params
    inaccessible: bool = False
    """The tracker cannot be reached by the server of SD Elements."""


class AlmConnectorPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Title | _Unset = msgspec.UNSET
    system: SystemGiven | _Unset = msgspec.UNSET
    params: Params | _Unset = msgspec.UNSET
    """Put over the known ones; null removes one, and a masked secret stays as it is."""
    inaccessible: bool | _Unset = msgspec.UNSET
    id: Id | _Unset = msgspec.UNSET
    """Taken without effect."""


class AlmConnectorView(msgspec.Struct, frozen=True):
    id: int
    name: str
    system: AlmSystem
    inaccessible: bool
    params: Params | _Unset = msgspec.UNSET
    """For those who may edit ALM connections."""


class AlmConnectorTest(msgspec.Struct, frozen=True):
    name: Title
    system: SystemGiven
    params: Params


class AlmSuccess(msgspec.Struct, frozen=True):
    success: bool


# Connections


class AlmConnectionQuery(AlmListQuery, frozen=True, forbid_unknown_fields=True):
    project: Filter = ""
    include: Filter = ""
    """`last_job`"""
    alias: Filter = ""
    frequency: Frequency | None = None
    system: Filter = ""
    connector: Filter = ""


class AlmConnectionOneQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    include: Filter = ""


class AlmConnectionCreate(msgspec.Struct, frozen=True):
    alias: Title
    connector: Id
    project: ProjectId
    params: Params
    debug_mode: bool = False
    frequency: Frequency = "manually"


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer tells of a connection and nobody sets: taken without effect."""

    id: Id | _Unset = msgspec.UNSET
    system: SystemGiven | _Unset = msgspec.UNSET
    command: Text | _Unset = msgspec.UNSET
    inaccessible: bool | _Unset = msgspec.UNSET
    in_progress: bool | _Unset = msgspec.UNSET
    last_job: dict[str, Any] | _Unset | None = msgspec.UNSET


class AlmConnectionPatch(_Told, frozen=True, forbid_unknown_fields=True, kw_only=True):
    alias: Title | _Unset = msgspec.UNSET
    connector: Id | _Unset = msgspec.UNSET
    project: ProjectId | _Unset = msgspec.UNSET
    params: Params | _Unset = msgspec.UNSET
    debug_mode: bool | _Unset = msgspec.UNSET
    frequency: Frequency | _Unset = msgspec.UNSET


class AlmConnectionTest(msgspec.Struct, frozen=True):
    connector: Id
    alias: Title
    project: ProjectId
    system: SystemGiven
    params: Params


class AlmLastJob(msgspec.Struct, frozen=True):
    id: int
    succeeded: bool
    last_run: str | None
    result_message: str
    user: int
    ready: bool
    automatic: bool


class AlmConnectionView(msgspec.Struct, frozen=True):
    id: int
    alias: str
    system: AlmSystem
    frequency: Frequency
    command: str
    debug_mode: bool
    inaccessible: bool
    in_progress: bool
    connector: int
    project: int | str
    params: Params | _Unset = msgspec.UNSET
    """Those of the connector, its own and the derived ones; for those who may edit ALM
    connections."""
    last_job: AlmLastJob | _Unset | None = msgspec.UNSET


# Jobs


class AlmJobQuery(AlmListQuery, frozen=True, forbid_unknown_fields=True):
    automatic: bool | None = None
    connection: Filter = ""
    ready: bool | None = None
    succeeded: bool | None = None
    user: Filter = ""


class AlmJobPost(msgspec.Struct, frozen=True):
    """With `result_message` the result of a job that ran elsewhere, else the start of one."""

    connection: Id
    automatic: bool = False
    ready: bool = False
    succeeded: bool | None = None
    result_message: Annotated[str, msgspec.Meta(max_length=100_000)] | None = None


class AlmJobConnection(msgspec.Struct, frozen=True):
    id: int
    alias: str
    command: str
    frequency: Frequency
    project: int | str
    system: AlmSystem
    params: Params | _Unset = msgspec.UNSET


class AlmJobProgress(msgspec.Struct, frozen=True):
    """Ours: how far a job is and what it came to."""

    tasks: int = 0
    """Of the project, as far as they were listed."""
    in_scope: int = 0
    unchanged: int = 0
    due: int = 0
    """To be looked at in this job."""
    done: int = 0
    created: int = 0
    again: int = 0
    """Had an issue already, and are looked at."""
    left: int = 0
    """Tasks that are no longer in scope."""
    failed: int = 0
    problems: tuple[str, ...] = ()
    interrupted: int = 0
    """How often the node stopped while the job was under way; it went on each time."""


class AlmJobView(msgspec.Struct, frozen=True):
    id: int
    user: str
    succeeded: bool
    automatic: bool
    ready: bool
    """It is over."""
    result_message: str
    last_run: str | None
    connection: AlmJobConnection
    progress: AlmJobProgress


# Plugins


class AlmOption(msgspec.Struct, frozen=True):
    label: str
    value: str
    disabled: bool = False


class AlmField(msgspec.Struct, frozen=True):
    name: str
    label: str
    description: str
    field_type: Literal[
        "string", "masked_string", "radio", "checkbox", "select", "boolean", "integer", "json"
    ]
    default: str
    readonly: bool
    max_length: int | None
    required: bool
    deprecated: bool
    placeholder: str
    scope: Literal["system", "project"]
    help_text: str
    options: tuple[AlmOption, ...]


class AlmSection(msgspec.Struct, frozen=True):
    label: str
    optional: bool
    fields: tuple[AlmField, ...]


class AlmPlugin(msgspec.Struct, frozen=True):
    id: str
    name: str
    short_name: str
    command: str
    sections: tuple[AlmSection, ...]

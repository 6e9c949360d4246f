"""Bodies of the management API under /api/v1. Requests refuse keys that they do not know."""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from schemas.node import (
    Activity,
    ConnectionSettings,
    ConnectionStatus,
    ConnectionType,
    Mode,
    Trigger,
)
from schemas.rules import Diagnostic
from schemas.values import Millis

Item = TypeVar("Item")

# Not before a final line break either, which `$` alone would let pass.
_WORD = r"^[A-Za-z0-9][A-Za-z0-9._-]*(?!\n)$"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_WORD)]
"""Names stand in paths and in logs, so they are plain words."""
SideName = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=_WORD)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
IssueKey = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Url = Annotated[str, msgspec.Meta(max_length=2_000, pattern=r"^(https?://[^\s]+)?(?!\n)$")]
InvitationCode = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
Source = Annotated[str, msgspec.Meta(max_length=1_000_000)]
PageNumber = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success."""

    detail: str
    remedy: str = ""
    """What a person should do next."""
    errors: dict[str, list[str]] = {}
    """By field of the request; '' stands for the whole body."""
    fault: str = ""
    incident: str = ""
    """Finds the log line of an unexpected error."""


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: PageNumber = 1
    page_size: PageSize = 50

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


class Page(msgspec.Struct, Generic[Item], frozen=True):
    items: tuple[Item, ...]
    page: int
    page_size: int
    more: bool
    """True when the next page has something."""
    total: int | None = None
    """Where it is cheap to know."""


class NodeView(msgspec.Struct, frozen=True):
    id: str
    name: str
    kind: Literal["public", "private"]
    public_url: str
    version: str


# Connectors


class ConnectorAdd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    system: Name
    params: dict[str, Any]
    check: bool = True
    """Check server and credentials first, and add nothing when that fails."""


class ConnectorChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    params: dict[str, Any]
    """Put over the known ones; null removes one, and a masked secret stays as it is."""
    check: bool = True


class ConnectorView(msgspec.Struct, frozen=True):
    id: str
    name: str
    system: str
    params: dict[str, Any]
    """Secrets masked."""
    webhook_path: str
    """Where the tracker is to send its webhooks, below the node's address; '' when it cannot."""
    connections: int
    """How many connections use it."""
    created: Millis


class ConnectorCheckBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project: Text = ""


class CheckedStage(msgspec.Struct, frozen=True):
    stage: str
    passed: bool
    message: str
    remedy: str = ""


class ConnectorCheck(msgspec.Struct, frozen=True):
    connector: str
    passed: bool
    stages: tuple[CheckedStage, ...]


# Connections


class TriggerBody(Trigger, frozen=True, forbid_unknown_fields=True):
    """Which local issues come under sync by themselves."""


class SettingsBody(ConnectionSettings, frozen=True, forbid_unknown_fields=True):
    """The settings of one side; the other side has its own."""

    project: Text = ""
    issue_type: Text = ""
    trigger: TriggerBody | None = None


class ConnectionInitiate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    connector: Name
    local_side: SideName
    remote_side: SideName
    mode: Mode = "basic"
    settings: SettingsBody = SettingsBody()
    description: Text = ""
    destination: Url = ""
    """The other node's URL; only a private node that invites a public one needs it."""
    remote_connector: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """The second connector of this node: makes a local connection, with no invitation."""
    remote_settings: SettingsBody | None = None
    """Of the other end of a local connection."""
    valid_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24


class ConnectionAccept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    invitation: InvitationCode
    connector: Name
    name: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """'' takes over the name that the inviting side gave."""
    mode: Mode = "basic"
    settings: SettingsBody = SettingsBody()
    description: Text = ""


class ConnectionView(msgspec.Struct, frozen=True):
    id: str
    name: str
    type: ConnectionType
    mode: Mode
    status: ConnectionStatus
    reason: str
    local_side: str
    remote_side: str
    connector: str
    """Name of the local connector."""
    peer: str
    """Name of the other node; '' for a local connection or before pairing."""
    settings: ConnectionSettings
    rules_version: int
    twins: int
    parked: int
    created: Millis
    changed: Millis
    description: str = ""
    check: str = ""
    """Both sides' admins see the same string after pairing."""


class ConnectionInitiated(msgspec.Struct, frozen=True):
    connection: ConnectionView
    invitation: str
    """To be given to the other side once; '' for a local connection."""
    expires: Millis | None


class RulesView(msgspec.Struct, frozen=True):
    version: int
    outgoing: str
    incoming: str


class RulesPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outgoing: Source
    incoming: Source
    message: Text = ""
    based_on: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """The version that was edited; refused when another was saved meanwhile."""


class RulesSaved(msgspec.Struct, frozen=True):
    """`version` is None when findings kept the rules from being saved."""

    version: int | None
    findings: tuple[Diagnostic, ...] = ()


# Twins


class SyncBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issue: IssueKey
    connection: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """'' means: every active connection of the connector that holds the issue."""
    connector: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Synced(msgspec.Struct, frozen=True):
    connection: str
    twin: str
    issue: str
    began: bool
    """False: it was under sync already and has been rung for."""


class SyncAnswer(msgspec.Struct, frozen=True):
    twins: tuple[Synced, ...]


TwinStatus = Literal["in_step", "working", "waiting", "parked", "stopped"]
"""`working`: due or under way here. `waiting`: the peer has not confirmed what we sent."""


class TwinQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    connection: Text = ""
    issue: Text = ""
    status: TwinStatus | None = None


class TwinView(msgspec.Struct, frozen=True):
    id: str
    connection: str
    issue: str
    """The local issue's key; '' before it was created."""
    url: str
    remote_issue: str
    remote_url: str
    status: TwinStatus
    version: int
    acknowledged: int
    replica_version: int
    included: int
    attempts: int
    due_at: Millis | None
    reconciled_at: Millis | None


class ConflictView(msgspec.Struct, frozen=True):
    field: str
    winner: str
    decided_by: str
    kept: Any
    lost: Any
    at: Millis


class ErrorView(msgspec.Struct, frozen=True):
    """A parked twin."""

    twin: str
    connection: str
    issue: str
    fault: str
    message: str
    remedy: str
    since: Millis
    attempts: int
    file: str = ""
    line: int = 0
    trace: str = ""


class TwinDetail(msgspec.Struct, frozen=True):
    twin: TwinView
    comments: int
    attachments: int
    conflicts: tuple[ConflictView, ...]
    error: ErrorView | None
    activity: tuple[Activity, ...]
    """The newest first."""


# Errors and activity


class ErrorQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    connection: Text = ""


class RetryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """'' means: all parked twins of the node."""


class RetryOne(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep: Literal["", "local", "remote"] = ""
    """Whose value stands, where the twin waits for a person to decide a conflict."""


class Retried(msgspec.Struct, frozen=True):
    count: int


class ActivityQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    connection: Text = ""
    twin: Text = ""

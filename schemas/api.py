"""Bodies of the management API under /api/v2. Requests refuse keys that they do not know."""

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
from schemas.twin import Loss
from schemas.values import Fields, Millis

Item = TypeVar("Item")

# Not before a final line break either, which `$` alone would let pass.
_WORD = r"^[A-Za-z0-9][A-Za-z0-9._-]*(?!\n)$"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_WORD)]
"""Names stand in paths and in logs, so they are plain words."""
ConnectionName = Annotated[
    str, msgspec.Meta(max_length=255, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?(?!\n)$")
]
"""'' has it made: from the short names of the sides, or as the inviting side gave it."""
SideName = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=_WORD)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Filter = Annotated[str, msgspec.Meta(max_length=255)]
"""In a query; short, for a request's first line has a limit."""
IssueKey = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Url = Annotated[str, msgspec.Meta(max_length=2_000, pattern=r"^(https?://[^\s]+)?(?!\n)$")]
InvitationCode = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
Source = Annotated[str, msgspec.Meta(max_length=1_000_000)]
PageNumber = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success, but for fields that do not fit."""

    detail: str
    remedy: str = ""
    """What a person should do next."""
    fault: str = ""
    incident: str = ""
    """Finds the log line of an unexpected error."""


FieldErrors = dict[str, list[str] | dict[str, Any]]
"""The body of a 400 about fields: what is wrong with each, by its name and the names inside it."""


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: PageNumber = 1
    page_size: PageSize = 50

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list."""

    count: int
    """Of all pages."""
    results: tuple[Item, ...]
    next: str | None = None
    """Address of the next page; null on the last one."""
    previous: str | None = None


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
    revision: int = 1
    """Rises with each change."""


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


class SettingsPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of the settings of one side: what is not given stays. What both sides agreed on is no part
    of them."""

    project: Text | msgspec.UnsetType = msgspec.UNSET
    issue_type: Text | msgspec.UnsetType = msgspec.UNSET
    trigger: TriggerBody | msgspec.UnsetType | None = msgspec.UNSET
    """null: nothing comes under sync by itself any more."""
    disclosed: tuple[str, ...] | msgspec.UnsetType | None = msgspec.UNSET
    users: dict[str, str | None] | msgspec.UnsetType = msgspec.UNSET
    """Put over the known ones; null removes one."""
    default_user: str | msgspec.UnsetType = msgspec.UNSET
    attachment_limit: Annotated[int, msgspec.Meta(ge=0, le=1 << 50)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    poll_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] | msgspec.UnsetType = msgspec.UNSET


RulesTemplate = Literal["single-project", "advanced"]
"""`advanced`: the starting rules choose the project of an incoming issue by a table."""


class ConnectionInitiate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connector: Name
    local_side: SideName
    remote_side: SideName
    name: ConnectionName = ""
    mode: Mode = "basic"
    settings: SettingsBody = SettingsBody()
    description: Text = ""
    destination: Url = ""
    """The other node's URL; '' when it has none. A private node can only invite a public one."""
    relay: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    """A relay's pass: both sides are private and meet there."""
    remote_connector: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """The second connector of this node: makes a local connection, with no invitation."""
    remote_settings: SettingsBody | None = None
    """Of the other end of a local connection."""
    valid_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    template: RulesTemplate = "single-project"
    trusted: bool = False
    """Confirms the check string in advance, unseen: for automation among one's own nodes."""
    check: bool = True
    """Check the project for incoming issues in the tracker, and begin nothing when that fails."""


class ConnectionAccept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    invitation: InvitationCode
    connector: Name
    name: ConnectionName = ""
    mode: Mode | None = None
    """None takes the inviting side's; another than theirs is refused, and the code stays good."""
    settings: SettingsBody = SettingsBody()
    description: Text = ""
    template: RulesTemplate = "single-project"
    trusted: bool = False
    """Confirms the check string in advance, unseen: for automation among one's own nodes."""
    check: bool = True


class ConnectionConfirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    check: Text = ""
    """The check string as the other side reads it; another than ours is refused."""


class ConnectionQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    type: ConnectionType | None = None
    status: ConnectionStatus | None = None
    connector: Filter = ""
    """The name of the local connector."""
    peer: Filter = ""
    """The name of the other node."""
    search: Filter = ""
    """A part of the name or the description, in any case."""


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
    """Name of the other node; '' for a local connection, `unknown` before pairing."""
    settings: ConnectionSettings
    rules_version: int
    twins: int
    """Entities under sync."""
    parked: int
    created: Millis
    changed: Millis
    description: str = ""
    check: str = ""
    """Both sides' admins see the same string after pairing."""
    status_since: Millis = 0
    paused_by: Literal["", "local", "remote", "both"] = ""
    confirmed: Literal["", "local", "remote", "both"] = ""
    """Which sides' admins have said that the check strings are the same."""
    last_sync: Millis | None = None
    via: str = ""
    """Host of the relay at which both sides meet; '' for any other connection."""


class ConnectionInitiated(msgspec.Struct, frozen=True):
    connection: ConnectionView
    invitation: str
    """To be given to the other side once; '' for a local connection."""
    expires: Millis | None


class ConnectionRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    confirmed: bool = False
    """Needed while issues are under sync: their pairs are forgotten."""
    force: bool = False
    """Leaves no record behind, and does not tell the other side."""


class ProbeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000, pattern=r"^https?://[^\s]+$")]


class Probed(msgspec.Struct, frozen=True):
    """A node that answers at a URL and can be paired with."""

    url: str
    node: str
    """Its id: the hash of its identity key."""
    release: str
    """Of its software; '' when it does not tell."""
    protocol: int
    modes: tuple[str, ...]
    """In which connections can be made with it."""


class PairsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """The last twin of the page before."""
    page_size: PageSize = 500


class PairView(msgspec.Struct, frozen=True):
    local_key: str
    local_id: str
    local_url: str
    remote_key: str
    remote_id: str
    remote_url: str
    twin: str


class Pairs(msgspec.Struct, frozen=True):
    results: tuple[PairView, ...]
    next: str
    """For `after`; '' when there are no more."""


class PairClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    local_id: IssueKey
    remote_id: IssueKey


class PairAgainBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pairs: Annotated[tuple[PairClaim, ...], msgspec.Meta(max_length=200)]
    dry_run: bool = False


PairOutcome = Literal["paired", "already", "unknown_issue", "not_allowed"]


class PairedAgain(msgspec.Struct, frozen=True):
    local_id: str
    remote_id: str
    outcome: PairOutcome
    detail: str = ""


class PairAgainReport(msgspec.Struct, frozen=True):
    rows: tuple[PairedAgain, ...]


# Invitations


InvitationStatus = Literal["open", "used", "expired", "revoked", "locked"]


class InvitationView(msgspec.Struct, frozen=True):
    """An invitation of this node, or one that it accepted and about which the inviter asks."""

    id: str
    connection: str
    role: Literal["inviter", "joiner"]
    status: InvitationStatus
    created: Millis
    expires: Millis
    tries: int
    """How often somebody tried it with a wrong secret; five lock it."""
    remedy: str = ""


class InvitationReissue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    valid_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    relay: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    """A relay's pass, where both sides are private: the new code is for a new channel."""


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
    connection: Annotated[str, msgspec.Meta(max_length=255)] = ""
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
    connection: Filter = ""
    issue: Filter = ""
    """Key or id of the local issue."""
    remote: Filter = ""
    """Key or id of the other side's issue."""
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
    stopped_by: Literal["", "local", "remote"] = ""
    """Whose admin stopped it; '' also where it stopped by itself."""
    stop_reason: str = ""


class TwinStop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    """In words for people; the other side is shown it too."""


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
    losses: tuple[Loss, ...] = ()
    """What the other side sent and this side cannot hold, or only in a lesser form."""
    local: Fields = {}
    """What the local issue held when both sides last agreed; large values as digests."""
    remote: Fields = {}
    """What the other side sent last."""
    agreed: Fields = {}
    """What of that stood when both sides last agreed, as the rules had put it for this side."""


# Errors and activity


class ErrorQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    connection: Filter = ""
    fault: Filter = ""
    """Of this kind alone, such as `mapping` or `rule`."""
    search: Filter = ""
    """A part of the issue, the twin or the message, in any case."""


class RetryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """'' means: all parked twins of the node."""
    fault: Text = ""
    """Of this kind alone."""


class RetryOne(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep: Literal["", "local", "remote"] = ""
    """Whose value stands, where the twin waits for a person to decide a conflict."""


class Retried(msgspec.Struct, frozen=True):
    count: int
    """Of the twins that it was done to."""


class ActivityQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    connection: Filter = ""
    twin: Filter = ""


class ProjectQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    search: Filter = ""
    """A part of the name or the id, in any case."""
    fresh: bool = False
    """Asks the tracker again; else what it said in the last minutes stands."""


class MetadataQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    fresh: bool = False
    """Asks the tracker again; else what it said in the last minutes stands."""


# Queue


class PeerQueue(msgspec.Struct, frozen=True):
    peer: str
    messages: int
    oldest: Millis | None


class QueueView(msgspec.Struct, frozen=True):
    """What waits, and since when."""

    due: int
    """Twins to be reconciled now."""
    later: int
    """Twins that rest until their due time, such as between two attempts."""
    working: int
    """Twins in the hands of a worker."""
    arrived: int
    """Twins for which something of the other side waits to be taken in."""
    parked: int
    """Twins that wait for a person."""
    outbox: int
    """Messages that no peer has confirmed yet."""
    oldest_due: Millis | None
    oldest_outbox: Millis | None
    peers: tuple[PeerQueue, ...]


# Relay


class RelayPassAdd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    quota: Annotated[int, msgspec.Meta(ge=1 << 20, le=1 << 50)] = 1 << 30
    """Bytes that may lie here for it."""
    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 30
    """For how long channels may be opened with it; those that it has opened stay."""


class RelayPassView(msgspec.Struct, frozen=True):
    name: str
    status: Literal["active", "expired", "revoked"]
    quota: int
    used: int
    """Bytes that lie here for it now."""
    channels: int
    created: Millis
    expires: Millis
    revoked: Millis | None = None


class RelayPassAdded(msgspec.Struct, frozen=True):
    relay_pass: RelayPassView
    code: str
    """To be given to the node's admin once; it cannot be shown again."""

"""Bodies of connections under /api/v2, and of one side's settings."""

from typing import Annotated, Literal

import msgspec

from schemas.agreement import Agreement
from schemas.api import (
    ConnectionName,
    Filter,
    InvitationCode,
    Name,
    PageQuery,
    SideName,
    Text,
    Url,
)
from schemas.mapping import MappingTable, Word
from schemas.node import (
    ConnectionSettings,
    ConnectionStatus,
    ConnectionType,
    Masks,
    Mode,
    Trigger,
)
from schemas.values import Millis


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
    masks: Masks | msgspec.UnsetType = msgspec.UNSET
    mappings: dict[Word, MappingTable | None] | msgspec.UnsetType = msgspec.UNSET
    """By field; a table takes the place of the known one, and null removes it."""
    users: dict[str, str | None] | msgspec.UnsetType = msgspec.UNSET
    """Put over the known ones; null removes one."""
    default_user: str | msgspec.UnsetType = msgspec.UNSET
    attachment_limit: Annotated[int, msgspec.Meta(ge=0, le=1 << 50)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    poll_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] | msgspec.UnsetType = msgspec.UNSET
    answers_dry_runs: bool | msgspec.UnsetType = msgspec.UNSET


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
    wish_here: Agreement | None = None
    """How this side wishes conflicts to be decided, where that is not in force."""
    wish_there: Agreement | None = None
    """The same of the other side; agree to it, or tell a wish of your own."""
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

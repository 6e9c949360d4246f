"""The records that a node keeps: connectors, connections, peers, invitations, activity."""

from typing import Annotated, Any, Literal

import msgspec

from schemas.agreement import Agreement
from schemas.mapping import FieldFlow, MappingTable
from schemas.relay import RelayPlace
from schemas.values import Millis, Value

ConnectionType = Literal["public", "private", "local", "alm"]
Mode = Literal["basic", "visual", "script"]
ConnectionStatus = Literal["pending", "active", "paused", "broken", "removed"]
ConflictPolicy = Literal["newest", "local", "remote", "park"]
Masks = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=500)], ...],
    msgspec.Meta(max_length=50),
]


class Connector(msgspec.Struct, frozen=True):
    id: str
    name: str
    """Unique on this node; stands in the webhook's path."""
    system: str
    params: dict[str, Any]
    """Secrets are sealed in the store and open here; never log or show them."""
    created: Millis
    revision: int = 1
    """Rises with each change of its settings."""


class Trigger(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which local issues come under sync by themselves; all conditions must hold."""

    project: str
    types: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class ConnectionSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    project: str = ""
    """Where incoming issues are made."""
    issue_type: str = ""
    trigger: Trigger | None = None
    conflict_policy: str = "newest"
    """`newest`, `park`, or the short name of the side that wins."""
    field_policies: dict[str, str] = {}
    paragraphs: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=255)], ...],
        msgspec.Meta(max_length=200),
    ] = ()
    """Fields whose long text is merged paragraph by paragraph, so that the policy decides only on
    those that both sides changed; `*` stands for all. Agreed on by both sides, as the policy is."""
    disclosed: tuple[str, ...] | None = None
    """Fields that may leave this node, whatever the rule says; None allows the default ones."""
    users: dict[str, str] = {}
    """Who is who: e-mail or name there -> e-mail, name or id here. Others are found by these."""
    masks: Masks = ()
    """Patterns (RE2) whose finds never leave: they are masked in all outgoing text. `credentials`
    stands for well-known keys and tokens."""
    mappings: dict[str, MappingTable] = {}
    """By field: what the other side's values are here."""
    flow: dict[str, FieldFlow] = {}
    """In visual mode: which way a field goes; others go as the rules of the pair have it."""
    default_user: str = ""
    """Who stands here for a person of the other side whom nobody knows; '' for nobody."""
    attachment_limit: Annotated[int, msgspec.Meta(ge=0, le=1 << 50)] = 1 << 30
    """Bytes; larger ones are not taken over, and the activity log says so."""
    poll_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0
    """How often a private side asks where requests cannot be held; 0 takes the node's default. The
    shortest of all active connections with a peer counts."""
    record_hours: Annotated[int, msgspec.Meta(ge=0, le=8_784)] = 0
    """For so long this side keeps what its rules were given, sealed, for replays; 0: not at all."""
    record_megabytes: Annotated[int, msgspec.Meta(ge=1, le=10_240)] = 64
    """At most so much of it; the oldest goes first."""
    answers_dry_runs: bool = False
    """The other side may ask what would be written here, and is told; nothing is written."""


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What both sides have said about a connection; its status follows from it."""

    inviter: bool = False
    """This side made the invitation."""
    check: str = ""
    """Both sides' admins see the same string after pairing."""
    unconfirmed_here: bool = False
    """The admin here has not yet said that the check strings are the same."""
    unconfirmed_there: bool = False
    paused_here: bool = False
    paused_there: bool = False
    broken: str = ""
    """Why the other side cannot be served; '' while it can."""
    removed: Literal["", "here", "there"] = ""
    """Which side ended it."""
    name: str = ""
    """Of a removed connection: how it was called."""
    serial: int = 0
    """Of the newest notice to the other side."""
    heard: int = 0
    """Serial of the newest notice of the other side."""
    offers: tuple[Agreement, ...] = ()
    """What this side has wished to agree on, the newest last."""
    wish_there: Agreement | None = None
    since: Millis = 0
    """When the status became what it is; 0: at the last change of the record."""


class Connection(msgspec.Struct, frozen=True):
    id: str
    """This node's own id for its end."""
    shared: str
    """The id that both sides know."""
    name: str
    type: ConnectionType
    mode: Mode
    status: ConnectionStatus
    local_side: str
    remote_side: str
    connector: str
    """Id of the local connector."""
    peer: str
    """Id of the peer node; '' for a local connection."""
    counterpart: str
    """Id of the other end of a local connection; '' otherwise."""
    settings: ConnectionSettings
    created: Millis
    changed: Millis
    reason: str = ""
    """Why the status is what it is."""
    description: str = ""
    standing: Standing = Standing()


class Lineage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which runs of a peer's database were heard, to tell a copy or a restored backup."""

    run: str = ""
    """Heard last; '' while none was."""
    runs: tuple[str, ...] = ()
    """Its database had these as well."""
    suspect: str = ""
    """A run whose database did not know the last one."""
    since: Millis = 0
    """When the suspect was first heard."""
    forked: bool = False
    """Suspect and known run both spoke: two copies."""
    banned: tuple[str, ...] = ()
    """Runs of copies that an administrator disowned."""
    claim: int = 0


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What may change between two nodes after their pairing."""

    former_key: bytes = b""
    """The identity before, good until the peer is heard under its new one."""
    serial: int = 0
    """Of its newest card."""
    knows: int = 0
    """Serial of our card that it has."""
    met: int = 0
    """Of our card when it was paired, which brought the same."""
    renewed: int = 0
    """When its keys were last pinned again by a code, in milliseconds."""
    heard_run: str = ""
    """Of ours, that it has heard last."""
    lineage: Lineage = Lineage()
    floor: int = 0
    """What we say to it has versions above this: raised when either side was restored."""
    forgot: int = 0
    """The floor that was raised because this node was restored."""
    lost_run: str = ""
    """A run of ours that the peer knew and a restored database did not."""
    revoked: bool = False
    refused_url: str = ""
    """It says that it moved there, where this node may not go."""


class Peer(Trust, frozen=True):
    """Another node, as pinned at pairing. A private peer has no address: see `PublicPeer`."""

    id: str
    """Hash of the identity key under which it was first met; stays when it takes another."""
    name: str
    identity_key: bytes
    """Ed25519, raw."""
    message_key: bytes
    """X25519, raw; replicas are sealed to it."""
    epoch: str
    """Changes when the peer was restored from a backup."""


class PublicPeer(Peer, frozen=True):
    url: str = ""


class RelayedPeer(Peer, frozen=True, kw_only=True):
    """A private peer of this private node. The address is the relay's: it has none of its own."""

    relay: RelayPlace


class Activity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was decided for which change, and why. Append-only."""

    at: Millis
    event: str
    """A stable name, such as `twin.written` or `conflict.decided`."""
    connection: str = ""
    twin: str = ""
    issue: str = ""
    change: str = ""
    detail: dict[str, Any] = {}


class OpenConflict(msgspec.Struct, frozen=True):
    """A field that both sides changed, and of which a person decides."""

    field: str
    here: Value
    there: Value
    here_at: Millis
    there_at: Millis


class ParkedTwin(msgspec.Struct, frozen=True):
    """A twin that waits for a person."""

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
    field: str = ""
    """It waits because a value of this field has no counterpart here."""
    value: str = ""
    choices: tuple[OpenConflict, ...] = ()
    """It waits because the policy leaves these to a person; one decision, here or there, frees the
    twins of both sides."""

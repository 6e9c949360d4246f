"""The replica: the neutral issue that crosses the wire, exactly what the outgoing rule let out."""

import msgspec

from schemas.rich_text import RichText
from schemas.values import Digest, Fields, Millis, User, Value, Work


class ElementStamp(msgspec.Struct, frozen=True, array_like=True):
    """When a person at the sender last added an element to a set, or took it out."""

    version: int
    since: int
    """The first version of the run of changes that the receiver may not have seen."""
    before: bool | None
    """Whether the set had it before that run; None: nobody knows, after a restore, and the receiver
    comes to what the set has now."""


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """When a field last changed at the sender, by a person and not by us."""

    version: int
    """The sender's twin version that first carried the value."""
    at: Millis
    since: int = 0
    """The first version of the run of edits that the receiver may not have seen."""
    before: Value = None
    """What the field was before that run; a large value as its digest."""
    elements: dict[str, ElementStamp] = {}
    """Of a set: the elements that the receiver may not have seen change."""


class ReplicaComment(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    """The sender's comment id."""
    body: RichText | Digest
    author: User = User()
    created: Millis = 0
    version: int = 0
    """The sender's twin version that first carried this body."""
    internal: bool = False
    work: Work | None = None


class ReplicaAttachment(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    """The sender's attachment id, by which the bytes are asked for."""
    filename: str
    size: int
    mime: str = "application/octet-stream"
    author: User = User()
    created: Millis = 0


class Replica(msgspec.Struct, frozen=True, omit_defaults=True):
    fields: Fields = {}
    stamps: dict[str, Stamp] = {}
    comments: tuple[ReplicaComment, ...] = ()
    """Those written on the sender's side; mirrored ones do not travel back."""
    attachments: tuple[ReplicaAttachment, ...] = ()
    removed_comments: tuple[str, ...] = ()
    """Deleted by a person at the sender, confirmed by the tracker."""
    removed_attachments: tuple[str, ...] = ()
    key: str = ""
    url: str = ""
    ids: dict[str, dict[str, str]] = {}
    """Field -> value -> its id in the sender's tracker, of values that are chosen from a list. By
    it the receiver's mapping tables know a value again that was renamed."""
    gone: bool = False
    """The sender's issue was deleted; nothing follows from it but a note."""


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the sender decided a conflict. The losing value is not told: who held it keeps it."""

    field: str
    winner: str
    """Short name of the side whose value stands."""
    by: str
    """The policy, or `person`."""
    sender_at: Millis = 0
    """When the sender's people had edited the field."""
    receiver_at: Millis = 0
    version: int = 0
    """The sender's twin version that first told it."""


class TwinMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One replica with its place in the twin's history."""

    twin: str
    issue: str
    """The sender's issue id."""
    version: int
    """The sender's; each message that says something new has a higher one."""
    have: int
    """The receiver's newest version that this replica already includes."""
    replica: Replica
    path: tuple[str, ...] = ()
    """The nodes that the content came through, the origin first."""
    lacking: bool = False
    """Asks the receiver to send everything whole once more."""
    claims: str = ""
    """The receiver's issue that an admin of the sender pairs again with the sender's. The receiver
    takes it only when its own admin has named the same pair; it never creates an issue for it."""
    whole: bool = False
    """Nothing is left out that the receiver might have had: after a loss at either side."""
    yours: str = ""
    """The receiver's issue id as the sender knows it; proven only where the twin's id follows from
    it."""
    decided: tuple[Decision, ...] = ()
    """Conflicts that the sender has decided and the receiver has not confirmed to know of."""
    turn: int = 0
    """How often the twin was stopped and started, as far as the sender knows: an odd one stands for
    stopped. The highest holds on both sides."""
    reason: str = ""
    """Why the sender stopped it, in words for people."""
    forgotten: bool = False
    """With a turn that stands for stopped: the sender has forgotten the pair for good, and so may
    the receiver. Both issues stay."""

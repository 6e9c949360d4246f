"""The twin: one side's memory of the pair (local issue, remote issue)."""

from typing import Literal

import msgspec

from schemas.issue import IssueRef
from schemas.replica import Decision, Replica, Stamp
from schemas.values import Fields, Millis

Origin = Literal["local", "remote"]
Recall = Literal["", "asks", "told"]
"""What this side forgot by a restore from a backup: `asks` until the other side has said everything
whole, `told` until what it said was taken up."""


class CommentTrace(msgspec.Struct, frozen=True, omit_defaults=True):
    """The id pair of a comment. A comment belongs to the side where it was written."""

    origin: Origin
    local_id: str = ""
    remote_id: str = ""
    """Known for comments of remote origin only."""
    digest: str = ""
    """Local origin: of the comment as read. Remote origin: of the wanted comment last applied."""
    held: str = ""
    """Remote origin: digest of our mirror as the tracker held it after our write."""
    version: int = 0
    """The origin's twin version that carried the body; 0 when the outgoing rule kept it back."""
    updated: Millis = 0
    """Of the local comment as last read; an equal one need not be compared again."""
    removed: bool = False


class AttachmentTrace(msgspec.Struct, frozen=True, omit_defaults=True):
    origin: Origin
    local_id: str = ""
    remote_id: str = ""
    version: int = 0
    removed: bool = False


class Intent(msgspec.Struct, frozen=True):
    """A create that was begun. Committed before the call, looked up after a crash."""

    kind: Literal["issue", "comment", "attachment"]
    marker: str
    remote_id: str
    """The remote part that is being mirrored; '' for the issue itself."""
    at: Millis
    words: str = ""
    """Of a comment or a file: by what it is known where the tracker cannot keep a marker."""


class Base(msgspec.Struct, frozen=True, omit_defaults=True):
    """What both sides last agreed on, large values as digests."""

    wanted: Fields
    """What the other side had sent, as our incoming rule put it."""
    held: Fields
    """What our tracker held."""
    replica: Fields = {}
    """The replica's fields from which `wanted` was made."""


class ToldText(msgspec.Struct, frozen=True, array_like=True):
    """A text of ours as a message carried it, by the marks of its paragraphs."""

    version: int
    marks: tuple[str, ...]


class SharedText(msgspec.Struct, frozen=True, omit_defaults=True):
    """What both sides last had of a long text, by the marks of its paragraphs: what edits of both
    are merged on."""

    held: tuple[str, ...] = ()
    """As it was here."""
    wanted: tuple[str, ...] = ()
    """As the other side's replica had it, once our rule had seen it."""
    version: int = 0
    """Our newest message then."""
    told: bool = False
    """The other side took it from us; how its tracker tidied it is not known."""
    waiting: tuple[ToldText, ...] = ()
    """What we told since, of which the other side may not know."""


class Flip(msgspec.Struct, frozen=True):
    """How often a field went back to a value it had just lost, for the loop breaker."""

    times: tuple[Millis, ...] = ()
    lost: tuple[str, ...] = ()
    """Digests of the last values that we overwrote, newest last."""


class Relations(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a twin knows of the issues that its own issue is tied to."""

    strangers: tuple[str, ...] = ()
    """Ids of local issues that its issue names and that are under no sync."""
    left_out: tuple[str, ...] = ()
    """Wished ties such as "blocks twin:…" or "parent twin:…" whose other issue is not here yet."""
    elsewhere: tuple[str, ...] = ()
    """Links that the other issue's twin speaks for, as last seen."""


class Loss(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the other side sent and this side cannot hold, or only in a lesser form."""

    field: str
    """A neutral name, "comments" or "attachments"."""
    reason: str
    """In words for people."""
    written: bool = False
    """Found when the value was written: it stands until the field is written again."""


class Twin(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    """The same on both sides; made by the side that began the sync."""
    connection: str
    issue: IssueRef | None = None
    local_version: int = 0
    """The local issue's version when last reconciled."""
    remote_issue: str = ""
    version: int = 0
    """Our newest message."""
    replica: Replica = Replica()
    """The newest of the other side, whole; of comments and removals only those not yet included."""
    replica_version: int = 0
    included: int = 0
    """The other side's version up to which we have taken everything in."""
    acknowledged: int = 0
    """Our version that the newest replica already includes."""
    base: Base = Base({}, {})
    edits: dict[str, Stamp] = {}
    """When a person last changed a local field, and the version of ours that carried it."""
    sent: Fields = {}
    """The outgoing rule's fields as last sent, large values as digests."""
    stamps: dict[str, Stamp] = {}
    comments: tuple[CommentTrace, ...] = ()
    attachments: tuple[AttachmentTrace, ...] = ()
    intents: tuple[Intent, ...] = ()
    path: tuple[str, ...] = ()
    """The nodes that the content came through before it reached this one, the origin first."""
    rules_version: int = 0
    """Of the rules that last decided; a new version looks at everything again."""
    adopted: tuple[str, ...] = ()
    """Fields of the replica that were taken in and that the outgoing rule has not yet seen."""
    flips: dict[str, Flip] = {}
    texts: dict[str, SharedText] = {}
    """Of fields whose text is merged by paragraphs."""
    resend: bool = False
    """The other side misses content: the next message carries everything whole."""
    lacking: bool = False
    """A message referred to content that we do not hold; the next one of ours asks for it."""
    gone: bool = False
    """The local issue was deleted; the other side has been or will be told."""
    keep: Literal["", "local", "remote"] = ""
    """How a person decided the conflicts that the policy left to them; '' once it was done."""
    claimed: bool = False
    """An admin paired two issues that existed; neither side creates one."""
    recalls: Recall = ""
    recalled: str = ""
    """Our issue, of which the other side reminded us; its id proves that the twin is its own."""
    relations: Relations = Relations()
    losses: tuple[Loss, ...] = ()
    """Of the newest replica, as far as it was taken in."""
    mirror: bool = False
    """The local issue was made here for the other side's."""
    decisions: tuple[Decision, ...] = ()
    """Conflicts that this side has decided and the other has not confirmed to know of."""
    heard: tuple[Decision, ...] = ()
    """Those of the other side that are yet to be recorded here, with what is taken in."""
    anew: bool = False
    """The incoming rule is asked about the newest replica once more: it, or the tables, may have
    changed since."""
    stopped: bool = False
    """No longer under sync; kept so that late messages find their place."""
    cleaned: bool = False
    """Cleaned up: nothing is known of it any more but that it was. It never goes on."""
    turn: int = 0
    """How often it was stopped and started, by either side: an odd one stands for stopped."""
    stopped_by: Literal["", "local", "remote"] = ""
    """Whose admin stopped it; '' also where it stopped by itself."""
    stop_reason: str = ""

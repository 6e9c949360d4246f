"""What two nodes say to each other, as MessagePack maps. Unknown fields are ignored, so a newer
minor version may add some; `version` and `minimum` tell when that is not enough."""

from typing import Annotated, Literal

import msgspec

from schemas.agreement import Agreement
from schemas.errors import InputError

PROTOCOL = 1
"""Spoken by this node; it understands from `MINIMUM` on."""
MINIMUM = 1

MAX_BODY = 8 << 20
"""Bytes of one exchange, request or answer."""
MAX_ITEM = 7 << 20
"""Bytes of one sealed message; what is larger cannot travel and is set aside."""
MAX_ITEMS = 100
MAX_WAIT = 25.0
"""Seconds that a request may be held; proxies commonly cut at 30."""

NODE_PATH = "/peer/v1/node"
PAIR_PATH = "/peer/v1/pair"
EXCHANGE_PATH = "/peer/v1/exchange"
FETCH_PATH = "/peer/v1/attachments/fetch"
UPLOAD_PATH = "/peer/v1/attachments/"
"""Followed by the id of the request that the upload answers; a GET tells the request as it is now,
an `AttachmentWanted`, so that an upload that broke off goes on where it broke."""

NOTICE_TWIN = "@connection"
"""In place of a twin's id: what is said about the connection itself. No twin's id begins with @."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Text = Annotated[str, msgspec.Meta(max_length=1024)]
RequestId = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,128}$")]
"""Stands in a path."""
Seq = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
Run = Annotated[str, msgspec.Meta(max_length=32)]
Verdict = Literal["", "wait", "restored", "fork"]
Role = Literal["inviter", "joiner"]


class FeedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of the sender's feed. A newer one about the same twin replaces it."""

    seq: Seq
    connection: Id
    """The id that both sides know."""
    twin: Id
    sealed: bytes
    kind: Id = "twin"
    """`twin` (a `TwinMessage`), `connection` (a `ConnectionNotice`), `dry_run` (a `DryRunAsk`) or
    `dry_run_answer` (a `DryRunAnswer`)."""


class ConnectionNotice(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the sender's side of a connection stands. A newer one replaces an older."""

    status: Id
    """`pending` until its admin has confirmed the check string, `active`, `paused` or `removed`."""
    serial: Seq
    """Rises with each notice; one with a lower number is late and changes nothing."""
    at: Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
    """When it became so, in milliseconds."""
    reason: Text = ""
    wish: Agreement | None = None
    """How the sender wishes conflicts to be decided; it holds once both wish the same."""
    agreed: Agreement | None = None
    """How the sender decides them now."""


NO_CONNECTION = "no_connection"
UNKNOWN_KIND = "unknown_kind"


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item that was received and not taken. It counts as received all the same."""

    seq: Seq
    connection: Id
    twin: Id
    reason: Text
    code: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """For a program. `NO_CONNECTION`: the refusing side does not have this connection with the
    sender. `unknown_key`: sealed to a key that is gone, to be sent again. `UNKNOWN_KIND`: this kind
    of message is of a newer version, and its sender may go on without. For those of an ask that is
    not answered see `dry_runs`."""


class AttachmentWanted(msgspec.Struct, frozen=True, omit_defaults=True):
    request: RequestId
    """Made by the side that asks."""
    connection: Id
    twin: Id
    attachment: Id
    """The id at the side that holds the content."""
    limit: Annotated[int, msgspec.Meta(ge=0)] = 1 << 30
    """Bytes that the asking side takes at most."""
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Bytes that the asking side has already, from an attempt that broke off."""


class Unavailable(msgspec.Struct, frozen=True):
    """The content of an attachment will not come."""

    request: RequestId
    reason: Text


class Declined(msgspec.Struct, frozen=True, omit_defaults=True):
    """An attachment of the listener's that the speaker leaves out, such as one over its limit."""

    connection: Id
    twin: Id
    attachment: Id
    """The id at the listener's side."""
    filename: Text
    reason: Text


class Succession(msgspec.Struct, frozen=True):
    """An identity hands over to the next; each signs, over both keys."""

    old: Key
    new: Key
    by_old: Signature
    by_new: Signature


class CardContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a node says of itself. The higher serial holds; a lower one is history."""

    serial: Seq
    identity_key: Key
    message_key: Key
    url: Annotated[str, msgspec.Meta(max_length=2048)] = ""
    """'' for a private node."""
    version: int = PROTOCOL
    minimum: int = MINIMUM


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    content: Annotated[bytes, msgspec.Meta(max_length=1 << 14)]
    """An encoded `CardContent`, left as it came: the signature covers its very bytes."""
    signature: Signature
    """By the identity key in `content`."""
    lineage: Annotated[tuple[Succession, ...], msgspec.Meta(max_length=32)] = ()
    """From earlier identities to the present one, the oldest first."""


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True):
    """Both the request and its answer: what I have for you, and how far I have what you sent."""

    epoch: Id
    """Of the speaker's feed; a new one when its store was restored."""
    have: Seq = 0
    """Everything of the listener's feed up to here is stored."""
    have_epoch: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """The epoch in which `have` counts; '' when nothing was received yet."""
    after: Seq = 0
    """The listener has confirmed up to here before; if it knows less, it has lost something."""
    items: Annotated[tuple[FeedItem, ...], msgspec.Meta(max_length=1000)] = ()
    """By rising `seq`, beginning with the oldest unconfirmed."""
    refused: Annotated[tuple[Refusal, ...], msgspec.Meta(max_length=1000)] = ()
    unavailable: Annotated[tuple[Unavailable, ...], msgspec.Meta(max_length=1000)] = ()
    declined: Annotated[tuple[Declined, ...], msgspec.Meta(max_length=1000)] = ()
    """Told once; the issue itself was taken."""
    wanted: Annotated[tuple[AttachmentWanted, ...], msgspec.Meta(max_length=1000)] = ()
    """In answers to a private node: contents that it may upload."""
    serving: Annotated[tuple[RequestId, ...], msgspec.Meta(max_length=1000)] = ()
    """Requests from `wanted` that the caller works on already."""
    wait: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    """Seconds for which the answer may be held back while there is nothing to say."""
    limit: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Items that the caller takes in the answer."""
    version: int = PROTOCOL
    minimum: int = MINIMUM
    card: Card | None = None
    """The speaker's, until the listener has it."""
    card_known: Seq = 0
    """Serial of the listener's card that the speaker has; 0 while it has none."""
    run: Run = ""
    """Of the speaker's process and hour; each is registered in the speaker's database."""
    runs: Annotated[tuple[Run, ...], msgspec.Meta(max_length=64)] = ()
    """Runs in the speaker's database; given until the listener knows `run`."""
    run_known: Run = ""
    """The listener's run that the speaker heard last."""
    claim: Seq = 0
    """Above the last one: an administrator says that the speaker is the node, and not a copy."""
    verdict: Annotated[str, msgspec.Meta(max_length=16)] = ""
    """A `Verdict` on the listener, or one of a newer version. `wait`: it may be a copy or restored;
    `restored`: it is to begin a new epoch; `fork`: two copies run. Nothing that it said was taken.
    """


class AttachmentFetch(msgspec.Struct, frozen=True):
    wanted: AttachmentWanted


class NodeCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a public node tells anybody. The signature ties the message key to the identity."""

    identity_key: Key
    message_key: Key
    signature: bytes
    version: int = PROTOCOL
    minimum: int = MINIMUM
    release: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """Of the software."""
    modes: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] = ()
    """In which connections can be made with it."""


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one side says about the connection. The inviter's bind; a joiner's may be empty."""

    system: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """The kind of tracker on the speaker's side."""
    shared: Annotated[str, msgspec.Meta(max_length=255)] = ""
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""
    mode: Annotated[str, msgspec.Meta(max_length=16)] = ""
    type: Annotated[str, msgspec.Meta(max_length=16)] = ""
    local_side: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """Short name of the speaker's side."""
    remote_side: Annotated[str, msgspec.Meta(max_length=255)] = ""
    description: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    conflict_policy: Annotated[str, msgspec.Meta(max_length=255)] = "newest"
    """The inviter's holds on both sides: `newest`, `park`, or the side that wins."""
    field_policies: Annotated[dict[str, str], msgspec.Meta(max_length=200)] = {}
    paragraphs: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=255)], ...], msgspec.Meta(max_length=200)
    ] = ()
    """Fields whose long text both sides merge by paragraphs; `*` stands for all."""
    trusted: bool = False
    """The speaker's admin needs no look at the check string."""


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """One side of a pairing, as it presents itself."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    identity_key: Key
    message_key: Key
    terms: Terms
    url: Annotated[str, msgspec.Meta(max_length=2048)] = ""
    """'' for a private node."""


class PairContent(msgspec.Struct, frozen=True):
    """Sealed inside a pair request or its answer."""

    role: Role
    """Of the speaker."""
    party: msgspec.Raw
    """An encoded `Party`, left as it came: the transcript covers its very bytes."""
    proof: bytes
    """Shows that the speaker knows the invitation's secret."""
    signature: bytes


class PairRequest(msgspec.Struct, frozen=True):
    invitation: Id
    sealed: Annotated[bytes, msgspec.Meta(max_length=1 << 16)]
    version: int = PROTOCOL
    minimum: int = MINIMUM


class PairAnswer(msgspec.Struct, frozen=True):
    sealed: bytes
    version: int = PROTOCOL


class Refused(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON body of every answer that is not a success."""

    detail: str
    remedy: str = ""
    server_time: int = 0
    """Milliseconds; given when the caller's clock is the cause."""


class VersionsDiffer(InputError):
    """The two nodes have no protocol version in common. `here`: this one is the older."""

    def __init__(self, spoken: int, needed: int, *, here: bool) -> None:
        self._of = (spoken, needed, here)
        older, newer = ("This node", "the other") if here else ("The other node", "this one")
        super().__init__(
            f"{older} speaks protocol {spoken}; {newer} needs at least {needed}.",
            remedy="Update this node." if here else "Update the other node.",
        )

    def seen_there(self) -> "VersionsDiffer":
        """In words for the other node's administrator."""
        spoken, needed, here = self._of
        return VersionsDiffer(spoken, needed, here=not here)


def check_version(version: int, minimum: int) -> None:
    """What the other node speaks. Raises `VersionsDiffer`."""
    if version < MINIMUM:
        raise VersionsDiffer(version, MINIMUM, here=False)
    if minimum > PROTOCOL:
        raise VersionsDiffer(PROTOCOL, minimum, here=True)

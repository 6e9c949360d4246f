"""Cards: how a node tells its peers of new keys and of a new URL, without a new pairing."""

import msgspec
import structlog

from schemas.errors import PeerError
from schemas.node import Peer
from schemas.peer import MINIMUM, PROTOCOL, Card, CardContent, Succession
from service.peers.decoding import MALFORMED
from service.peers.identity import NodeIdentity, signature_holds
from service.peers.key_ring import succession_content

log = structlog.get_logger()

_LABEL = b"tidegate-card-2"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(CardContent).decode


def own_card(identity: NodeIdentity) -> Card:
    content = _encode(
        CardContent(
            identity.serial,
            identity.identity_key,
            identity.message_key,
            identity.ring.url,
            PROTOCOL,
            MINIMUM,
        )
    )
    return Card(content, identity.sign(_LABEL + content), identity.lineage)


def read_card(peer: Peer, card: Card) -> CardContent | None:
    """What the peer says of itself; None when it is no newer than what is known.

    Raises `PeerError` unless the pinned identity has signed it, or one that it handed over to.
    """
    try:
        content = _decode(card.content)
    except MALFORMED as error:
        raise PeerError(f"The peer's card is malformed: {error}") from error
    if not signature_holds(content.identity_key, card.signature, _LABEL + card.content):
        raise PeerError("The peer's card is not signed by the identity that it names.")
    if content.identity_key != peer.identity_key:
        _check_lineage(peer.identity_key, content.identity_key, card.lineage)
    return content if content.serial > peer.serial else None


def _check_lineage(pinned: bytes, present: bytes, lineage: tuple[Succession, ...]) -> None:
    """From the pinned identity, whichever of the line it is, each has to name the next."""
    at = pinned
    for step in lineage:
        if step.old == at:
            said = succession_content(step.old, step.new)
            if not (
                signature_holds(step.old, step.by_old, said)
                and signature_holds(step.new, step.by_new, said)
            ):
                break
            at = step.new
    if at != present:
        raise PeerError(
            "The peer's card names another identity, and the pinned one did not hand over to it.",
            remedy="If the peer was set up anew: tidegate peer renew PEER",
        )

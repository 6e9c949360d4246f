"""Dry runs between nodes on the wire: asks and answers, sealed as everything else is."""

import msgspec

from schemas.dry_runs import (
    ANSWER_TWIN,
    ASK_TWIN,
    MAX_ENCODED,
    DryRunAnswer,
    DryRunAsk,
)
from schemas.errors import PeerError
from schemas.node import Peer
from schemas.peer import FeedItem
from service.peers.decoding import MALFORMED
from service.peers.identity import NodeIdentity
from service.peers.sealing import Context, open_sealed, seal

ASK = "dry_run"
ANSWER = "dry_run_answer"

_encode = msgspec.msgpack.Encoder().encode
_decode_ask = msgspec.msgpack.Decoder(DryRunAsk).decode
_decode_answer = msgspec.msgpack.Decoder(DryRunAnswer).decode
_as_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder(DryRunAnswer).decode


def seal_ask(identity: NodeIdentity, recipient: Peer, connection: str, ask: DryRunAsk) -> bytes:
    context = Context(connection, ASK_TWIN + ask.id, ASK)
    return seal(identity, recipient, context, _encode(ask))


def seal_answer(
    identity: NodeIdentity, recipient: Peer, connection: str, answer: DryRunAnswer
) -> bytes:
    context = Context(connection, ANSWER_TWIN + answer.id, ANSWER)
    return seal(identity, recipient, context, _encode(answer))


def open_ask(identity: NodeIdentity, sender: Peer, item: FeedItem) -> DryRunAsk:
    """Raises `PeerError`."""
    payload = _opened(identity, sender, item)
    try:
        ask = _decode_ask(payload)
    except MALFORMED as error:
        raise PeerError(f"The ask for a dry run is malformed: {error}") from error
    if item.twin != ASK_TWIN + ask.id or ask.message.twin.startswith("@"):
        raise PeerError("The ask for a dry run is another than its envelope says.")
    return ask


def open_answer(identity: NodeIdentity, sender: Peer, item: FeedItem) -> DryRunAnswer:
    """Raises `PeerError`."""
    payload = _opened(identity, sender, item)
    try:
        # What it shows is free in form; only what JSON can hold is ever shown to anybody.
        answer = _from_json(_as_json(_decode_answer(payload)))
    except (*MALFORMED, TypeError) as error:
        raise PeerError(f"The answer to a dry run is malformed: {error}") from error
    if item.twin != ANSWER_TWIN + answer.id:
        raise PeerError("The answer to a dry run is another than its envelope says.")
    return answer


def _opened(identity: NodeIdentity, sender: Peer, item: FeedItem) -> bytes:
    payload = open_sealed(
        identity, sender, Context(item.connection, item.twin, item.kind), item.sealed
    )
    if len(payload) > MAX_ENCODED:
        raise PeerError(f"A dry run of {len(payload)} bytes is too large: {MAX_ENCODED} may be.")
    return payload

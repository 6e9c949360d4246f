"""Messages of a peer that were right until something of them was changed, the same in each run."""

import math
import random
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from schemas.peer import (
    EXCHANGE_PATH,
    FETCH_PATH,
    PAIR_PATH,
    UPLOAD_PATH,
    AttachmentFetch,
    AttachmentWanted,
    PairRequest,
)
from schemas.replica import Replica, ReplicaAttachment, ReplicaComment, Stamp, TwinMessage
from schemas.rich_text import RichText
from service.peers import signing
from service.peers.cards import own_card
from service.peers.pairing import _info as pairing_info
from service.peers.sealing import Context, seal, seal_raw
from service.peers.signing import Bound
from service.peers.streams import StreamSealer, stream_context
from tests.e2e.attacker import OWN_REQUEST, Attacker, Sent, encode
from tests.e2e.door import now
from tests.e2e.nonsense import parts

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**53 - 1, 2**63, -(2**63), 0.5, math.inf, -math.inf,
    math.nan, "", "\x00", "\u202e\ud7ff🛢️", "a" * 256, "a" * 5_000, "../..", b"", bytes(300), [], {},
    [[]] * 50, [None] * 1_001, {"": None}, {"a": {"a": {"a": []}}},
)  # fmt: skip
TWINS = 50
TAKEN = (200, 400, 401, 404, 409, 410, 413)


def deep(levels: int) -> msgspec.Raw:
    return msgspec.Raw(b"\x91" * levels + b"\x00")


def changed(draw: random.Random, good: Any) -> Any:
    """One place in a tree of maps and lists holds something else."""
    if isinstance(good, dict) and good and draw.random() < 0.9:
        name = draw.choice(sorted(good, key=str))
        how = draw.random()
        if how < 0.6:
            return good | {name: changed(draw, good[name])}
        if how < 0.75:
            return {key: value for key, value in good.items() if key != name}
        if how < 0.85:
            return good | {draw.choice(("", "new", f"{name}2", 7)): draw.choice(ODD)}
        return good | {name: draw.choice(list(good.values()))}
    if isinstance(good, list) and good and draw.random() < 0.8:
        at = draw.randrange(len(good))
        how = draw.random()
        if how < 0.6:
            return [*good[:at], changed(draw, good[at]), *good[at + 1 :]]
        return draw.choice((good[:at], good + good[:99], good[::-1], good[:99] * 20))
    if isinstance(good, int) and not isinstance(good, bool) and draw.random() < 0.5:
        return good + draw.choice((-1, 1, 2**31, 2**52, -(2**31)))
    return (
        deep(draw.choice((10, 200, 5_000, 200_000))) if draw.random() < 0.05 else draw.choice(ODD)
    )


def garbled(draw: random.Random, good: bytes) -> bytes:
    """Some bytes are others, are missing, or are there twice."""
    body = bytearray(good)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(body) + 1)
        how = draw.randrange(4)
        if how == 0:
            del body[at : at + draw.randint(1, 20)]
        elif how == 1:
            body[at:at] = draw.randbytes(draw.randint(1, 8))
        elif how == 2:
            body[at:at] = body[at : at + 20]
        elif at < len(body):
            body[at] ^= 1 << draw.randrange(8)
    return bytes(body[: draw.randrange(len(body) + 1)] if draw.random() < 0.2 else body)


def packed(draw: random.Random, good: Any) -> bytes:
    """MessagePack of a changed tree, or changed MessagePack."""
    if draw.random() < 0.3:
        return garbled(draw, _encode(good))
    for _ in range(draw.choice((1, 1, 2, 3))):
        good = changed(draw, good)
    return _encode(good)


def _encode(tree: Any) -> bytes:
    try:
        return msgspec.msgpack.encode(tree)
    except OverflowError:
        # Larger than MessagePack's numbers: what a sum of ours has become.
        return msgspec.msgpack.encode(None)


def _tree(message: Any) -> Any:
    return msgspec.to_builtins(message, builtin_types=(bytes,), str_keys=True)


def _twin(draw: random.Random) -> str:
    return f"mutated-{draw.randrange(TWINS)}"


def _message(draw: random.Random, twin: str) -> TwinMessage:
    replica = Replica(
        {"summary": "Pump 3 leaks", "labels": ["a", "b"], "priority": "High"},
        {"summary": Stamp(1, 1_700_000_000_000)},
        (ReplicaComment("c1", RichText(())),),
        (ReplicaAttachment("a1", "plan.pdf", 100),),
        key="PUMP-3",
    )
    return TwinMessage(twin, "1", draw.randint(1, 1 << 40), 0, replica, ("a", "b"))


def _exchange_tree(attacker: Attacker, draw: random.Random) -> dict[str, Any]:
    twin = _twin(draw)
    item = {
        "seq": draw.randint(1, 1 << 40),
        "connection": attacker.own.connection,
        "twin": twin,
        "sealed": attacker.own.message(twin),
        "kind": "twin",
    }
    about = {"seq": 1, "connection": attacker.own.connection, "twin": twin, "reason": "none"}
    return {
        "epoch": "attacker",
        "have": 0,
        "have_epoch": "",
        "after": 0,
        "items": [item],
        "refused": [about],
        "unavailable": [{"request": "r", "reason": "gone"}],
        "serving": ["r"],
        "wait": 0.001,
        "limit": 1,
        "version": 1,
        "minimum": 1,
    }


def _signed(attacker: Attacker, path: str, body: bytes) -> Sent:
    return Sent(path, attacker.signed(body, path=path), body, TAKEN)


def exchange(attacker: Attacker, draw: random.Random) -> Sent:
    return _signed(attacker, EXCHANGE_PATH, packed(draw, _exchange_tree(attacker, draw)))


def item(attacker: Attacker, draw: random.Random) -> Sent:
    """The exchange is right, and the seal; what is sealed is not."""
    own, twin = attacker.own, _twin(draw)
    said = packed(draw, _tree(_message(draw, twin)))
    sealed = seal(own.identity, own.node, Context(own.connection, twin), said)
    if draw.random() < 0.2:
        sealed = garbled(draw, sealed)
    whole = _exchange_tree(attacker, draw)
    whole["items"] = [whole["items"][0] | {"twin": twin, "sealed": sealed}]
    return _signed(attacker, EXCHANGE_PATH, encode(whole | {"refused": [], "unavailable": []}))


def pairing(attacker: Attacker, draw: random.Random) -> Sent:
    """For an invitation that is locked; what is sealed opens, and is wrong inside."""
    party = {"name": "a peer", "identity_key": bytes(32), "message_key": bytes(32), "terms": {}}
    content = {"role": "joiner", "party": party, "proof": bytes(32), "signature": bytes(64)}
    node = attacker.own.node
    info = pairing_info("tidegate-pair-1 request", attacker.used, node.id)
    sealed = seal_raw(node.message_key, packed(draw, content), info)
    asked = _tree(PairRequest(draw.choice((attacker.used, "nobody")), sealed))
    body = packed(draw, asked) if draw.random() < 0.7 else encode(asked)
    return Sent(PAIR_PATH, {}, body, TAKEN[1:])


def fetch(attacker: Attacker, draw: random.Random) -> Sent:
    own = attacker.own
    wanted = AttachmentFetch(AttachmentWanted("r", own.connection, "twin-1", "a1"))
    return _signed(attacker, FETCH_PATH, packed(draw, _tree(wanted)))


def upload(attacker: Attacker, draw: random.Random) -> Sent:
    """Of a content that the node really waits for."""
    own = attacker.own
    context = stream_context(own.connection, "twin-1", "a1")
    sealer = StreamSealer(own.identity, own.node, context, secrets.token_bytes)
    frames = b"".join((*sealer.update(draw.randbytes(100)), sealer.finish()))
    head, body = sealer.header, frames
    if draw.random() < 0.5:
        head = garbled(draw, head.encode()).decode("latin-1")
        head = "".join(c for c in head if c.isprintable() and c.isascii()).strip()
    else:
        body = garbled(draw, frames)
    if (head, body) == (sealer.header, frames):
        body = frames[:-1]
    path = UPLOAD_PATH + OWN_REQUEST
    headers = attacker.signed(b"", path=path, method="PUT", bound=Bound(signing.STREAM, head))
    # Many bring the same content at a time: who is overtaken by a newer one is told to come later.
    return Sent(path, headers, body, (*TAKEN[1:], 429), method="PUT")


def header(attacker: Attacker, draw: random.Random) -> Sent:
    """The message is right, its signature was changed."""
    body = attacker.saying()
    headers = attacker.signed(body)
    name = draw.choice(sorted(headers))
    value = garbled(draw, headers[name].encode()).decode("latin-1")
    value = "".join(c for c in value if c.isprintable() and c.isascii()).strip()
    if value == headers[name]:
        value = value[:-2]
    return Sent(EXCHANGE_PATH, headers | {name: value}, body, (400, 401))


MAKERS: Mapping[Callable[[Attacker, random.Random], Sent], int] = {
    exchange: 8,
    item: 6,
    pairing: 2,
    fetch: 2,
    upload: 1,
    header: 1,
}


def past(attacker: Attacker, draw: random.Random) -> Sent:
    """What the peer says of its own keys and runs, and of ours. Some of it makes a copy of it."""
    card = own_card(attacker.own.identity)
    whole = _exchange_tree(attacker, draw) | {
        "card": _tree(card),
        "card_known": draw.choice((0, now())),
        "run": draw.choice(("run-1", "run-2")),
        "runs": ["run-1"],
        "run_known": draw.choice(("", "run-3")),
        "claim": draw.choice((0, now())),
        "verdict": draw.choice(("", "wait", "restored", "fork")),
    }
    return _signed(attacker, EXCHANGE_PATH, packed(draw, whole))


def mutated(attacker: Attacker, count: int, seed: int) -> Iterator[tuple[str, Sent]]:
    """With the name of its kind. Pasts come last: of a peer that seems doubled nothing is taken."""
    makers, weights = list(MAKERS), list(MAKERS.values())
    for number, draw in enumerate(parts(random.Random(seed), count)):
        make = past if number >= count * 0.9 else draw.choices(makers, weights)[0]
        yield make.__name__, make(attacker, draw)

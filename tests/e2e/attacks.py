"""What a hostile network and a hostile peer may send, by name: each one request."""

import base64
import gzip
import secrets
import zlib
from collections.abc import Callable, Mapping

import msgspec

from schemas.peer import (
    EXCHANGE_PATH,
    FETCH_PATH,
    MAX_BODY,
    PAIR_PATH,
    UPLOAD_PATH,
    AttachmentFetch,
    AttachmentWanted,
    Exchange,
    FeedItem,
    PairRequest,
    Refusal,
    Unavailable,
)
from schemas.replica import Replica, TwinMessage
from service.peers import signing
from service.peers.identity import NodeIdentity, node_id
from service.peers.sealing import Context, seal
from service.peers.signing import DIGEST, Bound, content_digest
from tests.e2e.attacker import NEIGHBOURS_REQUEST, Attacker, Sent, encode
from tests.e2e.door import now

Make = Callable[[Attacker], Sent]

INPUT, SIGNATURE = "Signature-Input", "Signature"
HOUR = 3_600_000
MEGABYTE = 1 << 20
BOMB = bytes(64 * MEGABYTE)
"""Packed a thousandth of it; MessagePack's `0` again and again."""
BROTLI_BOMB = b"\x5b\xff\xff\x3f\x00" + b"\x00" * 64
"""The head of a stream that announces 4 MB; nobody should look so far."""


def _with(headers: Mapping[str, str], **changed: str | None) -> dict[str, str]:
    """Headers with some replaced; None takes one away."""
    given = {name.replace("_", "-").lower(): value for name, value in changed.items()}
    kept = {name: value for name, value in headers.items() if name.lower() not in given}
    return kept | {name: value for name, value in given.items() if value is not None}


def _genuine(attacker: Attacker) -> bytes:
    """An exchange that would be taken if it were signed."""
    twin = "never-taken"
    return attacker.saying(FeedItem(9, attacker.own.connection, twin, attacker.own.message(twin)))


def _refused(alter: Callable[[Attacker, bytes, dict[str, str]], tuple[dict[str, str], bytes]],
             *expected: int) -> Make:  # fmt: skip
    """A genuine exchange, altered on its way."""

    def make(attacker: Attacker) -> Sent:
        body = _genuine(attacker)
        return Sent.exchange(*alter(attacker, body, attacker.signed(body)), *(expected or (401,)))

    return make


def _headers(*expected: int, **changed: str | None) -> Make:
    return _refused(lambda _, body, headers: (_with(headers, **changed), body), *expected)


def _resigned(old: str, new: str) -> Make:
    """Another word in the signature's parameters, and genuinely signed as it then stands."""

    def alter(attacker: Attacker, body: bytes, headers: dict[str, str]) -> tuple[dict[str, str],
                                                                                bytes]:  # fmt: skip
        params = headers[INPUT].removeprefix("tidegate=")
        assert old in params
        return _sign(attacker, body, params.replace(old, new)), body

    return _refused(alter)


def _sign(attacker: Attacker, body: bytes, params: str) -> dict[str, str]:
    """By RFC 9421, whichever components `params` names."""
    digest = content_digest(body).value
    target = signing.place(attacker.door.url).target("POST", EXCHANGE_PATH)
    values = {
        '"@method"': target.method,
        '"@authority"': target.authority,
        '"@path"': target.path,
        '"@query"': "?",
        '"content-digest"': digest,
    }
    covered = params[1 : params.index(")")].split()
    lines = [f"{name}: {values.get(name, '')}" for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {params}']).encode()
    signature = base64.b64encode(attacker.own.identity.sign(base)).decode()
    return {DIGEST: digest, INPUT: f"tidegate={params}", SIGNATURE: f"tidegate=:{signature}:"}


def _said(*expected: int, **said: object) -> Make:
    """Genuinely signed by the paired peer; what it says is wrong."""

    def make(attacker: Attacker) -> Sent:
        body = attacker.saying(**said)
        return Sent.exchange(attacker.signed(body), body, *(expected or (400,)))

    return make


def _body(make_body: Callable[[Attacker], bytes], *expected: int, chunked: bool = False) -> Make:
    """Genuinely signed, and no exchange."""

    def make(attacker: Attacker) -> Sent:
        body = make_body(attacker)
        headers = attacker.signed(body)
        return Sent(EXCHANGE_PATH, headers, body, expected or (400,), chunked=chunked)

    return make


def _by(identity: Callable[[Attacker], NodeIdentity]) -> Make:
    def make(attacker: Attacker) -> Sent:
        body = _genuine(attacker)
        return Sent.exchange(attacker.signed(body, by=identity(attacker)), body, 401)

    return make


def _named(key_id: Callable[[Attacker], str], by: Callable[[Attacker], NodeIdentity]) -> Make:
    """Signed by one and said to be by another."""

    def make(attacker: Attacker) -> Sent:
        body = _genuine(attacker)
        headers = attacker.signed(body, by=by(attacker))
        headers[INPUT] = headers[INPUT].replace(by(attacker).id, key_id(attacker))
        return Sent.exchange(headers, body, 401)

    return make


def _own(attacker: Attacker) -> NodeIdentity:
    return attacker.own.identity


def _stranger(_: Attacker) -> NodeIdentity:
    return NodeIdentity.generate(secrets.token_bytes)


def _signed_for(*, url: str = "", path: str = EXCHANGE_PATH, method: str = "POST") -> Make:
    def make(attacker: Attacker) -> Sent:
        body = _genuine(attacker)
        return Sent.exchange(attacker.signed(body, url=url, path=path, method=method), body, 401)

    return make


def _signed_at(off: int) -> Make:
    def make(attacker: Attacker) -> Sent:
        body = _genuine(attacker)
        return Sent.exchange(attacker.signed(body, at=now() + off), body, 401)

    return make


def _bomb(path: str, encoding: str, packed: bytes, *expected: int) -> Make:
    def make(attacker: Attacker) -> Sent:
        hook = path.startswith("/hooks")
        path_, headers = attacker.door.jira(packed) if hook else (path, attacker.signed(packed))
        return Sent(path_, headers | {"Content-Encoding": encoding}, packed, expected or (415,))

    return make


def _fetch(attacker: Attacker, connection: str) -> Sent:
    wanted = AttachmentWanted("r", connection, "twin-1", "a1")
    body = encode(AttachmentFetch(wanted))
    return Sent(FETCH_PATH, attacker.signed(body, path=FETCH_PATH), body, (404,))


def _upload(attacker: Attacker, request: str, *expected: int) -> Sent:
    path = f"{UPLOAD_PATH}{request}"
    headers = attacker.signed(b"", path=path, method="PUT", bound=Bound(signing.STREAM, "AAAA"))
    return Sent(path, headers, b"content", expected or (404,), method="PUT")


def _reflected_answer(attacker: Attacker) -> Sent:
    """The node's own signature over an answer, shown to it as a request."""
    body = b"answer"
    answer = signing.sign_answer(
        attacker.own.identity, 200, content_digest(body), "A" * 86 + "==", now=now()
    )
    return Sent.exchange(answer, body, 401)


def _pairing(*expected: int, **changed: object) -> Make:
    def make(attacker: Attacker) -> Sent:
        asked = {"invitation": "nobody", "sealed": b"x", "version": 1, "minimum": 1} | changed
        return Sent(PAIR_PATH, {}, encode(asked), expected)

    return make


ATTACKS: Mapping[str, Make] = {
    "forged: a stranger's key": _by(_stranger),
    "forged: a stranger in the peer's name": _named(lambda a: a.own.identity.id, _stranger),
    "forged: the peer in its neighbour's name": _named(lambda a: a.neighbour.identity.id, _own),
    "forged: the peer in the node's own name": _named(
        lambda a: node_id(a.own.node.identity_key), _own
    ),
    "forged: another body": _refused(lambda a, body, h: (h, a.saying())),
    "forged: another body and its digest": _refused(
        lambda a, body, h: (_with(h, content_digest=content_digest(a.saying()).value), a.saying())
    ),
    "forged: a signature of zeros": _headers(signature=f"tidegate=:{'A' * 86}==:"),
    "forged: a signature in another spelling": _refused(
        lambda a, body, h: (_with(h, signature=h[SIGNATURE].replace("=:", "=: ", 1)), body)
    ),
    "stripped: the signature": _headers(signature=None),
    "stripped: its parameters": _headers(signature_input=None),
    "stripped: the digest": _headers(content_digest=None),
    "stripped: all of it": _headers(signature=None, signature_input=None, content_digest=None),
    "truncated: the body": _refused(lambda a, body, h: (h, body[:-5])),
    "truncated: the body, signed so": _body(lambda a: _genuine(a)[:-5]),
    "truncated: nothing is left, signed so": _body(lambda _: b""),
    "truncated: the signature": _refused(
        lambda a, body, h: (_with(h, signature=h[SIGNATURE][:-8] + "==:"), body)
    ),
    "truncated: its parameters": _refused(
        lambda a, body, h: (_with(h, signature_input=h[INPUT][:-20]), body)
    ),
    "reordered: the items": _body(
        lambda a: a.saying(
            FeedItem(8, a.own.connection, "t2", a.own.message("t2")),
            FeedItem(7, a.own.connection, "t1", a.own.message("t1")),
        )
    ),
    "reordered: one item twice": _body(
        lambda a: a.saying(*[FeedItem(8, a.own.connection, "t2", a.own.message("t2"))] * 2)
    ),
    "reordered: the signed components": _resigned(
        '"@method" "@authority"', '"@authority" "@method"'
    ),
    "reordered: the signature's parameters": _resigned(
        ';alg="ed25519";tag="tidegate-peer-1"', ';tag="tidegate-peer-1";alg="ed25519"'
    ),
    "replayed: from an hour ago": _signed_at(-HOUR),
    "replayed: from two minutes ago": _signed_at(-HOUR // 30),
    "replayed: kept for the future": _signed_at(HOUR),
    "wrong recipient: signed for another node": _signed_for(url="https://other.example"),
    "wrong recipient: signed for another port": _signed_for(url="http://127.0.0.1:9"),
    "wrong recipient: signed for another path": _signed_for(path=FETCH_PATH),
    "wrong recipient: signed for another method": _signed_for(method="PUT"),
    "wrong recipient: a query is added": lambda a: Sent(
        EXCHANGE_PATH + "?x=1", a.signed(_genuine(a)), _genuine(a), (401,)
    ),
    "cross-connection: an attachment of the neighbour's": lambda a: _fetch(
        a, a.neighbour.connection
    ),
    "cross-connection: an attachment never offered": lambda a: _fetch(a, a.own.connection),
    "cross-connection: an upload that is the neighbour's": lambda a: _upload(a, NEIGHBOURS_REQUEST),
    "cross-connection: an upload that nobody wants": lambda a: _upload(a, "r"),
    "cross-connection: an upload somewhere else": lambda a: _upload(
        a, "..%2f..%2fetc%2fpasswd", 401, 404
    ),
    "downgraded: an older protocol": _said(version=0),
    "downgraded: a protocol that is to come": _said(minimum=99),
    "downgraded: a pairing by an older protocol": _pairing(400, version=0),
    "downgraded: a pairing by a protocol to come": _pairing(400, minimum=99),
    "downgraded: alg none": _resigned('alg="ed25519"', 'alg="none"'),
    "downgraded: alg hmac": _resigned('alg="ed25519"', 'alg="hmac-sha256"'),
    "downgraded: no alg": _resigned(';alg="ed25519"', ""),
    "downgraded: another tag": _resigned('tag="tidegate-peer-1"', 'tag="tidegate-peer-0"'),
    "downgraded: the body is not covered": _resigned(' "content-digest"', ""),
    "downgraded: the path is not covered": _resigned(' "@path"', ""),
    "downgraded: one component more": _resigned(' "@query"', ' "@query" "x-more"'),
    "downgraded: a weaker digest": _headers(content_digest="md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"),
    "downgraded: two digests": _refused(
        lambda a, body, h: (_with(h, content_digest=f"sha=:AA==:, {h[DIGEST]}"), body)
    ),
    "oversized: a body, as declared": _body(lambda _: bytes(MAX_BODY + 1), 413),
    "oversized: a body, in chunks": _body(lambda _: bytes(MAX_BODY + 1), 413, chunked=True),
    "oversized: more items than allowed": _body(
        lambda a: a.saying(*(FeedItem(n, a.own.connection, f"t{n}", b"") for n in range(1, 1_002)))
    ),
    "oversized: an id": _said(epoch="e" * 256),
    "oversized: a number": _said(have=1 << 60),
    "oversized: a pairing": lambda _: Sent(PAIR_PATH, {}, bytes(MEGABYTE), (413,)),
    "oversized: a header": _headers(400, 401, 431, x_large="a" * 20_000),
    "oversized: a path": lambda a: Sent(
        UPLOAD_PATH + "a" * 6_000, {}, b"", (400, 401, 404, 414), method="PUT"
    ),
    "bombed: gzip": _bomb(EXCHANGE_PATH, "gzip", gzip.compress(BOMB)),
    "bombed: deflate": _bomb(EXCHANGE_PATH, "deflate", zlib.compress(BOMB)),
    "bombed: brotli": _bomb(EXCHANGE_PATH, "br", BROTLI_BOMB, 400, 415),
    "bombed: gzip of gzip": _bomb(EXCHANGE_PATH, "gzip, gzip", gzip.compress(gzip.compress(BOMB))),
    "bombed: a pairing": _bomb(PAIR_PATH, "gzip", gzip.compress(BOMB)),
    "bombed: a fetch": _bomb(FETCH_PATH, "gzip", gzip.compress(BOMB)),
    "bombed: a webhook": _bomb("/hooks", "gzip", gzip.compress(BOMB)),
    "bombed: four billion items announced": _body(
        lambda _: b"\x82\xa5epoch\xa1e\xa5items\xdd\xff\xff\xff\xff" + bytes(8)
    ),
    "bombed: endless nesting": _body(lambda _: b"\x91" * 500_000),
    "reflected: an answer's signature": _reflected_answer,
    "reflected: the node's own card as a pairing": lambda a: Sent(
        PAIR_PATH, {}, encode(PairRequest("nobody", a.own.node.message_key)), (404,)
    ),
}
"""Answered with a status of 4xx, and nothing of it is left."""


def _item(make: Callable[[Attacker], FeedItem]) -> Callable[[Attacker], Exchange]:
    return lambda attacker: Exchange(epoch="attacker", items=(make(attacker),))


def _sealed_elsewhere(attacker: Attacker) -> FeedItem:
    other = attacker.neighbour
    to_neighbour = msgspec.structs.replace(
        attacker.own.node,
        id=other.identity.id,
        identity_key=other.identity.identity_key,
        message_key=other.identity.message_key,
    )
    side = msgspec.structs.replace(attacker.own, node=to_neighbour)
    return FeedItem(2, side.connection, "t", side.message("t"))


def _in_neighbours_name(attacker: Attacker) -> FeedItem:
    """Sealed by the attacker for the neighbour's connection: the context is right, the peer not."""
    side = msgspec.structs.replace(attacker.own, connection=attacker.neighbour.connection)
    return FeedItem(2, side.connection, "twin-1", side.message("twin-1", "Taken over"))


def _flipped(attacker: Attacker) -> FeedItem:
    good = attacker.own.message("t")
    return FeedItem(2, attacker.own.connection, "t", good[:-1] + bytes([good[-1] ^ 1]))


def _about_another(attacker: Attacker) -> FeedItem:
    """Envelope and seal name one twin, the message within another."""
    own = attacker.own
    said = encode(TwinMessage("twin-1", "1", 9, 0, Replica({"summary": "Taken over"})))
    sealed = seal(own.identity, own.node, Context(own.connection, "t"), said)
    return FeedItem(2, own.connection, "t", sealed)


ITEMS: Mapping[str, Callable[[Attacker], Exchange]] = {
    "cross-connection: a message for the neighbour's": _item(_in_neighbours_name),
    "cross-connection: the neighbour's own message, repeated": _item(
        lambda a: FeedItem(2, a.neighbour.connection, "twin-1", a.neighbour.message("twin-1", "x"))
    ),
    "cross-connection: moved from the neighbour's to one's own": _item(
        lambda a: FeedItem(2, a.own.connection, "twin-1", a.neighbour.message("twin-1", "x"))
    ),
    "cross-connection: a connection that is not": _item(
        lambda a: FeedItem(2, "no such connection", "t", a.own.message("t"))
    ),
    "cross-connection: moved to another twin": _item(_about_another),
    "wrong recipient: sealed to the neighbour": _item(_sealed_elsewhere),
    "forged: sealed by a stranger": _item(
        lambda a: FeedItem(
            2,
            a.own.connection,
            "t",
            msgspec.structs.replace(a.own, identity=_stranger(a)).message("t"),
        )
    ),
    "forged: one bit of the sealed message": _item(_flipped),
    "truncated: the sealed message": _item(
        lambda a: FeedItem(2, a.own.connection, "t", a.own.message("t")[:-20])
    ),
    "truncated: nothing sealed": _item(lambda a: FeedItem(2, a.own.connection, "t", b"")),
    "downgraded: an unknown version of the seal": _item(
        lambda a: FeedItem(2, a.own.connection, "t", b"\x00" + a.own.message("t")[1:])
    ),
    "downgraded: a kind from the future": _item(
        lambda a: FeedItem(2, a.own.connection, "t", a.own.message("t"), kind="future")
    ),
}
"""The exchange is in order and is answered; the one item is refused by name, and not stored."""

SILENT: Mapping[str, Callable[[Attacker], Exchange]] = {
    "cross-connection: what the neighbour is asked for will not come": lambda _: Exchange(
        epoch="attacker", unavailable=(Unavailable(NEIGHBOURS_REQUEST, "gone"),)
    ),
    "cross-connection: refuses what is no connection's": lambda _: Exchange(
        epoch="attacker", refused=(Refusal(1, "no such connection", "twin-1", "no"),) * 100
    ),
    "cross-connection: refuses what the neighbour was sent": lambda a: Exchange(
        epoch="attacker", refused=(Refusal(1, a.neighbour.connection, "twin-1", "no"),)
    ),
    "cross-connection: confirms in an epoch that it guesses": lambda _: Exchange(
        epoch="attacker", have=1 << 40, have_epoch="guessed"
    ),
}
"""In order as well, and about something that is not the speaker's: it has no effect."""

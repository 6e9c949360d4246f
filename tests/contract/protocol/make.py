"""Makes `vectors.json` with the product: `python -m tests.contract.protocol.make`.

All is fixed but what HPKE draws by itself. A sealed example of the present file stays as long as it
opens to the same content, so that making the file again changes nothing unless the protocol did.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import msgspec

from schemas.agreement import Agreement
from schemas.dry_runs import ANSWER_TWIN, ASK_TWIN, DryRunAnswer, DryRunAsk
from schemas.errors import PeerError
from schemas.invitation import Invitation, RelayMeeting
from schemas.peer import (
    AttachmentWanted,
    ConnectionNotice,
    Exchange,
    FeedItem,
    PairAnswer,
    PairRequest,
    Refusal,
)
from schemas.relay import ChannelPass, Envelope, JoinKey, OpenChannel
from schemas.replica import Decision, Replica, ReplicaAttachment, ReplicaComment, Stamp, TwinMessage
from schemas.rich_text import plain as rich
from schemas.rule_life import Write
from schemas.twin import Twin
from schemas.values import User, condense
from service.peers import key_ring, signing
from service.peers.cards import own_card
from service.peers.dry_runs import seal_answer, seal_ask
from service.peers.feed import seal_message, seal_notice
from service.peers.identity import NodeIdentity, message_key_id
from service.peers.invitation import to_code, verifier
from service.peers.pairing import node_card
from service.peers.relay.endpoints import JOIN_INFO, OPEN_INFO
from service.peers.relay.envelopes import seal_envelope
from service.peers.relay.passes import (
    RelayPass,
    join_key,
    kept_join_key,
    kept_secret,
    pass_to_code,
)
from service.peers.sealing import open_raw, seal_raw
from service.peers.signing import Bound, content_digest
from service.peers.streams import StreamSealer, stream_context
from service.sync.decisions import contradicted
from service.sync.policy import Policy
from tests.contract.protocol import merges
from tests.contract.protocol.handshake import INVITATION, Inviter, join
from tests.contract.protocol.material import (
    CHANNEL,
    CONNECTION,
    FILE,
    HARBOR,
    HARBOR_URL,
    LAGOON,
    NOW,
    PRIVATE_KEYS,
    RELAY,
    RELAY_URL,
    TWIN,
    content,
    drawn,
    known,
    private,
    relayed,
)

Vectors = dict[str, Any]
Keep = Callable[[str, bytes, NodeIdentity, bytes], bytes]
"""A sealed example by its name: the recorded one, if it opens to what the fresh one holds."""

_encode = msgspec.msgpack.Encoder().encode


def make(before: Vectors) -> Vectors:
    sealed: dict[str, str] = {}

    def keep(name: str, fresh: bytes, recipient: NodeIdentity, info: bytes) -> bytes:
        wanted = open_raw(recipient, fresh, info)
        recorded = bytes.fromhex(before.get("sealed", {}).get(name, ""))
        if not _opens_to(wanted, recorded, recipient, info):
            recorded = fresh
        sealed[name] = recorded.hex()
        return recorded

    return {
        "about": "Bytes as hex. See schemas/README.md; made by tests.contract.protocol.make.",
        "private_keys": PRIVATE_KEYS,
        "ids": ids(),
        "codes": codes(),
        "mangled": mangled(),
        "node_card": card_of_anybody(),
        "pairing": asyncio.run(pairing(keep)),
        "requests": requests(),
        "messages": messages(keep),
        "exchange": exchange(sealed),
        "digests": digests(),
        "paragraphs": merges.paragraphs(),
        "contrary": contrary(),
        "streams": streams(keep),
        "cards": cards(),
        "relay": relay(keep),
        "sealed": sealed,
    }


def _opens_to(wanted: bytes, recorded: bytes, recipient: NodeIdentity, info: bytes) -> bool:
    if recorded[1:9] != message_key_id(recipient.message_key):
        return False
    try:
        return open_raw(recipient, recorded, info) == wanted
    except PeerError:
        return False


def info_of(sender: NodeIdentity, recipient: NodeIdentity, *context: str) -> bytes:
    """As the document has it. Nothing could be opened, had the product another one."""
    return _encode(("tidegate-seal-1", sender.id, recipient.id, *context))


def ids() -> Vectors:
    return {
        name: {
            "identity_key": identity.identity_key.hex(),
            "node": identity.id,
            "message_key": identity.message_key.hex(),
            "message_key_id": message_key_id(identity.message_key).hex(),
        }
        for name, identity in (("harbor", HARBOR), ("lagoon", LAGOON), ("relay", RELAY))
    }


def codes() -> list[Vectors]:
    meeting = RelayMeeting(RELAY_URL, RELAY.id, CHANNEL)
    plain = INVITATION
    bound = msgspec.structs.replace(plain, destination=LAGOON.id)
    met = msgspec.structs.replace(plain, url="", relay=meeting)
    given = RelayPass("ohoi4ajyinmfe", RELAY.id, known("pass", 16), RELAY_URL)
    made: list[tuple[str, Invitation | RelayPass]] = [
        (to_code(plain), plain),
        (to_code(bound), bound),
        (to_code(met), met),
        (pass_to_code(given), given),
    ]
    return [{"code": code, "means": _shown(what)} for code, what in made]


def mangled() -> list[Vectors]:
    """With the number of the first wrong group."""
    first, *groups = to_code(INVITATION).split("-")
    swapped = [first, *groups[:3], groups[4], groups[3], *groups[5:]]
    lost = [first, *groups[:6], *groups[7:]]
    wrong = [first, *groups[:-1], groups[-1].translate(str.maketrans("ABCDE", "BCDEA"))]
    return [
        {"code": "-".join(swapped), "group": 4},
        {"code": "-".join(lost), "group": 7},
        {"code": "-".join(wrong), "group": len(groups)},
    ]


def card_of_anybody() -> Vectors:
    return {"bytes": _encode(node_card(HARBOR, "1.0")).hex()}


async def pairing(keep: Keep) -> Vectors:
    inviter = Inviter()
    paired = await join(inviter)
    asked = inviter.store.transcript
    if inviter.asked is None or inviter.answered is None:
        raise SystemExit("The nodes did not pair.")
    to_inviter = _encode(("tidegate-pair-1 request", INVITATION.id, HARBOR.id))
    to_joiner = _encode(("tidegate-pair-1 answer", INVITATION.id, asked.hex()))
    request = keep("pair request", inviter.asked.sealed, HARBOR, to_inviter)
    answer = keep("pair answer", inviter.answered.sealed, LAGOON, to_joiner)
    return {
        "invitation": INVITATION.id,
        "secret": INVITATION.secret.hex(),
        "verifier": verifier(INVITATION.id, INVITATION.secret).hex(),
        "request_info": to_inviter.hex(),
        "request_content": open_raw(HARBOR, request, to_inviter).hex(),
        "request_transcript": asked.hex(),
        "request": _encode(PairRequest(INVITATION.id, request)).hex(),
        "answer_info": to_joiner.hex(),
        "answer_content": open_raw(LAGOON, answer, to_joiner).hex(),
        "answer": _encode(PairAnswer(answer)).hex(),
        "check": paired.check,
    }


def requests() -> list[Vectors]:
    small, stream = b"\x81\xa5epoch\xa1e", Bound(signing.STREAM, "QUJD")
    return [
        _request("POST", "/peer/v1/exchange", content_digest(small), small),
        _request("GET", "/peer/v1/attachments/r-1", content_digest(b""), b""),
        _request("PUT", "/peer/v1/attachments/r-1", stream, None),
    ]


def _request(method: str, path: str, bound: Bound, body: bytes | None) -> Vectors:
    """LAGOON asks HARBOR, which answers with an empty body."""
    target = signing.place(HARBOR_URL).target(method, path)
    nonce = known(f"nonce {method}", 16).hex()
    headers = signing.sign_request(LAGOON, target, bound, now=NOW, nonce=nonce)
    read = signing.read_request(headers, target, bound.name)
    answered = content_digest(b"")
    answer = signing.sign_answer(HARBOR, 200, answered, read.signature, now=NOW + 1000)
    return {
        "url": HARBOR_URL + path,
        "method": method,
        "body": None if body is None else body.hex(),
        "nonce": nonce,
        "base": read.base.decode(),
        "headers": headers,
        "answer": {"status": 200, "body": "", "headers": answer},
    }


def message() -> TwinMessage:
    return TwinMessage(
        twin=TWIN,
        issue="10042",
        version=3,
        have=2,
        replica=Replica(
            fields={"summary": "Flut am Kai \u2014 \u6f6e", "labels": ("a", "b"), "points": 2.5},
            ids={"labels": {"a": "9001"}},
            stamps={"summary": Stamp(3, NOW - 5000, 3, "Flut")},
            comments=(ReplicaComment("77", rich("It leaks."), User("Ada"), NOW - 4000, 3),),
            attachments=(ReplicaAttachment("5", "plan.pdf", 600_000, "application/pdf"),),
            key="HAR-42",
        ),
        path=(HARBOR.id,),
    )


def stop() -> TwinMessage:
    """Harbor has stopped the twin; to a node that knows no turns it says nothing."""
    return TwinMessage(TWIN, "", 4, 2, Replica(), turn=1, reason="Kept apart.", forgotten=True)


def decided() -> TwinMessage:
    """Harbor tells how it decided two conflicts of which lagoon may not have known."""
    told = (
        Decision("summary", "harbor", "newest", NOW - 1000, NOW - 2000, 5),
        Decision("description", "lagoon", "person", NOW - 3000, NOW - 4000, 4),
    )
    replica = Replica({"summary": "Flut"}, {"summary": Stamp(5, NOW - 1000, 5, "Ebb")})
    return TwinMessage(TWIN, "1004", 5, 2, replica, decided=told)


def messages(keep: Keep) -> list[Vectors]:
    notice = ConnectionNotice(
        "paused",
        NOW,
        NOW,
        "Holidays",
        wish=Agreement("park", {"priority": "harbor"}, ("*",)),
        agreed=Agreement("newest", {"priority": "harbor"}, ("description",)),
    )
    said = seal_message(HARBOR, private(LAGOON), CONNECTION, message())
    rested = seal_message(HARBOR, private(LAGOON), CONNECTION, stop())
    told = seal_notice(HARBOR, private(LAGOON), CONNECTION, notice)
    return [
        _message(keep, "twin", said, _encode(message()), TWIN),
        _message(keep, "twin", rested, _encode(stop()), TWIN, name="stop"),
        _message(
            keep,
            "twin",
            seal_message(HARBOR, private(LAGOON), CONNECTION, decided()),
            _encode(decided()),
            TWIN,
            name="decided",
        ),
        _message(keep, "connection", told, _encode(notice), "@connection"),
        *dry_runs(keep),
    ]


def dry_runs(keep: Keep) -> list[Vectors]:
    ask = DryRunAsk("dry-1", decided(), 20.0)
    write = Write("update", {"set": {"summary": "Flood"}})
    answer = DryRunAnswer("dry-1", 7, {"fields": {"summary": "Flood"}}, (write,), ("a note",))
    lagoon = private(LAGOON)
    return [
        _message(
            keep,
            "dry_run",
            seal_ask(HARBOR, lagoon, CONNECTION, ask),
            _encode(ask),
            ASK_TWIN + ask.id,
        ),
        _message(
            keep,
            "dry_run_answer",
            seal_answer(HARBOR, lagoon, CONNECTION, answer),
            _encode(answer),
            ANSWER_TWIN + answer.id,
        ),
    ]


def _message(
    keep: Keep, kind: str, fresh: bytes, payload: bytes, twin: str, name: str = ""
) -> Vectors:
    info = info_of(HARBOR, LAGOON, CONNECTION, twin, kind, "")
    sealed = keep(name or kind, fresh, LAGOON, info)
    return {
        "context": {"connection": CONNECTION, "twin": twin, "kind": kind, "part": ""},
        "info": info.hex(),
        "payload": payload.hex(),
        "opened": open_raw(LAGOON, sealed, info).hex(),
        "sealed": sealed.hex(),
    }


def exchange(sealed: dict[str, str]) -> Vectors:
    items = (
        FeedItem(7, CONNECTION, TWIN, bytes.fromhex(sealed["twin"])),
        FeedItem(9, CONNECTION, "@connection", bytes.fromhex(sealed["connection"]), "connection"),
    )
    said = Exchange(
        epoch="e-harbor",
        have=4,
        have_epoch="e-lagoon",
        items=items,
        refused=(Refusal(4, CONNECTION, TWIN, "No such connection.", "no_connection"),),
        wanted=(AttachmentWanted("r-1", CONNECTION, TWIN, "5", 1 << 30, 4096),),
        wait=25.0,
        limit=100,
        card=own_card(HARBOR),
        run="run-2",
        runs=("run-1", "run-2"),
    )
    return {"bytes": _encode(said).hex()}


def digests() -> list[Vectors]:
    """Large values as they stand in a replica that leaves them out."""
    values = ("x" * 600, '\u6f6e \u2028 "a\\b"/\t\x01\x7f' * 60, rich("word \u00e9 " * 200))
    return [
        {"json": msgspec.json.encode(value).decode(), "stands": _encode(condense(value)).hex()}
        for value in values
    ]


def contrary() -> list[Vectors]:
    """What lagoon decided, what harbor tells that it decided, and whether lagoon then yields."""
    early, late = NOW - 2000, NOW - 1000
    own = Decision("summary", "lagoon", "newest", late, early, 5)
    told = Decision("summary", "harbor", "harbor", early, late, 7)
    equal, theirs_later = ({"sender_at": first, "receiver_at": late} for first in (late, early))
    pairs = (
        ("harbor", own, told),
        ("newest", own, told),
        ("lagoon", own, told),
        ("park", own, told),
        ("newest", _but(own, **theirs_later), _but(told, sender_at=late, receiver_at=early)),
        ("newest", _but(own, **equal), _but(told, **equal)),
        ("harbor", own, _but(told, winner="lagoon")),
        ("harbor", own, _but(told, by="person")),
        ("harbor", _but(own, by="person"), told),
        ("harbor", own, _but(told, sender_at=early + 1)),
        ("harbor", own, _but(told, field="description")),
        ("harbor", _but(own, winner="harbor"), _but(told, winner="lagoon", sender_at=late + 1)),
        ("harbor", _but(own, winner="harbor"), _but(told, winner="lagoon", sender_at=early + 1)),
        ("harbor", _but(own, winner="harbor"), _but(told, winner="lagoon", receiver_at=late + 1)),
    )  # fmt: skip
    return [
        {
            "policy": policy,
            "own": _encode(mine).hex(),
            "told": _encode(theirs).hex(),
            "yields": _yields(policy, mine, theirs),
        }
        for policy, mine, theirs in pairs
    ]


def _but(decision: Decision, **changes: int | str) -> Decision:
    return msgspec.structs.replace(decision, **changes)


def _yields(policy: str, own: Decision, told: Decision) -> bool:
    twin = Twin(TWIN, CONNECTION, decisions=(own,), heard=(told,))
    return bool(contradicted(twin, Policy("lagoon", "harbor", policy)))


def streams(keep: Keep) -> list[Vectors]:
    return [_stream(keep, size, skip) for size, skip in ((0, 0), (1000, 0), (600_000, 4096))]


def _stream(keep: Keep, size: int, skip: int) -> Vectors:
    attachment = f"file-{size}"
    sealer = _sealer(attachment, skip)
    info = info_of(HARBOR, LAGOON, CONNECTION, TWIN, "attachment", attachment)
    recorded = keep(f"stream {size}", base64.b64decode(sealer.header), LAGOON, info)
    frames = [*sealer.update(content(size)), sealer.finish()]
    return {
        "attachment": attachment,
        "size": size,
        "skip": skip,
        "head": open_raw(LAGOON, recorded, info)[64:].hex(),
        "sealed_head": recorded.hex(),
        "frame_sizes": [len(frame) for frame in frames],
        "last_frame": frames[-1].hex() if size < 10_000 else "",
        "frames_sha256": hashlib.sha256(b"".join(frames)).hexdigest(),
    }


def _sealer(attachment: str, skip: int) -> StreamSealer:
    context = stream_context(CONNECTION, TWIN, attachment)
    return StreamSealer(HARBOR, private(LAGOON), context, drawn(attachment), skip=skip)


def frames_of(vector: Vectors) -> list[bytes]:
    """Too large to be recorded."""
    sealer = _sealer(vector["attachment"], vector["skip"])
    return [*sealer.update(content(vector["size"])), sealer.finish()]


def header_of(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()


def cards() -> list[Vectors]:
    """HARBOR as it was, and after it took another identity and moved."""
    moved = key_ring.with_new_identity(HARBOR.ring, drawn("harbor again"), NOW + 1)
    moved = key_ring.with_url(moved, "https://new.harbor.example", NOW + 2)
    return [
        {"bytes": _encode(own_card(identity)).hex()} for identity in (HARBOR, NodeIdentity(moved))
    ]


def relay(keep: Keep) -> Vectors:
    secret = known("pass", 16)
    key = join_key(CHANNEL, INVITATION.secret)
    asked = _encode(ChannelPass("ohoi4ajyinmfe", secret, CHANNEL, kept_join_key(key)))
    opening = keep("relay open", seal_raw(RELAY.message_key, asked, OPEN_INFO), RELAY, OPEN_INFO)
    joining = _encode(JoinKey(key))
    keyed = keep("relay join", seal_raw(RELAY.message_key, joining, JOIN_INFO), RELAY, JOIN_INFO)
    envelope = Envelope(NOW, Exchange(epoch="e-harbor", have=4, have_epoch="e-lagoon"), NOW - 1)
    info = info_of(HARBOR, LAGOON, CHANNEL, "", "relay", "")
    fresh = seal_envelope(HARBOR, relayed(LAGOON), envelope)
    return {
        "kept_secret": kept_secret(secret).hex(),
        "join_key": key.hex(),
        "kept_join_key": kept_join_key(key).hex(),
        "open": _encode(OpenChannel(node_card(LAGOON), opening)).hex(),
        "open_content": asked.hex(),
        "join_sealed": keyed.hex(),
        "join_content": joining.hex(),
        "envelope": _encode(envelope).hex(),
        "envelope_info": info.hex(),
        "envelope_sealed": keep("envelope", fresh, LAGOON, info).hex(),
    }


def _shown(what: object) -> Any:
    return _hex(msgspec.to_builtins(what, builtin_types=(bytes,)))


def _hex(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {key: _hex(each) for key, each in value.items()}
        case list() | tuple():
            return [_hex(each) for each in value]
    return value


def text(vectors: Vectors) -> str:
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


def recorded() -> Vectors:
    return json.loads(FILE.read_text()) if FILE.exists() else {}


if __name__ == "__main__":
    FILE.write_text(text(make(recorded())))

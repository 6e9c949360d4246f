"""A second implementation, as the document has it and without the product's code: it makes the same
vectors, and the product and it understand each other."""

import base64
import hashlib
import json
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag

from schemas.peer import PairAnswer, PairRequest
from service.peers import signing
from service.peers.invitation import from_code
from service.peers.sealing import Context, open_sealed
from service.peers.streams import StreamOpener, stream_context
from tests.contract.protocol import make
from tests.contract.protocol.handshake import INVITATION, Inviter, join
from tests.contract.protocol.material import (
    CHANNEL,
    CONNECTION,
    HARBOR,
    HARBOR_URL,
    LAGOON,
    NOW,
    TWIN,
    content,
    known,
    private,
)
from tests.contract.protocol.other import hpke, keys, pairing, signatures, streams, twin, wire

VECTORS = make.recorded()
EPHEMERAL = known("ephemeral")


def private_keys(name: str) -> pairing.Keys:
    held = VECTORS["private_keys"][name]
    return pairing.Keys(bytes.fromhex(held["identity"]), bytes.fromhex(held["message"]))


OURS = {name: private_keys(name) for name in ("harbor", "lagoon", "relay")}


def raw(section: str, name: str) -> bytes:
    return bytes.fromhex(VECTORS[section][name])


@pytest.mark.parametrize("name", OURS)
def test_ids(name: str) -> None:
    vector = VECTORS["ids"][name]
    assert keys.node_id(bytes.fromhex(vector["identity_key"])) == vector["node"]
    digest = hashlib.sha256(bytes.fromhex(vector["message_key"])).hexdigest()
    assert digest[:16] == vector["message_key_id"]


@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda v: v["code"][:10])
def test_codes(vector: make.Vectors) -> None:
    if vector["code"].startswith("RP1"):
        assert keys.pass_code(vector["means"]) == vector["code"]
        return
    assert keys.invitation_code(vector["means"]) == vector["code"]
    assert keys.read_invitation(vector["code"]) == vector["means"]
    secret = {"secret": "00" * 16}
    assert from_code(keys.invitation_code(vector["means"] | secret)).secret == bytes(16)


@pytest.mark.parametrize("vector", VECTORS["mangled"], ids=lambda v: str(v["group"]))
def test_mangled_codes(vector: make.Vectors) -> None:
    with pytest.raises(ValueError, match=f"^{vector['group']}$"):
        keys.read_invitation(vector["code"])


def test_the_node_card() -> None:
    card = keys.check_node_card(raw("node_card", "bytes"))
    assert keys.node_id(card["identity_key"]) == HARBOR.id


def test_a_node_that_took_another_identity_and_moved() -> None:
    before, after = (bytes.fromhex(card["bytes"]) for card in VECTORS["cards"])
    assert keys.check_card(before, HARBOR.identity_key)["url"] == HARBOR_URL
    moved = keys.check_card(after, HARBOR.identity_key)
    assert moved["url"] == "https://new.harbor.example"
    assert moved["serial"] > keys.check_card(before, HARBOR.identity_key)["serial"]
    with pytest.raises(ValueError, match="hand over"):
        keys.check_card(after, LAGOON.identity_key)


def test_both_ends_of_a_pairing() -> None:
    vector, id = VECTORS["pairing"], VECTORS["pairing"]["invitation"]
    key = pairing.verifier(id, raw("pairing", "secret"))
    assert key.hex() == vector["verifier"]
    request_info = pairing.request_info(id, HARBOR.id)
    assert request_info.hex() == vector["request_info"]
    request = wire.decode(raw("pairing", "request"))
    opened = hpke.open_raw(OURS["harbor"].message, request["sealed"], request_info)
    assert opened.hex() == vector["request_content"]
    said = pairing.read_request(opened, id, HARBOR.id, key)
    assert said.transcript.hex() == vector["request_transcript"]
    answer_info = pairing.answer_info(id, said.transcript)
    assert answer_info.hex() == vector["answer_info"]
    answer = wire.decode(raw("pairing", "answer"))
    opened = hpke.open_raw(OURS["lagoon"].message, answer["sealed"], answer_info)
    assert opened.hex() == vector["answer_content"]
    agreed = pairing.read_answer(opened, said.transcript, key)
    assert (said.role, agreed.role) == ("joiner", "inviter")
    assert pairing.check_string(agreed.transcript) == vector["check"]


async def test_it_joins_the_product() -> None:
    inviter, vector = Inviter(), VECTORS["pairing"]
    key = pairing.verifier(INVITATION.id, INVITATION.secret)
    card = keys.check_node_card(raw("node_card", "bytes"))
    party = wire.slices(raw("pairing", "request_content"))["party"]
    request, asked = pairing.ask(OURS["lagoon"], card, INVITATION.id, key, party, EPHEMERAL)
    answer = await inviter.desk.answer(msgspec.msgpack.decode(request, type=PairRequest))
    info = pairing.answer_info(INVITATION.id, asked)
    opened = hpke.open_raw(OURS["lagoon"].message, answer.sealed, info)
    agreed = pairing.read_answer(opened, asked, key)
    assert inviter.store.paired is not None
    assert pairing.check_string(agreed.transcript) == inviter.store.paired.check == vector["check"]


async def test_the_product_joins_it() -> None:
    asked = raw("pairing", "request")
    party = wire.slices(raw("pairing", "answer_content"))["party"]
    key = pairing.verifier(INVITATION.id, INVITATION.secret)
    answered, check = pairing.answer(OURS["harbor"], asked, key, party, EPHEMERAL)
    answer = msgspec.msgpack.decode(answered, type=PairAnswer)
    assert (await join(Inviter(answer))).check == check


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda v: v["method"])
def test_signatures(vector: make.Vectors) -> None:
    headers, answer = vector["headers"], vector["answer"]
    bound = next(iter(headers.items()))
    if vector["body"] is not None:
        assert signatures.digest_of(bytes.fromhex(vector["body"])) == bound[1]
    created = NOW // 1000
    method, url = vector["method"], vector["url"]
    ours = signatures.sign_request(OURS["lagoon"], method, url, bound, created, vector["nonce"])
    assert ours == headers
    parameters = headers["Signature-Input"].removeprefix("tidegate=")
    assert signatures.request_base(method, url, bound, parameters).decode() == vector["base"]
    empty = ("content-digest", signatures.digest_of(b""))
    assert answer["headers"] == signatures.sign_answer(
        OURS["harbor"], 200, empty, headers, created + 1
    )
    named = {name.lower(): value for name, value in answer["headers"].items()}
    signatures.check_answer(HARBOR.identity_key, 200, empty, named, headers)
    with pytest.raises(InvalidSignature):
        signatures.check_answer(HARBOR.identity_key, 201, empty, named, headers)


def test_the_product_takes_its_signature() -> None:
    url, bound = HARBOR_URL + "/peer/v1/exchange", ("content-digest", signatures.digest_of(b"b"))
    headers = signatures.sign_request(OURS["lagoon"], "POST", url, bound, 1_780_000_000, "n" * 16)
    target = signing.place(HARBOR_URL).target("POST", "/peer/v1/exchange")
    signed = signing.read_request(headers, target, "content-digest")
    signing.check_request(signed, LAGOON.identity_key, now=NOW)


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda v: v["context"]["kind"])
def test_sealed_messages(vector: make.Vectors) -> None:
    info = hpke.info_of(HARBOR.id, LAGOON.id, tuple(vector["context"].values()))
    assert info.hex() == vector["info"]
    sealed, payload = bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["payload"])
    opened = hpke.open_sealed(OURS["lagoon"].message, HARBOR.identity_key, info, sealed)
    assert opened == payload
    elsewhere = hpke.info_of(LAGOON.id, HARBOR.id, tuple(vector["context"].values()))
    with pytest.raises(InvalidTag):
        hpke.open_raw(OURS["lagoon"].message, sealed, elsewhere)
    ours = hpke.seal(OURS["harbor"].identity, LAGOON.message_key, info, payload, EPHEMERAL)
    assert open_sealed(LAGOON, private(HARBOR), Context(**vector["context"]), ours) == payload


def test_the_encoding_of_an_exchange() -> None:
    said = wire.decode(raw("exchange", "bytes"))
    assert wire.decode(wire.pack(said)) == said
    assert [item["seq"] for item in said["items"]] == [7, 9]
    assert [item.get("kind", "twin") for item in said["items"]] == ["twin", "connection"]
    assert said["refused"][0]["code"] == "no_connection"
    assert "after" not in said
    assert keys.check_card(wire.pack(said["card"]), HARBOR.identity_key)["url"] == HARBOR_URL


def test_the_encoding_of_a_message_about_an_issue() -> None:
    payload = bytes.fromhex(VECTORS["messages"][0]["payload"])
    replica = wire.decode(payload)["replica"]
    assert wire.pack(wire.decode(payload)) == payload
    version, at, since, before, elements = replica["stamps"]["summary"]
    assert (version, at, since, before, elements) == (3, NOW - 5000, 3, "Flut", {})
    assert replica["fields"]["labels"] == ["a", "b"]
    assert replica["ids"] == {"labels": {"a": "9001"}}
    assert replica["comments"][0]["body"]["type"] == "rich"


def test_a_stop_carries_its_turn_and_nothing_of_the_issue() -> None:
    payload = bytes.fromhex(VECTORS["messages"][1]["payload"])
    said = wire.decode(payload)
    assert said["forgotten"] is True
    assert (said["turn"], said["reason"], said["issue"], said["replica"]) == (
        1,
        "Kept apart.",
        "",
        {},
    )


def test_decisions_about_conflicts_are_maps_with_both_moments() -> None:
    said = wire.decode(bytes.fromhex(VECTORS["messages"][2]["payload"]))
    assert wire.pack(said) == bytes.fromhex(VECTORS["messages"][2]["payload"])
    assert said["decided"] == [
        {"field": "summary", "winner": "harbor", "by": "newest", "sender_at": NOW - 1000,
         "receiver_at": NOW - 2000, "version": 5},
        {"field": "description", "winner": "lagoon", "by": "person", "sender_at": NOW - 3000,
         "receiver_at": NOW - 4000, "version": 4},
    ]  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS["contrary"])
def test_contrary_decisions(vector: make.Vectors) -> None:
    own, told = (wire.decode(bytes.fromhex(vector[name])) for name in ("own", "told"))
    assert wire.pack(told).hex() == vector["told"]
    same = own["field"] == told["field"]
    yields = same and twin.yields("lagoon", "harbor", vector["policy"], own, told)
    assert yields == vector["yields"]


def test_a_notice_tells_what_its_sender_wishes_and_what_it_holds() -> None:
    said = wire.decode(bytes.fromhex(VECTORS["messages"][3]["payload"]))
    fields = {"priority": "harbor"}
    assert said["wish"] == {
        "conflict_policy": "park", "field_policies": fields, "paragraphs": ["*"]
    }  # fmt: skip
    # The policy that is the default may be left out.
    assert said["agreed"] == {"field_policies": fields, "paragraphs": ["description"]}


@pytest.mark.parametrize("vector", VECTORS["digests"], ids=lambda v: v["json"][:8])
def test_digests_of_large_values(vector: make.Vectors) -> None:
    written: Any = json.loads(vector["json"])
    text = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert wire.decode(bytes.fromhex(vector["stands"])) == {"type": "digest", "sha256": digest}


@pytest.mark.parametrize("vector", VECTORS["streams"], ids=lambda v: str(v["size"]))
def test_streams(vector: make.Vectors) -> None:
    context = (CONNECTION, TWIN, "attachment", vector["attachment"])
    info = hpke.info_of(HARBOR.id, LAGOON.id, context)
    sealed = bytes.fromhex(vector["sealed_head"])
    head = hpke.open_sealed(OURS["lagoon"].message, HARBOR.identity_key, info, sealed)
    assert head.hex() == vector["head"]
    whole = content(vector["size"])
    made = list(streams.frames(head, whole))
    assert [len(frame) for frame in made] == vector["frame_sizes"]
    assert made[-1].hex().endswith(vector["last_frame"])
    assert hashlib.sha256(b"".join(made)).hexdigest() == vector["frames_sha256"]
    recorded = b"".join(make.frames_of(vector))
    assert streams.opened(head, recorded, whole[: vector["skip"]]) == whole


def test_the_product_opens_its_stream() -> None:
    head, whole = known("content key") + (1000).to_bytes(8, "big"), content(300_000)
    info = hpke.info_of(HARBOR.id, LAGOON.id, (CONNECTION, TWIN, "attachment", "a"))
    sealed = hpke.seal(OURS["harbor"].identity, LAGOON.message_key, info, head, EPHEMERAL)
    header = base64.b64encode(sealed).decode()
    place = stream_context(CONNECTION, TWIN, "a")
    opener = StreamOpener(LAGOON, private(HARBOR), place, header, limit=len(whole))
    opener.known(whole[:1000])
    assert b"".join(opener.update(b"".join(streams.frames(head, whole)))) == whole[1000:]
    opener.finish()


def test_a_channel_at_a_relay() -> None:
    vector, relay = VECTORS["relay"], OURS["relay"].message
    secret = wire.decode(raw("relay", "open_content"))["secret"]
    digest = hashlib.sha256(b"tidegate relay pass" + secret).hexdigest()
    assert digest == vector["kept_secret"]
    key = keys.hkdf(INVITATION.secret, b"tidegate relay join " + CHANNEL.encode())
    assert key.hex() == vector["join_key"]
    kept = hashlib.sha256(b"tidegate relay join" + key).digest()
    assert kept.hex() == vector["kept_join_key"]
    opening = wire.decode(raw("relay", "open"))
    keys.holds(
        opening["card"]["identity_key"],
        opening["card"]["signature"],
        b"tidegate-card-1" + opening["card"]["message_key"],
    )
    asked = wire.decode(hpke.open_raw(relay, opening["sealed"], b"tidegate-relay-1 open"))
    assert (asked["channel"], asked["join"]) == (CHANNEL, kept)
    joining = hpke.open_raw(relay, raw("relay", "join_sealed"), b"tidegate-relay-1 join")
    assert wire.decode(joining) == {"key": key}


def test_an_envelope() -> None:
    vector = VECTORS["relay"]
    info = hpke.info_of(HARBOR.id, LAGOON.id, (CHANNEL, "", "relay", ""))
    assert info.hex() == vector["envelope_info"]
    sealed = raw("relay", "envelope_sealed")
    opened = hpke.open_sealed(OURS["lagoon"].message, HARBOR.identity_key, info, sealed)
    assert opened.hex() == vector["envelope"]
    assert wire.decode(opened)["exchange"]["have"] == 4

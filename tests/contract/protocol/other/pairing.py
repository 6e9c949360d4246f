"""Pairing from both ends: section 6."""

import hashlib
import hmac
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.protocol.other.hpke import open_raw, seal_raw
from tests.contract.protocol.other.keys import hkdf, holds, node_id
from tests.contract.protocol.other.wire import decode, pack, slices

_REQUEST, _ANSWER = "tidegate-pair-1 request", "tidegate-pair-1 answer"


class Keys(NamedTuple):
    """Private ones."""

    identity: bytes
    message: bytes

    @property
    def node(self) -> str:
        return node_id(self.identity_key)

    @property
    def identity_key(self) -> bytes:
        private = Ed25519PrivateKey.from_private_bytes(self.identity)
        return private.public_key().public_bytes_raw()

    def sign(self, content: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.identity).sign(content)


class Said(NamedTuple):
    party: bytes
    """As it came."""
    role: str
    transcript: bytes


def verifier(invitation: str, secret: bytes) -> bytes:
    return hkdf(secret, b"tidegate pairing proof " + invitation.encode())


def request_info(invitation: str, answerer: str) -> bytes:
    return pack((_REQUEST, invitation, answerer))


def answer_info(invitation: str, asked: bytes) -> bytes:
    return pack((_ANSWER, invitation, asked.hex()))


def request_transcript(invitation: str, role: str, party: bytes, answerer: str) -> bytes:
    return hashlib.sha256(pack((_REQUEST, invitation, role, party, answerer))).digest()


def answer_transcript(asked: bytes, party: bytes) -> bytes:
    return hashlib.sha256(pack((_ANSWER, asked, party))).digest()


def check_string(agreed: bytes) -> str:
    number = int.from_bytes(hashlib.sha256(b"check" + agreed).digest()[:16], "big")
    digits = str(number % 10**24).rjust(24, "0")
    return " ".join(digits[at : at + 4] for at in range(0, 24, 4))


def content(keys: Keys, role: str, party: bytes, label: str, key: bytes, said: bytes) -> bytes:
    """An encoded `PairContent`; `party` goes in as the bytes that the transcript covers."""
    proof = hmac.digest(key, label.encode() + said, "sha256")
    parts = {"proof": pack(proof), "signature": pack(keys.sign(said))}
    rest = b"".join(pack(name) + raw for name, raw in parts.items())
    return b"\x84" + pack("role") + pack(role) + pack("party") + party + rest


def read_request(raw_content: bytes, invitation: str, answerer: str, key: bytes) -> Said:
    party = slices(raw_content)["party"]
    role = decode(raw_content)["role"]
    asked = request_transcript(invitation, role, party, answerer)
    _check(raw_content, party, _REQUEST, key, asked)
    return Said(party, role, asked)


def read_answer(raw_content: bytes, asked: bytes, key: bytes) -> Said:
    party = slices(raw_content)["party"]
    agreed = answer_transcript(asked, party)
    _check(raw_content, party, _ANSWER, key, agreed)
    return Said(party, decode(raw_content)["role"], agreed)


def _check(raw_content: bytes, party: bytes, label: str, key: bytes, said: bytes) -> None:
    parts = decode(raw_content)
    if parts["proof"] != hmac.digest(key, label.encode() + said, "sha256"):
        raise ValueError("The secret is not known there.")
    holds(decode(party)["identity_key"], parts["signature"], said)


def ask(
    keys: Keys, card: dict[str, Any], invitation: str, key: bytes, party: bytes, ephemeral: bytes
) -> tuple[bytes, bytes]:
    """A joiner's `PairRequest` and what it has asked."""
    answerer = node_id(card["identity_key"])
    asked = request_transcript(invitation, "joiner", party, answerer)
    inside = content(keys, "joiner", party, _REQUEST, key, asked)
    sealed = seal_raw(card["message_key"], inside, request_info(invitation, answerer), ephemeral)
    return pack({"invitation": invitation, "sealed": sealed}), asked


def answer(
    keys: Keys, request: bytes, key: bytes, party: bytes, ephemeral: bytes
) -> tuple[bytes, str]:
    """An inviter's `PairAnswer` and the check string that it shows."""
    asked = decode(request)
    opened = open_raw(keys.message, asked["sealed"], request_info(asked["invitation"], keys.node))
    said = read_request(opened, asked["invitation"], keys.node, key)
    agreed = answer_transcript(said.transcript, party)
    inside = content(keys, "inviter", party, _ANSWER, key, agreed)
    info = answer_info(asked["invitation"], said.transcript)
    sealed = seal_raw(decode(said.party)["message_key"], inside, info, ephemeral)
    return pack({"sealed": sealed}), check_string(agreed)

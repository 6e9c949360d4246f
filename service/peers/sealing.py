"""Messages sealed to one recipient: HPKE (RFC 9180) around what the sender has signed.

HPKE's base mode says nothing about who sealed, so the sender's signature is inside. Signature and
encryption both cover the context: a message cannot be moved to another twin, connection or node.
"""

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from schemas.errors import PeerError
from schemas.node import Peer
from service.peers.identity import (
    NodeIdentity,
    message_key_id,
    node_id,
    pinned_keys,
    sealing_key,
    signature_holds,
)

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LABEL = "tidegate-seal-1"
_VERSION = b"\x01"
_HEAD = 1 + 8
_SIGNATURE = 64

_encode = msgspec.msgpack.Encoder().encode


class UnknownKey(PeerError):
    """Sealed to a message key that this node has no more; its sender may seal it again."""


class Context(msgspec.Struct, frozen=True):
    """What a sealed message is for."""

    connection: str
    twin: str
    kind: str = "twin"
    part: str = ""


def seal_raw(message_key: bytes, plaintext: bytes, info: bytes) -> bytes:
    """HPKE with the id of the recipient's key in front. Raises `ValueError` for an unusable key."""
    sealed = _SUITE.encrypt(plaintext, sealing_key(message_key), info)
    return _VERSION + message_key_id(message_key) + sealed


def open_raw(identity: NodeIdentity, sealed: bytes, info: bytes) -> bytes:
    """Raises `PeerError` when it was not sealed to this node in this context."""
    key = identity.message_private_key(sealed[1:_HEAD])
    if sealed[:1] != _VERSION or key is None:
        raise UnknownKey(
            "The message is sealed to a key that this node does not have.",
            remedy="Let both nodes exchange their keys again.",
        )
    try:
        return _SUITE.decrypt(sealed[_HEAD:], key, info)
    except (InvalidTag, ValueError) as error:
        raise PeerError(
            "The message cannot be opened: it was altered or meant elsewhere."
        ) from error


def seal(identity: NodeIdentity, recipient: Peer, context: Context, payload: bytes) -> bytes:
    signer = identity.towards(recipient)
    info = _info(signer.id, node_id(recipient.identity_key), context)
    return seal_raw(recipient.message_key, signer.sign(info + payload) + payload, info)


def open_sealed(identity: NodeIdentity, sender: Peer, context: Context, sealed: bytes) -> bytes:
    """The payload. Raises `PeerError` when altered, forged or sealed for something else.

    While an identity changes over, either side may still use the one before.
    """
    failure: PeerError | None = None
    for key in pinned_keys(sender):
        for own in identity.ids:
            info = _info(node_id(key), own, context)
            try:
                opened = open_raw(identity, sealed, info)
            except UnknownKey:
                raise
            except PeerError as error:
                failure = failure or error
                continue
            return _checked(key, info, opened)
    raise failure or PeerError("The message cannot be opened.")


def _checked(identity_key: bytes, info: bytes, opened: bytes) -> bytes:
    signature, payload = opened[:_SIGNATURE], opened[_SIGNATURE:]
    if not signature_holds(identity_key, signature, info + payload):
        raise PeerError("The message was not signed by the node that it is said to come from.")
    return payload


def _info(sender: str, recipient: str, context: Context) -> bytes:
    return _encode(
        (
            _LABEL,
            sender,
            recipient,
            context.connection,
            context.twin,
            context.kind,
            context.part,
        )
    )

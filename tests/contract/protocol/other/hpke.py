"""HPKE (RFC 9180) in base mode from its parts, and what section 8 puts around it."""

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.contract.protocol.other.wire import pack

_KEM = b"KEM\x00\x20"
_HPKE = b"HPKE\x00\x20\x00\x01\x00\x02"


def seal_raw(message_key: bytes, plaintext: bytes, info: bytes, ephemeral: bytes) -> bytes:
    """`ephemeral` is a private key that MUST be used just once."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(message_key))
    key, nonce = _schedule(shared, enc + message_key, info)
    ciphertext = AESGCM(key).encrypt(nonce, plaintext, None)
    return b"\x01" + hashlib.sha256(message_key).digest()[:8] + enc + ciphertext


def open_raw(private_key: bytes, sealed: bytes, info: bytes) -> bytes:
    private = X25519PrivateKey.from_private_bytes(private_key)
    message_key = private.public_key().public_bytes_raw()
    if sealed[:9] != b"\x01" + hashlib.sha256(message_key).digest()[:8]:
        raise ValueError("Sealed to another key.")
    enc, ciphertext = sealed[9:41], sealed[41:]
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    key, nonce = _schedule(shared, enc + message_key, info)
    return AESGCM(key).decrypt(nonce, ciphertext, None)


def info_of(sender: str, recipient: str, context: Sequence[str]) -> bytes:
    """`context` is connection, twin, kind and part."""
    return pack(("tidegate-seal-1", sender, recipient, *context))


def seal(
    identity: bytes, message_key: bytes, info: bytes, payload: bytes, ephemeral: bytes
) -> bytes:
    signature = Ed25519PrivateKey.from_private_bytes(identity).sign(info + payload)
    return seal_raw(message_key, signature + payload, info, ephemeral)


def open_sealed(private_key: bytes, identity_key: bytes, info: bytes, sealed: bytes) -> bytes:
    opened = open_raw(private_key, sealed, info)
    signature, payload = opened[:64], opened[64:]
    Ed25519PublicKey.from_public_bytes(identity_key).verify(signature, info + payload)
    return payload


def _schedule(dh: bytes, kem_context: bytes, info: bytes) -> tuple[bytes, bytes]:
    shared = _expand(_KEM, _extract(_KEM, b"", b"eae_prk", dh), b"shared_secret", kem_context, 32)
    hashes = _extract(_HPKE, b"", b"psk_id_hash", b"") + _extract(_HPKE, b"", b"info_hash", info)
    context = b"\x00" + hashes
    secret = _extract(_HPKE, shared, b"secret", b"")
    return (
        _expand(_HPKE, secret, b"key", context, 32),
        _expand(_HPKE, secret, b"base_nonce", context, 12),
    )


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
    """One block is enough for all that is needed here."""
    labelled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labelled + b"\x01", "sha256")[:size]

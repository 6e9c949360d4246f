"""The keys of this node: Ed25519 to sign, X25519 to be sealed to."""

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from schemas.errors import ConfigurationError
from service.peers.decoding import MALFORMED

RandomBytes = Callable[[int], bytes]

_ID_BYTES = 16
_KEPT_MESSAGE_KEYS = 5


def node_id(identity_key: bytes) -> str:
    """The first 128 bits of the key's SHA-256, in base32."""
    return encode_id(hashlib.sha256(identity_key).digest()[:_ID_BYTES])


def encode_id(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def decode_id(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def message_key_id(message_key: bytes) -> bytes:
    """Eight bytes that tell the recipient which of its message keys was used."""
    return hashlib.sha256(message_key).digest()[:8]


class _Stored(msgspec.Struct, array_like=True):
    version: int
    identity: bytes
    message: tuple[bytes, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode


class NodeIdentity:
    """Holds private keys; shows none of them in its repr."""

    def __init__(self, identity: Ed25519PrivateKey, message: tuple[X25519PrivateKey, ...]) -> None:
        self._identity = identity
        self._message = message
        self.identity_key = identity.public_key().public_bytes_raw()
        self.message_key = message[0].public_key().public_bytes_raw()
        self.id = node_id(self.identity_key)
        self._by_key_id = {
            message_key_id(key.public_key().public_bytes_raw()): key for key in message
        }

    @classmethod
    def generate(cls, random_bytes: RandomBytes) -> "NodeIdentity":
        return cls(
            Ed25519PrivateKey.from_private_bytes(random_bytes(32)),
            (X25519PrivateKey.from_private_bytes(random_bytes(32)),),
        )

    @classmethod
    def from_bytes(cls, stored: bytes) -> "NodeIdentity":
        try:
            record = _decode(stored)
            return cls(
                Ed25519PrivateKey.from_private_bytes(record.identity),
                tuple(X25519PrivateKey.from_private_bytes(raw) for raw in record.message),
            )
        except (*MALFORMED, ValueError, IndexError) as error:
            raise ConfigurationError(
                "The stored keys of this node cannot be read.",
                remedy="Restore the store and its key file from the same backup.",
            ) from error

    def to_bytes(self) -> bytes:
        """The private keys, to be sealed by the store at once."""
        return _encode(
            _Stored(
                1,
                self._identity.private_bytes_raw(),
                tuple(key.private_bytes_raw() for key in self._message),
            )
        )

    def with_new_message_key(self, random_bytes: RandomBytes) -> "NodeIdentity":
        """The same identity, a fresh message key; the last few stay to open what is under way."""
        fresh = X25519PrivateKey.from_private_bytes(random_bytes(32))
        return NodeIdentity(self._identity, (fresh, *self._message)[:_KEPT_MESSAGE_KEYS])

    def sign(self, content: bytes) -> bytes:
        return self._identity.sign(content)

    def message_private_key(self, key_id: bytes) -> X25519PrivateKey | None:
        return self._by_key_id.get(key_id)

    def __repr__(self) -> str:
        return f"NodeIdentity({self.id})"


@lru_cache(maxsize=1024)
def _verifying_key(identity_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(identity_key)


@lru_cache(maxsize=1024)
def sealing_key(message_key: bytes) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(message_key)


def signature_holds(identity_key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        _verifying_key(identity_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True

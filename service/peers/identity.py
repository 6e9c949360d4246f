"""The keys of this node: Ed25519 to sign, X25519 to be sealed to."""

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from schemas.node import Peer
from schemas.peer import Succession
from schemas.values import Millis
from service.peers import key_ring
from service.peers.key_ring import KeyRing

RandomBytes = Callable[[int], bytes]

_ID_BYTES = 16


@lru_cache(maxsize=4096)
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


class Signer:
    """One identity of this node, under the id by which others know it."""

    def __init__(self, private: Ed25519PrivateKey, since: int) -> None:
        self._private = private
        self.key = private.public_key().public_bytes_raw()
        self.id = node_id(self.key)
        self.since = since
        """Serial of the first card that named it."""

    def sign(self, content: bytes) -> bytes:
        return self._private.sign(content)


class NodeIdentity:
    """Holds private keys; shows none of them in its repr. `adopt` changes them while all parts of
    the node go on with this one object."""

    def __init__(self, ring: KeyRing) -> None:
        self.adopt(ring)

    @classmethod
    def generate(cls, random_bytes: RandomBytes, now: Millis = 1) -> "NodeIdentity":
        return cls(key_ring.new_ring(random_bytes, now))

    @classmethod
    def from_bytes(cls, stored: bytes) -> "NodeIdentity":
        """Raises `ConfigurationError` for what is not a node's keys."""
        return cls(key_ring.from_bytes(stored))

    def to_bytes(self) -> bytes:
        return key_ring.to_bytes(self._ring)

    def adopt(self, ring: KeyRing) -> None:
        """Raises `ConfigurationError`, and then stays as it was."""
        key_ring.check_private(ring)
        load = Ed25519PrivateKey.from_private_bytes
        messages = [X25519PrivateKey.from_private_bytes(key.private) for key in ring.messages]
        self._ring = ring
        self._signers = tuple(Signer(load(key.private), key.since) for key in ring.identities)
        self.message_key = messages[0].public_key().public_bytes_raw()
        self._by_key_id = {
            message_key_id(key.public_key().public_bytes_raw()): key for key in messages
        }
        self.ids = tuple(signer.id for signer in self._signers)
        """Present and past, the present one first."""

    @property
    def ring(self) -> KeyRing:
        return self._ring

    @property
    def id(self) -> str:
        return self._signers[0].id

    @property
    def origin(self) -> str:
        """The oldest id, which stays for ever."""
        return self._signers[-1].id

    @property
    def identity_key(self) -> bytes:
        return self._signers[0].key

    @property
    def serial(self) -> int:
        return self._ring.serial

    @property
    def former_urls(self) -> tuple[str, ...]:
        """Of this node, under which a peer may still ask it."""
        return tuple(former.url for former in self._ring.moved)

    @property
    def lineage(self) -> tuple[Succession, ...]:
        """The oldest first."""
        found = (key.succession for key in reversed(self._ring.identities))
        return tuple(succession for succession in found if succession is not None)

    def sign(self, content: bytes) -> bytes:
        return self._signers[0].sign(content)

    def towards(self, peer: Peer) -> Signer:
        """The identity by which the peer knows this node, until it has the card of the newest."""
        for signer in self._signers:
            if signer.since <= peer.knows:
                return signer
        return self._signers[-1]

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


def pinned_keys(peer: Peer) -> tuple[bytes, ...]:
    """Identity keys under which the peer may speak."""
    return (peer.identity_key, peer.former_key) if peer.former_key else (peer.identity_key,)

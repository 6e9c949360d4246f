"""The private keys of this node, present and past, and how one state follows from another."""

from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from schemas.errors import ConfigurationError
from schemas.peer import Succession
from schemas.values import Millis
from service.peers.decoding import MALFORMED

RandomBytes = Callable[[int], bytes]

MESSAGE_KEY_LIFE: Millis = 7 * 86_400_000
MESSAGE_KEY_KEPT: Millis = 30 * 86_400_000
"""After this a key opens nothing any more, so that what was recorded stays closed."""
_IDENTITIES = 16
_FORMER_URLS = 4
_SUCCESSION = b"tidegate-succession-1"


class MessageKey(msgspec.Struct, frozen=True, array_like=True):
    private: bytes
    made: Millis

    def __repr__(self) -> str:
        return f"MessageKey(made={self.made})"


class IdentityKey(msgspec.Struct, frozen=True, array_like=True):
    private: bytes
    since: int
    """Serial of the first card that named it."""
    succession: Succession | None = None
    """From the identity before it."""

    def __repr__(self) -> str:
        return f"IdentityKey(since={self.since})"


class FormerUrl(msgspec.Struct, frozen=True, array_like=True):
    url: str
    left: Millis


class KeyRing(msgspec.Struct, frozen=True, array_like=True):
    """The newest of each kind first."""

    version: int
    identities: tuple[IdentityKey, ...]
    messages: tuple[MessageKey, ...]
    serial: int
    """Of this node's card; rises with everything that the card names."""
    url: str = ""
    """As the card names it."""
    moved: tuple[FormerUrl, ...] = ()
    """Where peers may still look for this node, the newest first."""

    def __repr__(self) -> str:
        return f"KeyRing(serial={self.serial})"


class _First(msgspec.Struct, array_like=True):
    """How keys were stored at first."""

    version: int
    identity: bytes
    message: tuple[bytes, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(KeyRing).decode
_decode_first = msgspec.msgpack.Decoder(_First).decode


def new_ring(random_bytes: RandomBytes, now: Millis) -> KeyRing:
    identity = IdentityKey(random_bytes(32), max(now, 1))
    return KeyRing(2, (identity,), (MessageKey(random_bytes(32), now),), max(now, 1))


def from_bytes(stored: bytes) -> KeyRing:
    """Raises `ConfigurationError` for what is not a node's keys."""
    try:
        try:
            ring = _decode(stored)
        except msgspec.ValidationError:
            first = _decode_first(stored)
            messages = tuple(MessageKey(raw, 0) for raw in first.message)
            ring = KeyRing(2, (IdentityKey(first.identity, 1),), messages, 1)
    except MALFORMED as error:
        raise _unreadable() from error
    if not ring.identities or not ring.messages:
        raise _unreadable()
    return ring


def to_bytes(ring: KeyRing) -> bytes:
    """The private keys, to be sealed by the store at once."""
    return _encode(ring)


def next_serial(ring: KeyRing, now: Millis, above: int = 0) -> int:
    """By the clock, so that a node restored from a backup does not fall behind its own past."""
    return max(ring.serial + 1, above + 1, now)


def with_new_message_key(ring: KeyRing, random_bytes: RandomBytes, now: Millis) -> KeyRing:
    messages = (MessageKey(random_bytes(32), now), *ring.messages)
    fresh = msgspec.structs.replace(ring, messages=messages, serial=next_serial(ring, now))
    return without_expired(fresh, now)


def without_expired(ring: KeyRing, now: Millis) -> KeyRing:
    """Without the message keys and addresses that were replaced more than 30 days ago."""
    newest, *older = ring.messages
    kept = [newest]
    for replaced_by, key in zip(ring.messages, older, strict=False):
        if replaced_by.made > now - MESSAGE_KEY_KEPT:
            kept.append(key)
    moved = tuple(former for former in ring.moved if former.left > now - MESSAGE_KEY_KEPT)
    return msgspec.structs.replace(ring, messages=tuple(kept), moved=moved)


def message_key_is_old(ring: KeyRing, now: Millis) -> bool:
    return now - ring.messages[0].made >= MESSAGE_KEY_LIFE


def with_new_identity(ring: KeyRing, random_bytes: RandomBytes, now: Millis) -> KeyRing:
    """The old identity certifies the new one, and the other way round."""
    serial = next_serial(ring, now)
    old = Ed25519PrivateKey.from_private_bytes(ring.identities[0].private)
    private = random_bytes(32)
    new = Ed25519PrivateKey.from_private_bytes(private)
    said = succession_content(
        old.public_key().public_bytes_raw(), new.public_key().public_bytes_raw()
    )
    succession = Succession(
        old.public_key().public_bytes_raw(),
        new.public_key().public_bytes_raw(),
        old.sign(said),
        new.sign(said),
    )
    identities = (IdentityKey(private, serial, succession), *ring.identities)[:_IDENTITIES]
    return msgspec.structs.replace(ring, identities=identities, serial=serial)


def with_url(ring: KeyRing, url: str, now: Millis) -> KeyRing:
    """The one before stays good for those who have not heard of it yet."""
    former = [each for each in ring.moved if each.url != url]
    if ring.url:
        former.insert(0, FormerUrl(ring.url, now))
    moved = tuple(former[:_FORMER_URLS])
    return msgspec.structs.replace(ring, url=url, moved=moved, serial=next_serial(ring, now))


def with_serial_above(ring: KeyRing, above: int, now: Millis) -> KeyRing:
    """For a node whose past self, which a backup forgot, gave higher serials."""
    return msgspec.structs.replace(ring, serial=next_serial(ring, now, above))


def succession_content(old: bytes, new: bytes) -> bytes:
    """What both keys of a succession sign."""
    return _SUCCESSION + old + new


def check_private(ring: KeyRing) -> None:
    """Raises `ConfigurationError` when a key cannot be one."""
    try:
        for identity in ring.identities:
            Ed25519PrivateKey.from_private_bytes(identity.private)
        for message in ring.messages:
            X25519PrivateKey.from_private_bytes(message.private)
    except ValueError as error:
        raise _unreadable() from error


def _unreadable() -> ConfigurationError:
    return ConfigurationError(
        "The stored keys of this node cannot be read.",
        remedy="Restore the store and its key file from the same backup.",
    )

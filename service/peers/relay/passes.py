"""The pass: a code by which a relay's admin lets a node open channels there."""

import hashlib

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import InputError
from service.peers.code_text import Unreadable, from_text, to_text
from service.peers.decoding import MALFORMED
from service.peers.identity import RandomBytes, decode_id, encode_id

PREFIX = "RP1"


class RelayPass(msgspec.Struct, frozen=True):
    id: str
    node: str
    """Node id of the relay."""
    secret: bytes
    url: str
    """Of the relay."""

    def __repr__(self) -> str:
        return f"RelayPass(id={self.id!r}, node={self.node!r}, url={self.url!r})"


class _Code(msgspec.Struct, array_like=True):
    id: bytes
    node: bytes
    secret: bytes
    url: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Code).decode


def new_pass(node: str, url: str, random_bytes: RandomBytes) -> RelayPass:
    return RelayPass(encode_id(random_bytes(8)), node, random_bytes(16), url)


def pass_to_code(made: RelayPass) -> str:
    return to_text(
        PREFIX, _encode(_Code(decode_id(made.id), decode_id(made.node), made.secret, made.url))
    )


def pass_from_code(code: str) -> RelayPass:
    """Raises `InputError` for what is no pass, or is mangled."""
    try:
        read = _decode(from_text(PREFIX, code))
    except Unreadable as error:
        cause = "a part is missing or wrong" if error.ours else "it does not begin with RP1"
        raise InputError(
            f"This is not a relay pass: {cause}.",
            remedy="Copy the whole pass again that the relay's administrator gave you.",
        ) from error
    except MALFORMED as error:
        raise InputError(
            "The relay pass is mangled.", remedy="Copy the whole pass again."
        ) from error
    return RelayPass(encode_id(read.id), encode_id(read.node), read.secret, read.url)


def kept_secret(secret: bytes) -> bytes:
    """What the relay keeps of a pass's secret. It is random and long: a plain hash guards it."""
    return hashlib.sha256(b"tidegate relay pass" + secret).digest()


def join_key(channel: str, secret: bytes) -> bytes:
    """By which the joiner proves to the relay that it has the invitation, without showing it."""
    info = b"tidegate relay join " + channel.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def kept_join_key(key: bytes) -> bytes:
    return hashlib.sha256(b"tidegate relay join" + key).digest()

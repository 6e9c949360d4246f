"""The invitation code: an invitation as text that survives mail clients and copying."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import InputError
from schemas.invitation import Invitation, RelayMeeting
from schemas.values import Millis
from service.peers.decoding import MALFORMED
from service.peers.identity import decode_id, encode_id

_PREFIX = "TG1"
_CHECK = 4
_GROUP = 6
_CONFUSED = str.maketrans("018", "OIB")
_AGAIN = "Copy the whole code again, from TG1 to its last group."

RandomBytes = Callable[[int], bytes]


class _Meeting(msgspec.Struct, array_like=True):
    url: str
    node: bytes
    channel: str


class _Code(msgspec.Struct, array_like=True):
    id: bytes
    node: bytes
    secret: bytes
    expires: int
    """Seconds."""
    url: str
    destination: bytes = b""
    relay: _Meeting | None = None
    """Left out of the code where there is none."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Code).decode


def new_invitation(
    node: str, url: str, *, expires: Millis, random_bytes: RandomBytes, destination: str = ""
) -> Invitation:
    whole_second = expires // 1000 * 1000
    return Invitation(
        encode_id(random_bytes(8)), node, random_bytes(16), whole_second, url, destination
    )


def to_code(invitation: Invitation) -> str:
    fields: list[object] = [
        decode_id(invitation.id),
        decode_id(invitation.node),
        invitation.secret,
        invitation.expires // 1000,
        invitation.url,
        decode_id(invitation.destination) if invitation.destination else b"",
    ]
    met = invitation.relay
    if met is not None:
        fields.append(_Meeting(met.url, decode_id(met.node), met.channel))
    content = _encode(fields)
    text = base64.b32encode(content + _checksum(content)).decode().rstrip("=")
    inner = _GROUP - 1
    parts = (text[at : at + inner] for at in range(0, len(text), inner))
    groups = (part + _group_check(number, part) for number, part in enumerate(parts, 1))
    return "-".join((_PREFIX, *groups))


def from_code(code: str) -> Invitation:
    """Reads through blanks, line breaks, quote marks and lower case. Raises `InputError`."""
    text = re.sub(r"[^A-Z0-9]", "", code.upper())
    if not text.startswith(_PREFIX):
        raise _not_a_code(text)
    # The alphabet has none of 0, 1 and 8, so each can only be a misread letter.
    text = _without_group_checks(text[len(_PREFIX) :].translate(_CONFUSED))
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise _mangled() from error
    content, check = raw[:-_CHECK], raw[-_CHECK:]
    # The last letter has bits to spare: only one of its forms is ours.
    canonical = base64.b32encode(raw).decode().rstrip("=") == text
    if not canonical or not hmac.compare_digest(check, _checksum(content)):
        raise _mangled()
    try:
        read = _decode(content)
    except MALFORMED as error:
        raise _mangled() from error
    met = read.relay
    return Invitation(
        encode_id(read.id),
        encode_id(read.node),
        read.secret,
        read.expires * 1000,
        read.url,
        encode_id(read.destination) if read.destination else "",
        RelayMeeting(met.url, encode_id(met.node), met.channel) if met is not None else None,
    )


def verifier(invitation_id: str, secret: bytes) -> bytes:
    """What the inviter keeps instead of the secret; both sides prove that they know it."""
    info = b"tidegate pairing proof " + invitation_id.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def check_not_expired(invitation: Invitation, now: Millis) -> None:
    if invitation.expires <= now:
        raise expired()


def expired() -> InputError:
    return InputError(
        "The invitation has expired.",
        status=410,
        remedy="Ask the other side to issue the invitation again.",
    )


def _group_check(number: int, part: str) -> str:
    """One letter over a group and its place, so that the first wrong group can be named."""
    return base64.b32encode(hashlib.sha256(f"{number} {part}".encode()).digest()).decode()[0]


def _without_group_checks(text: str) -> str:
    parts = []
    for number, at in enumerate(range(0, len(text), _GROUP), 1):
        part, check = text[at : at + _GROUP - 1], text[at + _GROUP - 1 : at + _GROUP]
        if not check and len(part) > 1:
            part, check = part[:-1], part[-1]
        if check != _group_check(number, part):
            raise _mangled(number)
        parts.append(part)
    return "".join(parts)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(b"tidegate invitation" + content).digest()[:_CHECK]


def _not_a_code(text: str) -> InputError:
    if re.match(r"TG\d", text):
        return InputError(
            "The invitation code was made by a newer version.", remedy="Update this node."
        )
    return InputError(
        "This is not an invitation code: it does not begin with TG1.",
        remedy="Paste the code that the other side's administrator copied.",
    )


def _mangled(group: int = 0) -> InputError:
    """`group` counts from the first after TG1; 0: it cannot be told."""
    if not group:
        return InputError(
            "The invitation code is mangled: a part is missing or wrong.", remedy=_AGAIN
        )
    return InputError(
        f"The invitation code is mangled: group {group} after {_PREFIX} is missing or wrong.",
        remedy=_AGAIN,
    )

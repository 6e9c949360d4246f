"""Codes as text that survives mail clients, copying and reading aloud."""

import base64
import hashlib
import hmac
import re

_CHECK = 4
_GROUP = 6
_CONFUSED = str.maketrans("018", "OIB")
_LABELS = {"TG1": b"tidegate invitation"}
"""What the checksum begins with; for other prefixes, the prefix."""


class Unreadable(ValueError):
    """`ours`: it begins as such a code does, and something is missing or wrong."""

    def __init__(self, *, ours: bool, text: str = "") -> None:
        super().__init__("The code cannot be read.")
        self.ours = ours
        self.text = text


def to_text(prefix: str, content: bytes) -> str:
    text = base64.b32encode(content + _checksum(prefix, content)).decode().rstrip("=")
    groups = (text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
    return "-".join((prefix, *groups))


def from_text(prefix: str, code: str) -> bytes:
    """Reads through blanks, line breaks, quote marks and lower case. Raises `Unreadable`."""
    text = re.sub(r"[^A-Z0-9]", "", code.upper())
    if not text.startswith(prefix):
        raise Unreadable(ours=False, text=text)
    # The alphabet has none of 0, 1 and 8, so each can only be a misread letter.
    text = text[len(prefix) :].translate(_CONFUSED)
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise Unreadable(ours=True) from error
    content, check = raw[:-_CHECK], raw[-_CHECK:]
    # The last letter has bits to spare: only one of its forms is ours.
    canonical = base64.b32encode(raw).decode().rstrip("=") == text
    if not canonical or not hmac.compare_digest(check, _checksum(prefix, content)):
        raise Unreadable(ours=True)
    return content


def _checksum(prefix: str, content: bytes) -> bytes:
    label = _LABELS.get(prefix, prefix.encode())
    return hashlib.sha256(label + content).digest()[:_CHECK]

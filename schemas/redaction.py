"""Which names hold secrets, and how a secret is shown: not at all."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "********"

_SECRET = re.compile(
    r"(^|[^a-z])(pat|pass)([^a-z]|$)|token|passw|passphrase|secret|credential|authorization|cookie"
    r"|api[-_]?key|private[-_]?key|invitation",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]+(?=@)")


def names_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def without_user_info(text: str) -> str:
    """The text with the `user:password` part of every URL in it masked."""
    return _USER_INFO.sub(MASK, text) if "://" in text else text


def masked(params: Mapping[str, Any]) -> dict[str, Any]:
    """A copy to show: values of secret names masked at any depth, URLs without user-info."""
    return {name: _shown(name, value) for name, value in params.items()}


def _shown(name: str, value: Any) -> Any:
    if names_secret(name) and not isinstance(value, bool | None):
        return MASK if value != "" else ""
    return _without_secrets(value)


def _without_secrets(value: Any) -> Any:
    match value:
        case str():
            return without_user_info(value)
        case Mapping():
            return masked(value)
        case list() | tuple():
            return [_without_secrets(item) for item in value]
    return value

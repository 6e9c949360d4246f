"""SD Elements' refusals as typed errors, from their bodies."""

from typing import Any

import msgspec

from adapters.http import Refusal, retry_after
from schemas.errors import Fault, TrackerError

_decode = msgspec.json.Decoder().decode
_LONGEST = 400
_KINDS: dict[int, tuple[Fault, str]] = {
    401: (Fault.CREDENTIALS, "Set a valid API token on the connector."),
    403: (Fault.PERMISSION, "Give the token's account a role that allows it in the project."),
    404: (Fault.NOT_FOUND, "Check that the task exists and that the account sees its project."),
    409: (Fault.CONFLICT, "Nothing to do: the task is read again."),
    410: (Fault.GONE, "Nothing to do: the task was removed."),
    429: (Fault.THROTTLED, "Nothing to do: the call is made later."),
}


def translate(refusal: Refusal) -> TrackerError:
    fault, remedy = _kind(refusal)
    said, field = _said(refusal.body)
    message = f"SD Elements refused to {refusal.what} (status {refusal.status})"
    return TrackerError(
        fault,
        f"{message}: {said}" if said else f"{message}.",
        remedy=remedy,
        status=refusal.status,
        field=field,
        retry_after=retry_after(refusal.headers, refusal.now),
    )


def _kind(refusal: Refusal) -> tuple[Fault, str]:
    if refusal.status in _KINDS:
        return _KINDS[refusal.status]
    if refusal.status >= 500:
        if refusal.write:
            return (
                Fault.UNKNOWN_OUTCOME,
                "Nothing to do: it is looked at before the write is repeated.",
            )
        return Fault.UNAVAILABLE, "See SD Elements' own log if this lasts."
    if 300 <= refusal.status < 400:
        return Fault.CONFIGURATION, "Set the connector's 'url' to the final address."
    return Fault.VALIDATION, "Correct what the rule writes, then retry."


def _said(body: bytes) -> tuple[str, str]:
    """Words and, where the answer names one, the field: `{"detail": …}` or `{"field": ["…"]}`."""
    try:
        data = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", ""
    if not isinstance(data, dict):
        return "", ""
    for name in ("detail", "error", "message"):
        if isinstance(data.get(name), str):
            return data[name][:_LONGEST], ""
    for field, words in data.items():
        return f"{field}: {_words(words)}"[:_LONGEST], "" if field == "non_field_errors" else field
    return "", ""


def _words(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return str(value)

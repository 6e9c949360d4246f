"""GitHub's refusals as typed errors, read from body and headers and not from the status alone."""

from collections.abc import Mapping

import msgspec

from adapters.http import Refusal, retry_after
from schemas.errors import Fault, TrackerError

_STATUS_FAULTS = {
    401: Fault.CREDENTIALS,
    403: Fault.PERMISSION,
    404: Fault.NOT_FOUND,
    409: Fault.CONFLICT,
    410: Fault.GONE,
    429: Fault.THROTTLED,
    451: Fault.PERMISSION,
}
_REMEDIES = {
    Fault.CREDENTIALS: "Check that the connector's token, or the App's key, is valid.",
    Fault.PERMISSION: "Let the token or App read and write issues in that repository.",
    Fault.NOT_FOUND: "Check that it exists and that the connector's account may see it.",
    Fault.GONE: "Stop the sync of this issue: GitHub deletes for good.",
    Fault.CONFLICT: "Nothing to do: the issue is read again.",
    Fault.THROTTLED: "Nothing to do: it is tried again when GitHub's limit allows.",
    Fault.UNAVAILABLE: "Nothing to do: it is tried again. See whether GitHub is up.",
    Fault.UNKNOWN_OUTCOME: "Nothing to do: the issue is looked at before the write is repeated.",
    Fault.VALIDATION: "Correct the value in the rule or the issue, then retry.",
    Fault.CONFIGURATION: "Check the setting 'url' of the connector.",
}
_NEUTRAL_NAMES = {
    "title": "summary",
    "body": "description",
    "state": "status",
    "state_reason": "resolution",
    "assignees": "assignee",
}
_SECONDARY = 60.0
"""Seconds to wait at least when GitHub tells of its secondary limit without a time."""
_LIMITED = ("secondary rate limit", "abuse detection", "rate limit exceeded", "too quickly")
_LONGEST = 500


class _Problem(msgspec.Struct, frozen=True):
    resource: str = ""
    field: str | None = None
    code: str = ""
    message: str | None = None


class _Body(msgspec.Struct, frozen=True):
    message: str = ""
    errors: tuple[_Problem | str, ...] | str | None = None


_decode = msgspec.json.Decoder(_Body).decode


def github_error(fault: Fault, message: str, *, field: str = "", remedy: str = "") -> TrackerError:
    return TrackerError(fault, message, remedy=remedy or _REMEDIES.get(fault, ""), field=field)


def invalid(message: str, field: str, remedy: str = "") -> TrackerError:
    return github_error(Fault.VALIDATION, message, field=field, remedy=remedy)


def translate(refusal: Refusal) -> TrackerError:
    field, text = _read(refusal.body)
    wait = limit_wait(refusal.status, refusal.headers, text, refusal.now)
    fault = Fault.THROTTLED if wait is not None else _fault(refusal.status, write=refusal.write)
    return TrackerError(
        fault,
        f"GitHub refused to {refusal.what} ({refusal.status}){': ' + text if text else '.'}",
        remedy=_REMEDIES.get(fault, ""),
        status=refusal.status,
        field=field,
        retry_after=wait,
    )


def limit_wait(status: int, headers: Mapping[str, str], text: str, now: int) -> float | None:
    """Seconds until a call that met a limit may come again; None when it met none."""
    if status not in (403, 429):
        return None
    told = retry_after(headers, now)
    if told is not None:
        return told
    if headers.get("X-RateLimit-Remaining") == "0":
        return until_reset(headers, now)
    low = text.lower()
    if status == 429 or any(words in low for words in _LIMITED):
        return _SECONDARY
    return None


def until_reset(headers: Mapping[str, str], now: int) -> float:
    raw = headers.get("X-RateLimit-Reset", "")
    return max(0.0, int(raw) - now / 1000) if raw.isdigit() else _SECONDARY


def _fault(status: int, *, write: bool) -> Fault:
    if status in _STATUS_FAULTS:
        return _STATUS_FAULTS[status]
    if 300 <= status < 400:
        return Fault.CONFIGURATION
    if status >= 500 or status == 408:
        # A failing GitHub may have carried the write out all the same.
        return Fault.UNKNOWN_OUTCOME if write else Fault.UNAVAILABLE
    return Fault.VALIDATION


def _read(body: bytes) -> tuple[str, str]:
    """The first field that is named, and all messages as one line."""
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", ""
    problems = (answer.errors,) if isinstance(answer.errors, str) else answer.errors or ()
    field = next((p.field for p in problems if isinstance(p, _Problem) and p.field), "")
    texts = [answer.message, *(_words(problem) for problem in problems)]
    text = " ".join(" ".join(filter(None, texts)).split())
    return _NEUTRAL_NAMES.get(field, field), text[:_LONGEST]


def _words(problem: _Problem | str) -> str:
    if isinstance(problem, str):
        return problem
    return problem.message or f"{problem.field or problem.resource}: {problem.code}."

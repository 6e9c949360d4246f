"""Jira's refusals as typed errors, read from the body and not from the status alone."""

from collections.abc import Mapping

import msgspec

from adapters.http import retry_after
from schemas.errors import Fault, TrackerError

NEUTRAL_NAMES = {
    "issuetype": "type",
    "duedate": "due",
    "fixVersions": "fix_versions",
    "versions": "affected_versions",
    "timetracking": "estimate",
    "issuelinks": "links",
}
"""Jira's field ids where ours differ."""

_JIRA_NAMES = {ours: theirs for theirs, ours in NEUTRAL_NAMES.items()}

_STATUS_FAULTS = {
    400: Fault.VALIDATION,
    401: Fault.CREDENTIALS,
    403: Fault.PERMISSION,
    404: Fault.NOT_FOUND,
    405: Fault.VALIDATION,
    409: Fault.CONFLICT,
    410: Fault.GONE,
    413: Fault.VALIDATION,
    415: Fault.VALIDATION,
    422: Fault.VALIDATION,
    429: Fault.THROTTLED,
}

_REMEDIES = {
    Fault.CREDENTIALS: "Check the connector's token, or its user and password.",
    Fault.PERMISSION: "Give the connector's account this permission in the Jira project.",
    Fault.NOT_FOUND: "Check that it exists and that the connector's account may see it.",
    Fault.GONE: "Stop the sync of this issue, or restore it in Jira.",
    Fault.CONFLICT: "Nothing to do: the issue is read again.",
    Fault.THROTTLED: "Nothing to do, or raise the account's rate limit in Jira.",
    Fault.UNAVAILABLE: "Nothing to do if Jira is being restarted; else look at its log.",
    Fault.UNKNOWN_OUTCOME: "Nothing to do: the issue is looked at before the write is repeated.",
    Fault.VALIDATION: "Correct the value in the rule or the issue, then retry.",
    Fault.CONFIGURATION: "Check the setting 'url' of the connector.",
}

_NO_EDIT = ("permission to edit", "not editable", "cannot be edited")
_NO_VIEW = ("permission to see", "permission to view", "issue does not exist")
_TOO_LONG = "exceeds the allowed limit"
_NO_SCREEN = "not on the appropriate screen"
_LONGEST = 500


class _Body(msgspec.Struct, rename="camel"):
    error_messages: tuple[str, ...] | None = None
    errors: dict[str, str] | None = None
    message: str | None = None


_decode = msgspec.json.Decoder(_Body).decode


def translate(
    status: int, headers: Mapping[str, str], body: bytes, *, write: bool, what: str, now: int = 0
) -> TrackerError:
    """The error for a refused call. `what` names the call for a person, `write` that it changes,
    `now` the time in milliseconds, for dates in headers."""
    field, text = _read(body)
    fault = _fault(status, text, write=write)
    if "CAPTCHA" in headers.get("X-Authentication-Denied-Reason", ""):
        return TrackerError(
            Fault.CREDENTIALS,
            "Jira wants a CAPTCHA after too many failed logins.",
            remedy="Log in to Jira once with the connector's account in a browser.",
            status=status,
        )
    remedy = _REMEDIES.get(fault, "")
    if _NO_SCREEN in text:
        remedy = (
            "Add the field to the screen of that project and type, or leave it out of the rule."
        )
        if field == "parent":
            remedy = "Move the sub-task in Jira itself: its API cannot."
    if _TOO_LONG in text:
        remedy = "Shorten it, or raise jira.text.field.character.limit in Jira."
    return TrackerError(
        fault,
        f"Jira refused to {what} ({status}){': ' + text if text else '.'}",
        remedy=remedy,
        status=status,
        field=field,
        retry_after=retry_after(headers, now),
    )


def jira_name(field: str) -> str:
    """Jira's id of a field that is known by our name."""
    return _JIRA_NAMES.get(field, field)


def is_off_screen(error: TrackerError) -> bool:
    """The field may still have its place on the screen of a transition."""
    return error.fault is Fault.VALIDATION and bool(error.field) and _NO_SCREEN in error.message


def refused(name: str, why: str) -> TrackerError:
    """A value that is not even sent."""
    return TrackerError(
        Fault.VALIDATION,
        f"The field {name!r} cannot be written to Jira: {why}.",
        remedy="Leave the field out of the incoming rule, or map it to another one.",
        field=name,
    )


def unreadable(what: str) -> TrackerError:
    return TrackerError(
        Fault.UNAVAILABLE,
        f"Jira's answer to the call to {what} cannot be understood.",
        remedy="Check that the connector's 'url' leads to Jira itself, not to a login page.",
    )


def _fault(status: int, text: str, *, write: bool) -> Fault:
    known = _STATUS_FAULTS.get(status)
    low = text.lower()
    if known in (Fault.VALIDATION, Fault.PERMISSION):
        if any(words in low for words in _NO_VIEW):
            return Fault.NOT_FOUND
        if any(words in low for words in _NO_EDIT):
            return Fault.PERMISSION
    if known is not None:
        return known
    if 300 <= status < 400:
        return Fault.CONFIGURATION
    if status >= 500 or status == 408:
        # A proxy or a failing Jira may have carried the write out all the same.
        return Fault.UNKNOWN_OUTCOME if write else Fault.UNAVAILABLE
    return Fault.VALIDATION


def _read(body: bytes) -> tuple[str, str]:
    """The first field that is named, and all messages as one line."""
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", ""
    errors = answer.errors or {}
    messages = [*(answer.error_messages or ()), *(f"{key}: {text}" for key, text in errors.items())]
    if not messages and answer.message:
        messages.append(answer.message)
    field = next(iter(errors), "")
    text = " ".join(" ".join(messages).split())
    return NEUTRAL_NAMES.get(field, field), text[:_LONGEST]

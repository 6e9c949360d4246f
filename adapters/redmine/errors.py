"""Redmine's refusals as typed errors, read from the body and not from the status alone."""

import msgspec

from adapters.http import Refusal, retry_after
from schemas.errors import Fault, TrackerError

TITLE = "Redmine"

_STATUS_FAULTS = {
    400: Fault.VALIDATION,
    401: Fault.CREDENTIALS,
    403: Fault.PERMISSION,
    404: Fault.NOT_FOUND,
    406: Fault.VALIDATION,
    409: Fault.CONFLICT,
    410: Fault.GONE,
    412: Fault.PERMISSION,
    413: Fault.VALIDATION,
    422: Fault.VALIDATION,
    429: Fault.THROTTLED,
}
REMEDIES = {
    Fault.CREDENTIALS: "Check the connector's API key, and that the REST API is switched on under"
    " Administration, Settings, API.",
    Fault.PERMISSION: "Give the account's role this permission in the Redmine project.",
    Fault.NOT_FOUND: "Check that it exists and that the connector's account may see it.",
    Fault.GONE: "Stop the sync of this issue: Redmine keeps nothing of what is deleted.",
    Fault.CONFLICT: "Nothing to do: the issue is read again.",
    Fault.THROTTLED: "Nothing to do, or raise the limit of the proxy in front of Redmine.",
    Fault.UNAVAILABLE: "Nothing to do if Redmine is being restarted; else look at its log.",
    Fault.UNKNOWN_OUTCOME: "Nothing to do: the issue is looked at before the write is repeated.",
    Fault.VALIDATION: "Correct the value in the rule or the issue, then retry.",
    Fault.CONFIGURATION: "Check the setting 'url' of the connector.",
}
_FIELDS = {
    "Subject": "summary",
    "Description": "description",
    "Tracker": "type",
    "Status": "status",
    "Priority": "priority",
    "Assignee": "assignee",
    "Category": "components",
    "Target version": "fix_versions",
    "Parent task": "parent",
    "Due date": "due",
    "Start date": "start_date",
    "Estimated time": "estimate",
    "% Done": "done_ratio",
}
"""Redmine names fields by their label, in the account's language."""
_LONGEST = 500


class _Body(msgspec.Struct):
    errors: tuple[str, ...] | None = None


_decode = msgspec.json.Decoder(_Body).decode


def translate(refusal: Refusal) -> TrackerError:
    messages = _messages(refusal.body)
    text = " ".join(" ".join(messages or ()).split())[:_LONGEST]
    fault = _fault(refusal, messages)
    remedy = REMEDIES.get(fault, "")
    if "maximum allowed file size" in text:
        remedy = "Raise 'Maximum attachment size' in Redmine's settings, or leave the file out."
    return TrackerError(
        fault,
        f"{TITLE} refused to {refusal.what} ({refusal.status}){': ' + text if text else '.'}",
        remedy=remedy,
        status=refusal.status,
        field=next((name for label, name in _FIELDS.items() if text.startswith(label)), ""),
        retry_after=retry_after(refusal.headers, refusal.now),
    )


def _fault(refusal: Refusal, messages: tuple[str, ...] | None) -> Fault:
    status = refusal.status
    if status == 422 and messages == ():
        # Redmine's answer when somebody saved the issue at the same moment.
        return Fault.CONFLICT
    if status in _STATUS_FAULTS:
        return _STATUS_FAULTS[status]
    if 300 <= status < 400:
        to_login = "/login" in refusal.headers.get("Location", "")
        return Fault.CREDENTIALS if to_login else Fault.CONFIGURATION
    if status >= 500 or status == 408:
        # A proxy or a failing Redmine may have carried the write out all the same.
        return Fault.UNKNOWN_OUTCOME if refusal.write else Fault.UNAVAILABLE
    return Fault.VALIDATION


def _messages(body: bytes) -> tuple[str, ...] | None:
    try:
        return _decode(body).errors
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def refused(fault: Fault, message: str, *, remedy: str = "", field: str = "") -> TrackerError:
    return TrackerError(fault, message, remedy=remedy or REMEDIES.get(fault, ""), field=field)


def unconfirmed(error: TrackerError, done: str) -> TrackerError:
    """A write that stands while what came after it failed: to be looked up, not repeated."""
    return TrackerError(
        Fault.UNKNOWN_OUTCOME,
        f"{done}, but then: {error.message}",
        remedy=error.remedy,
        status=error.status,
        field=error.field,
        retry_after=error.retry_after,
    )

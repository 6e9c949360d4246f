"""Rally's refusals as typed errors. Most come inside a 200, told apart by their text alone."""

import re

from adapters.http import Refusal, retry_after
from schemas.errors import Fault, TrackerError

TITLE = "Rally"
INVALID_KEY = "invalid key"

_BY_TEXT: tuple[tuple[str, Fault], ...] = (
    ("concurrency conflict", Fault.CONFLICT),
    ("concurrencyconflictexception", Fault.CONFLICT),
    ("cannot find object to", Fault.NOT_FOUND),
    (INVALID_KEY, Fault.CREDENTIALS),
    ("authentication object was not found", Fault.CREDENTIALS),
    ("username or password you entered is incorrect", Fault.CREDENTIALS),
    ("not authorized", Fault.PERMISSION),
    ("do not have permission", Fault.PERMISSION),
    ("too many", Fault.THROTTLED),
    ("rate limit", Fault.THROTTLED),
    ("throttl", Fault.THROTTLED),
    ("temporarily unavailable", Fault.UNAVAILABLE),
    ("an unexpected error", Fault.UNAVAILABLE),
)
_STATUS_FAULTS = {
    400: Fault.VALIDATION,
    401: Fault.CREDENTIALS,
    403: Fault.PERMISSION,
    404: Fault.NOT_FOUND,
    405: Fault.CONFIGURATION,
    409: Fault.CONFLICT,
    413: Fault.VALIDATION,
    422: Fault.VALIDATION,
    429: Fault.THROTTLED,
}
REMEDIES = {
    Fault.CREDENTIALS: "Check the connector's API key: it needs full access and must not be"
    " expired.",
    Fault.PERMISSION: "Make the account an editor of the Rally project.",
    Fault.NOT_FOUND: "Check that it exists and that the connector's account may see it.",
    Fault.GONE: "Restore it from Rally's recycle bin, or stop the sync of this issue.",
    Fault.CONFLICT: "Nothing to do: the issue is read again.",
    Fault.THROTTLED: "Nothing to do, or lower the connector's setting 'concurrency'.",
    Fault.UNAVAILABLE: "Nothing to do if Rally is being maintained; else see its status page.",
    Fault.UNKNOWN_OUTCOME: "Nothing to do: the issue is looked at before the write is repeated.",
    Fault.VALIDATION: "Correct the value in the rule or the issue, then retry.",
    Fault.CONFIGURATION: "Check the setting 'url' of the connector.",
}
_TOO_LONG = "greater than the maximum length"
_ATTRIBUTE = re.compile(r"\b(?:Defect|HierarchicalRequirement|Task)\.(\w+)", re.IGNORECASE)
_FIELDS = {
    "name": "summary",
    "description": "description",
    "owner": "assignee",
    "release": "fix_versions",
    "iteration": "iteration",
    "tags": "labels",
    "milestones": "milestone",
    "submittedby": "reporter",
    "targetdate": "due",
    "resolution": "resolution",
    "priority": "priority",
    "project": "area",
    "parent": "parent",
    "requirement": "parent",
    "workproduct": "parent",
}
_LONGEST = 500


def told(messages: tuple[str, ...], what: str, *, write: bool) -> TrackerError:
    """Of the Errors inside a good answer: nothing was carried out, or Rally would not say so."""
    text = _short(" ".join(messages))
    fault = _fault(text.casefold())
    if fault is Fault.UNAVAILABLE and write:
        fault = Fault.UNKNOWN_OUTCOME
    remedy = REMEDIES.get(fault, "")
    if _TOO_LONG in text:
        remedy = "Shorten the text, or let the incoming rule shorten it or leave it out."
    return TrackerError(
        fault, f"{TITLE} refused to {what}: {text}", remedy=remedy, field=field_in(text)
    )


def translate(refusal: Refusal) -> TrackerError:
    status = refusal.status
    text = _short(refusal.body[:2000].decode("utf-8", "replace"))
    if text.startswith("<"):
        text = ""  # a page for people
    if status in _STATUS_FAULTS:
        fault = _STATUS_FAULTS[status]
    elif 300 <= status < 400:
        fault = (
            Fault.CREDENTIALS
            if "login" in refusal.headers.get("Location", "")
            else (Fault.CONFIGURATION)
        )
    elif status >= 500 or status == 408:
        # A proxy or a failing Rally may have carried the write out all the same.
        fault = Fault.UNKNOWN_OUTCOME if refusal.write else Fault.UNAVAILABLE
    else:
        fault = Fault.VALIDATION
    return TrackerError(
        fault,
        f"{TITLE} refused to {refusal.what} ({status}){': ' + text if text else '.'}",
        remedy=REMEDIES.get(fault, ""),
        status=status,
        field=field_in(text),
        retry_after=retry_after(refusal.headers, refusal.now),
    )


def field_in(text: str) -> str:
    found = _ATTRIBUTE.search(text)
    return _FIELDS.get(found[1].lower(), found[1]) if found else ""


def refused(fault: Fault, message: str, *, remedy: str = "", field: str = "") -> TrackerError:
    return TrackerError(fault, message, remedy=remedy or REMEDIES.get(fault, ""), field=field)


def invalid(field: str, why: str, remedy: str = "") -> TrackerError:
    return refused(
        Fault.VALIDATION,
        f"The field {field!r} cannot be written to Rally: {why}.",
        remedy=remedy or "Leave the field out of the incoming rule, or map it to another one.",
        field=field,
    )


def choose(names: list[str] | tuple[str, ...], otherwise: str) -> str:
    if not names:
        return f"{otherwise}, or leave it out of the incoming rule."
    return f"{otherwise}, or map it to one of: {', '.join(sorted(names)[:20])}."


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


def _fault(text: str) -> Fault:
    return next((fault for words, fault in _BY_TEXT if words in text), Fault.VALIDATION)


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]

"""ALM's refusals as typed errors: by the id in their body, for its statuses are catch-alls."""

import re

import msgspec
from lxml import etree

from adapters.http import Refusal, retry_after
from schemas.errors import Fault, TrackerError

TITLE = "ALM"
LOCK_WAIT = 60.0
"""Seconds after which it is worth looking whether somebody's lock is gone."""

_ID_FAULTS = {
    "entity-not-found": Fault.NOT_FOUND,
    "lock-failure": Fault.CONFLICT,
    "entity-locked": Fault.CONFLICT,
    "check-out-failure": Fault.CONFLICT,
    "check-in-failure": Fault.CONFLICT,
    "undo-check-out-failure": Fault.CONFLICT,
    "request-conflict": Fault.CONFLICT,
    "operation-forbidden": Fault.PERMISSION,
    "session-has-expired": Fault.CREDENTIALS,
    "required-field-missing": Fault.VALIDATION,
    "invalid-list-field-value": Fault.VALIDATION,
    "invalid-value-type-for-field": Fault.VALIDATION,
    "unknown-field-name": Fault.VALIDATION,
    "invalid-filter-expression": Fault.VALIDATION,
    "entity-already-exists": Fault.VALIDATION,
}
_STATUS_FAULTS = {
    400: Fault.VALIDATION,
    401: Fault.CREDENTIALS,
    403: Fault.PERMISSION,
    404: Fault.NOT_FOUND,
    405: Fault.VALIDATION,
    406: Fault.VALIDATION,
    409: Fault.CONFLICT,
    413: Fault.VALIDATION,
    415: Fault.VALIDATION,
    429: Fault.THROTTLED,
    501: Fault.VALIDATION,
}
REMEDIES = {
    Fault.CREDENTIALS: "Check the connector's API key, or its user and password; behind a single"
    " sign-on only an API key works.",
    Fault.PERMISSION: "Give the account's group this permission in the ALM project.",
    Fault.NOT_FOUND: "Check that it exists and that the connector's account may see it.",
    Fault.CONFLICT: "Nothing to do: it is tried again. If it stays so, look who has it open.",
    Fault.THROTTLED: "Nothing to do, or raise the limit of the proxy in front of ALM.",
    Fault.UNAVAILABLE: "Nothing to do if ALM is being restarted; else look at its log.",
    Fault.UNKNOWN_OUTCOME: "Nothing to do: it is looked at before the write is repeated.",
    Fault.VALIDATION: "Correct the value in the rule or the issue, then retry.",
    Fault.CONFIGURATION: "Check the settings 'url', 'domain' and 'project' of the connector.",
}
_QUOTED = re.compile(r"['\"]([^'\"]{1,80})['\"]")
_LONGEST = 500
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


class _Body(msgspec.Struct):
    id: str = msgspec.field(name="Id", default="")
    title: str = msgspec.field(name="Title", default="")


_decode = msgspec.json.Decoder(_Body).decode


def translate(refusal: Refusal) -> TrackerError:
    told = _told(refusal.body)
    kind = told.id.removeprefix("qccore.")
    fault = _fault(refusal, kind)
    text = " ".join(told.title.split())[:_LONGEST]
    locked = kind in ("lock-failure", "entity-locked", "check-out-failure")
    expired = kind == "session-has-expired"
    return TrackerError(
        fault,
        f"{TITLE} refused to {refusal.what} ({refusal.status}){': ' + text if text else '.'}",
        remedy=_remedy(fault, locked),
        status=401 if expired else refusal.status,
        field=_blamed(text) if fault is Fault.VALIDATION else "",
        retry_after=LOCK_WAIT if locked else retry_after(refusal.headers, refusal.now),
    )


def _fault(refusal: Refusal, kind: str) -> Fault:
    status = refusal.status
    if kind in _ID_FAULTS:
        return _ID_FAULTS[kind]
    if status in _STATUS_FAULTS:
        return _STATUS_FAULTS[status]
    if 300 <= status < 400:
        return Fault.CREDENTIALS
    if status >= 500 or status == 408:
        # ALM answers 500 to writes that it has carried out.
        return Fault.UNKNOWN_OUTCOME if refusal.write else Fault.UNAVAILABLE
    return Fault.VALIDATION


def _remedy(fault: Fault, locked: bool) -> str:
    if locked:
        return "Nothing to do: it is tried again when whoever has it open in ALM has closed it."
    return REMEDIES.get(fault, "")


def _told(body: bytes) -> _Body:
    """From JSON or XML; a page for people tells nothing."""
    start = body.lstrip()[:1]
    if start == b"{":
        try:
            return _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _Body()
    if start == b"<":
        try:
            root = etree.fromstring(body, _PARSER)
        except etree.XMLSyntaxError:
            return _Body()
        if root.tag == "QCRestException":
            return _Body(root.findtext("Id") or "", root.findtext("Title") or "")
    return _Body()


def _blamed(text: str) -> str:
    """ALM names a field by its label, in quotes."""
    found = _QUOTED.search(text)
    return found[1] if found else ""


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

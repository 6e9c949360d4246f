"""What an Azure DevOps answer means: typed errors from bodies first, status codes second."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

from schemas.errors import Fault, TrackerError

_CONFLICT = re.compile(
    r"VS403351|TF26071|RevisionMismatch|TestPatchOperationFailed|WorkItemUpdateConflict"
)
_NOT_FOUND = re.compile(r"TF401232|VS403206|DoesNotExist|NotFound|TF200016")
_PERMISSION = re.compile(r"TF237111|TF50309|VS402392|AccessDenied|UnauthorizedRequest")
_FIELD = re.compile(r"\bfield '?([A-Za-z_][\w. ]*?)'?(?:\.|,|$| contains| cannot| does| is)", re.I)
_SHOWN = 500
"""Characters of the tracker's own words that go into our message."""

_BY_STATUS = {
    401: Fault.CREDENTIALS,
    403: Fault.PERMISSION,
    404: Fault.NOT_FOUND,
    409: Fault.CONFLICT,
    410: Fault.GONE,
    412: Fault.CONFLICT,
    429: Fault.THROTTLED,
}
_REMEDIES = {
    Fault.CREDENTIALS: "Check that the personal access token is valid and not expired.",
    Fault.PERMISSION: "Give the account of the token the permission that is named.",
    Fault.NOT_FOUND: "Check the id, and that the account may see the work item.",
    Fault.GONE: "Restore the work item from the recycle bin, or stop its sync.",
    Fault.CONFLICT: "Read the work item again and repeat the change.",
    Fault.VALIDATION: "Correct the value or map it to one that the work item type allows.",
    Fault.THROTTLED: "Nothing to do: it is tried again when the limit allows.",
    Fault.UNAVAILABLE: "Nothing to do: it is tried again. See whether Azure DevOps is up.",
    Fault.UNKNOWN_OUTCOME: "Nothing to do: the work item is looked at before anything is repeated.",
}


class _RuleFailure(msgspec.Struct, frozen=True, rename="camel"):
    field_reference_name: str = ""
    error_message: str = ""


class _Custom(msgspec.Struct, frozen=True):
    failures: tuple[_RuleFailure, ...] = msgspec.field(name="RuleValidationErrors", default=())


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    message: str = ""
    type_key: str = ""
    custom_properties: _Custom | None = None


_decode_body = msgspec.json.Decoder(_Body).decode


def tracker_error(
    fault: Fault,
    message: str,
    *,
    status: int | None = None,
    field: str = "",
    retry_after: float | None = None,
    remedy: str = "",
) -> TrackerError:
    return TrackerError(
        fault,
        f"Azure DevOps: {message}",
        remedy=remedy or _REMEDIES.get(fault, ""),
        status=status,
        field=field,
        retry_after=retry_after,
    )


def error_from_answer(
    status: int, body: bytes, headers: Mapping[str, str], *, write: bool, now_seconds: float
) -> TrackerError:
    """`headers` is matched without regard to case by the caller's mapping."""
    parsed = _parse(body)
    fault = _fault(status, parsed, headers, write=write)
    said = parsed.message[:_SHOWN] or f"answered with status {status}"
    return tracker_error(
        fault,
        said,
        status=status,
        field=_field(parsed) if fault is Fault.VALIDATION else "",
        retry_after=retry_after(headers, now_seconds),
    )


def retry_after(headers: Mapping[str, str], now_seconds: float) -> float | None:
    """Seconds from Retry-After, which may also be a date."""
    raw = headers.get("Retry-After", "")
    if not raw:
        return None
    try:
        return max(0.0, float(raw))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(raw).timestamp() - now_seconds)
    except ValueError:
        return None


def _parse(body: bytes) -> _Body:
    try:
        return _decode_body(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Body()


def _fault(status: int, body: _Body, headers: Mapping[str, str], *, write: bool) -> Fault:
    if status in (203, 301, 302, 307):
        # Without valid credentials Services shows its sign-in page instead of a 401.
        return Fault.CREDENTIALS
    if status == 429 or (status == 503 and headers.get("Retry-After")):
        return Fault.THROTTLED
    words = f"{body.type_key} {body.message}"
    if _CONFLICT.search(words):
        return Fault.CONFLICT
    if status == 503:
        return Fault.UNAVAILABLE
    if status == 408 or status >= 500:
        return Fault.UNKNOWN_OUTCOME if write else Fault.UNAVAILABLE
    if status != 401 and _PERMISSION.search(words):
        return Fault.PERMISSION
    if status == 400 and _NOT_FOUND.search(body.message):
        return Fault.NOT_FOUND
    return _BY_STATUS.get(status, Fault.VALIDATION)


def _field(body: _Body) -> str:
    if body.custom_properties:
        for failure in body.custom_properties.failures:
            if failure.field_reference_name:
                return failure.field_reference_name
    found = _FIELD.search(body.message)
    return found.group(1).strip() if found else ""

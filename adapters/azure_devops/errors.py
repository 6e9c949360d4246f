"""What an Azure DevOps answer means: typed errors from bodies first, status codes second."""

import re
from collections.abc import Mapping

import msgspec

from adapters.http import Refusal, retry_after
from schemas.errors import Fault, TrackerError

TITLE = "Azure DevOps"

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
_ELSEWHERE = frozenset({203, 301, 302, 303, 307, 308})
_REMEDIES = {
    Fault.CONFIGURATION: "Set the connector's 'url' to the address at which Azure DevOps answers.",
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
        f"{TITLE} {message}" if message.startswith("refused to ") else f"{TITLE}: {message}",
        remedy=remedy or _REMEDIES.get(fault, ""),
        status=status,
        field=field,
        retry_after=retry_after,
    )


def translate(refusal: Refusal) -> TrackerError:
    parsed = _parse(refusal.body)
    fault = _fault(refusal, parsed)
    said = parsed.message[:_SHOWN] or f"answered with status {refusal.status}"
    return tracker_error(
        fault,
        f"refused to {refusal.what}: {said}",
        status=refusal.status,
        field=_field(parsed) if fault is Fault.VALIDATION else "",
        retry_after=retry_after(refusal.headers, refusal.now),
    )


def _parse(body: bytes) -> _Body:
    try:
        return _decode_body(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Body()


def _fault(refusal: Refusal, body: _Body) -> Fault:
    status, write = refusal.status, refusal.write
    if status in _ELSEWHERE:
        return _sent_elsewhere(refusal.headers)
    if status == 429 or (status == 503 and refusal.headers.get("Retry-After")):
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


def _sent_elsewhere(headers: Mapping[str, str]) -> Fault:
    """Without valid credentials Services shows its sign-in page instead of a 401."""
    place = headers.get("Location", "").lower()
    return Fault.CONFIGURATION if place and "signin" not in place else Fault.CREDENTIALS


def _field(body: _Body) -> str:
    if body.custom_properties:
        for failure in body.custom_properties.failures:
            if failure.field_reference_name:
                return failure.field_reference_name
    found = _FIELD.search(body.message)
    return found.group(1).strip() if found else ""

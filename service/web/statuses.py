"""Which HTTP status tells which fault."""

from schemas.errors import Fault, InputError, TidegateError

STATUSES: dict[Fault, int] = {
    Fault.RULE: 422,
    Fault.MAPPING: 422,
    Fault.VALIDATION: 422,
    Fault.NOT_FOUND: 404,
    Fault.GONE: 410,
    Fault.CONFLICT: 409,
    Fault.UNDECIDED: 409,
    # The tracker refused us, not we the caller: 401 and 403 would mislead.
    Fault.PERMISSION: 502,
    Fault.CREDENTIALS: 502,
    Fault.THROTTLED: 503,
    Fault.UNAVAILABLE: 503,
    Fault.UNKNOWN_OUTCOME: 502,
    Fault.PEER: 502,
    Fault.PEER_UNAVAILABLE: 503,
    Fault.CONFIGURATION: 409,
    Fault.INPUT: 400,
    Fault.INTERNAL: 500,
}


def status_of(error: TidegateError) -> int:
    return error.status if isinstance(error, InputError) else STATUSES[error.fault]

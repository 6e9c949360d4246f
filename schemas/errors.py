"""Errors by whose fault they are. Each carries what a person should do next."""

from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    RULE = "rule"
    """A rule raised, ran out of limits or returned what cannot be used."""
    MAPPING = "mapping"
    """A value has no counterpart; a person maps it, uses the default or skips it."""
    VALIDATION = "validation"
    """The tracker refuses this content for this issue."""
    NOT_FOUND = "not_found"
    GONE = "gone"
    """The issue was deleted; the tracker says so."""
    CONFLICT = "conflict"
    """Somebody wrote in between; read again."""
    UNDECIDED = "undecided"
    """Both sides changed the same field, and the policy leaves it to a person."""
    PERMISSION = "permission"
    CREDENTIALS = "credentials"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    """Down, slow or broken for now."""
    UNKNOWN_OUTCOME = "unknown_outcome"
    """A write may or may not have happened; look before repeating it."""
    PEER = "peer"
    """The other node refuses or breaks the protocol."""
    PEER_UNAVAILABLE = "peer_unavailable"
    CONFIGURATION = "configuration"
    INPUT = "input"
    """A request or message from outside is wrong; it changed nothing."""
    INTERNAL = "internal"


class AddressRefused(OSError):
    """A connection to an address that this node's administrator does not permit; nothing was sent.
    It comes out of the HTTP client as the cause of its own error."""


def refused_address(error: BaseException) -> str:
    """What an `AddressRefused` behind an error of the HTTP client says, or ''."""
    cause = getattr(error, "os_error", None)
    return str(cause) if isinstance(cause, AddressRefused) else ""


class TidegateError(Exception):
    """Base of every error of ours. `remedy` tells a person the next step."""

    fault: Fault = Fault.INTERNAL

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class RuleError(TidegateError):
    fault = Fault.RULE

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "Correct the rule, then retry.",
        file: str = "",
        line: int = 0,
        trace: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.file = file
        self.line = line
        self.trace = trace


class MappingError(TidegateError):
    fault = Fault.MAPPING

    def __init__(self, message: str, *, field: str, value: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field
        self.value = value


class TrackerError(TidegateError):
    """What a tracker answered, translated from its body. `tracker` names the system."""

    def __init__(
        self,
        fault: Fault,
        message: str,
        *,
        remedy: str = "",
        status: int | None = None,
        field: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.fault = fault
        self.status = status
        self.field = field
        self.retry_after = retry_after


class PeerError(TidegateError):
    fault = Fault.PEER


class ClocksDiffer(PeerError):
    """`ahead`: seconds by which this node's clock is ahead of the peer's."""

    def __init__(self, ahead: int) -> None:
        super().__init__(
            f"The peer refuses the request: its clock and this node's differ by {ahead} seconds.",
            remedy="Set the clocks of both nodes by a time server (NTP).",
        )
        self.ahead = ahead


class PeerUnavailable(TidegateError):
    fault = Fault.PEER_UNAVAILABLE

    def __init__(self, message: str, *, remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class ConfigurationError(TidegateError):
    """`setting`: the one whose own value is wrong, where it is one."""

    fault = Fault.CONFIGURATION

    def __init__(self, message: str, *, remedy: str = "", setting: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.setting = setting


class InputError(TidegateError):
    """A request that is wrong by itself. `status` is the HTTP status to answer with; `field` names
    the one that is wrong, inside others by dots, where it is one."""

    fault = Fault.INPUT

    def __init__(
        self, message: str, *, status: int = 400, remedy: str = "", field: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.field = field


class FieldsRefused(InputError):
    """Several fields at once, by name; those inside others are nested."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__("The request does not fit: " + ", ".join(fields) + ".")
        self.fields = fields


class BusUnavailable(TidegateError):
    fault = Fault.UNAVAILABLE


class StoreUnavailable(TidegateError):
    fault = Fault.UNAVAILABLE

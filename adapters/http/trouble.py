"""What goes wrong between us and a tracker, as typed errors in words for people."""

import aiohttp

from adapters.http.call import Call
from schemas.errors import Fault, TrackerError, refused_address

_SHORTEST = 6
"""A secret shorter than this is not looked for: it would black out ordinary words."""
_HIDDEN = "(hidden)"
_LOOK_FIRST = "Nothing to do: it is looked at before the write is repeated."


class Trouble:
    def __init__(self, title: str, base: str) -> None:
        self._title = title
        self._base = base

    def broken(self, call: Call, error: Exception) -> TrackerError:
        """Not connected means not sent; anything later may have reached the tracker."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return self._unreached("is not trusted", "Set 'tls_ca' if its certificate is private.")
        if isinstance(
            error,
            aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL,
        ):
            remedy = refused_address(error) or "Check that it runs and that this node can reach it."
            return self._unreached("cannot be reached", remedy)
        fault, remedy = self._outcome(call)
        when = " in time" if isinstance(error, TimeoutError) else ""
        return TrackerError(
            fault, f"{self._title} did not answer the call to {call.what}{when}.", remedy=remedy
        )

    def unreadable(self, call: Call) -> TrackerError:
        fault, remedy = self._outcome(call)
        if fault is Fault.UNAVAILABLE:
            remedy = "Check that the connector's 'url' leads to the tracker, not to a login page."
        return TrackerError(
            fault,
            f"The answer of {self._title} to the call to {call.what} cannot be understood.",
            remedy=remedy,
        )

    def too_large(self, call: Call, status: int, largest: int) -> TrackerError:
        fault, remedy = self._outcome(call)
        return TrackerError(
            fault,
            f"The answer of {self._title} to the call to {call.what} is larger than"
            f" {largest} bytes.",
            remedy=remedy,
            status=status,
        )

    def without_secrets(self, error: TrackerError, secrets: tuple[str, ...]) -> TrackerError:
        message, remedy = error.message, error.remedy
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                message = message.replace(secret, _HIDDEN)
                remedy = remedy.replace(secret, _HIDDEN)
        if message == error.message and remedy == error.remedy:
            return error
        return TrackerError(
            error.fault,
            message,
            remedy=remedy,
            status=error.status,
            field=error.field,
            retry_after=error.retry_after,
        )

    def _unreached(self, how: str, remedy: str) -> TrackerError:
        return TrackerError(
            Fault.UNAVAILABLE, f"{self._title} at {self._base} {how}.", remedy=remedy
        )

    def _outcome(self, call: Call) -> tuple[Fault, str]:
        if call.write:
            return Fault.UNKNOWN_OUTCOME, _LOOK_FIRST
        return Fault.UNAVAILABLE, f"Nothing to do if {self._title} is restarted; else see its log."

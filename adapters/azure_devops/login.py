"""How Azure DevOps is spoken to over HTTP: the token, the delays it asks for, its sign-in page."""

from base64 import b64encode
from collections.abc import Mapping

from adapters.azure_devops import errors
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.http import Call, Dialect, Limit, Refusal, retry_after
from schemas.errors import TrackerError

_SIGN_IN = 203
"""A good status by its number: Services answers so with its sign-in page."""


class AzureDevOpsDialect(Dialect):
    def __init__(self, params: AzureDevOpsParams) -> None:
        self._token = params.token
        self._patience = params.patience
        token = b64encode(f":{params.token}".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {token}", "Accept": "application/json"}

    async def authorize(self, call: Call) -> Mapping[str, str]:
        return self._headers

    def accepts(self, status: int, headers: Mapping[str, str]) -> bool:
        return 200 <= status < 300 and status != _SIGN_IN

    def follows(self, status: int, headers: Mapping[str, str]) -> bool:
        """It redirects to its sign-in page, and never to what was asked for."""
        return False

    def limits(self, status: int, headers: Mapping[str, str], now: int) -> Limit:
        """Good answers too tell to slow down, before calls are refused. A mere delay is kept
        within one call's patience, so that it holds nothing up for good."""
        wait = retry_after(headers, now)
        if wait is None and "X-RateLimit-Delay" in headers:
            try:
                wait = min(float(headers["X-RateLimit-Delay"]), self._patience)
            except ValueError:
                wait = None
        return Limit(wait or 0.0)

    def translate(self, refusal: Refusal) -> TrackerError:
        return errors.translate(refusal)

    def secrets(self) -> tuple[str, ...]:
        return (self._token,)

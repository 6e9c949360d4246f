"""The connection check, stage by stage."""

from adapters.jira import wire
from adapters.jira.check import Check
from schemas.errors import Fault, TrackerError


class CloudCheck(Check):
    async def _server(self) -> str:
        what = "read the site's version"
        try:
            body = await self._client.get("/serverInfo", what=what)
        except TrackerError as error:
            if error.fault in (Fault.CREDENTIALS, Fault.PERMISSION):
                return "Jira answers."  # the next stage tells what is wrong
            if error.fault is Fault.NOT_FOUND:
                raise _no_cloud() from error
            raise
        if wire.read(wire.server, body, what).deployment_type.casefold() != "cloud":
            raise _no_cloud()
        return "Jira Cloud answers."


def _no_cloud() -> TrackerError:
    """Data Center does not know this version of the API."""
    return TrackerError(
        Fault.CONFIGURATION,
        "This is no Jira Cloud.",
        remedy="Use a connector of the system 'jira' for Jira Data Center and Server.",
    )

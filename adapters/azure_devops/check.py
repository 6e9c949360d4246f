"""The connection check: server, credentials, project, permissions, in this order."""

from adapters.azure_devops import wire
from adapters.azure_devops.client import AzureDevOpsClient, Call, segment
from adapters.azure_devops.items import Items
from adapters.azure_devops.operations import Operation
from adapters.port import Stage, StageResult
from schemas.errors import Fault, TrackerError

_ANONYMOUS = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
"""Azure DevOps' own id for a caller that it does not know."""


async def check_connection(
    client: AzureDevOpsClient, items: Items, project: str, kind: str
) -> tuple[StageResult, ...]:
    results = await _server_and_credentials(client)
    if project and results[-1].passed:
        results += (await _project(client, project),)
    if project and results[-1].passed:
        results += (await _permissions(items, project, kind),)
    return results


async def _server_and_credentials(client: AzureDevOpsClient) -> tuple[StageResult, ...]:
    try:
        call = Call(what="tell whose token it is", path="/_apis/connectionData")
        data = await client.fetch(call, wire.connection, "connection")
    except TrackerError as error:
        if error.fault not in (Fault.CREDENTIALS, Fault.PERMISSION):
            remedy = "Check the URL, the network and any proxy between here and the server."
            return (StageResult("server", False, error.message, remedy),)
        return (_passed("server", "Azure DevOps answers."), _failed("credentials", error))
    user = data.authenticated_user
    server = _passed("server", "Azure DevOps answers.")
    if user.id == _ANONYMOUS:
        remedy = "Make a new personal access token and put it into the connector."
        return (server, StageResult("credentials", False, "The token is not known.", remedy))
    return (server, _passed("credentials", f"Signed in as {user.provider_display_name}."))


async def _project(client: AzureDevOpsClient, project: str) -> StageResult:
    try:
        path = f"/_apis/projects/{segment(project)}"
        await client.send(Call(what=f"show the project {project}", path=path))
    except TrackerError as error:
        return _failed("project", error)
    return _passed("project", f"Project {project} is there.")


async def _permissions(items: Items, project: str, kind: str) -> StageResult:
    """A create that the server only validates. A missing field refuses it too, which is fine:
    whoever may not write is refused before the fields are looked at."""
    title = Operation("add", "/fields/System.Title", "Connection check")
    try:
        await items.create(project, kind, [title], validate_only=True)
    except TrackerError as error:
        if error.fault is not Fault.VALIDATION:
            return _failed("permissions", error)
    return _passed("permissions", "The account may create and edit work items.")


def _passed(stage: Stage, message: str) -> StageResult:
    return StageResult(stage, True, message)


def _failed(stage: Stage, error: TrackerError) -> StageResult:
    return StageResult(stage, False, error.message, error.remedy)

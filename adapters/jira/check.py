"""The connection check, stage by stage."""

from adapters.jira import wire
from adapters.jira.client import JiraClient, segment
from adapters.port import StageResult
from adapters.stages import checked
from schemas.errors import Fault, TrackerError

NEEDED = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "ADD_COMMENTS",
    "EDIT_OWN_COMMENTS",
    "CREATE_ATTACHMENTS",
)

FOR_PARTS = {"LINK_ISSUES": "links", "WORK_ON_ISSUES": "worklogs"}
"""Not needed by everybody: what cannot be written without."""


class Check:
    def __init__(self, client: JiraClient, projects: tuple[str, ...]) -> None:
        self._client = client
        self._projects = projects

    async def run(self) -> tuple[StageResult, ...]:
        return await checked(
            server=self._server,
            credentials=self._credentials,
            project=self._project,
            permissions=self._permissions,
        )

    async def _server(self) -> str:
        what = "read the server's version"
        try:
            server = wire.read(wire.server, await self._client.get("/serverInfo", what=what), what)
        except TrackerError as error:
            if error.fault in (Fault.CREDENTIALS, Fault.PERMISSION):
                return "Jira answers."  # some installations hide the version; the next stage tells
            raise
        if server.deployment_type.casefold() == "cloud":
            raise TrackerError(
                Fault.CONFIGURATION,
                "This is Jira Cloud.",
                remedy="This connector is for Jira Data Center and Server.",
            )
        return f"Jira {server.version} answers."

    async def _credentials(self) -> str:
        what = "read the own account"
        found = wire.read(wire.account, await self._client.get("/myself", what=what), what)
        return f"Logged in as {found.display_name or found.name}."

    async def _project(self) -> str:
        names: list[str] = []
        for key in self._projects:
            what = f"read the project {key}"
            body = await self._client.get(f"/project/{segment(key)}", what=what)
            names.append(wire.read(wire.project, body, what).name or key)
        return f"Found {', '.join(names)}." if names else "No project is named."

    async def _permissions(self) -> str:
        if not self._projects:
            return "No project is named."
        lacking = [await self._permissions_in(key) for key in self._projects]
        told = "".join(
            f" In {project}, {parts} cannot be written."
            for project, parts in zip(self._projects, lacking, strict=True)
            if parts
        )
        return "All needed permissions are there." + told

    async def _permissions_in(self, project: str) -> str:
        """What cannot be written though the account has all that is needed."""
        what = "read the own permissions"
        query = {"projectKey": project, "permissions": ",".join((*NEEDED, *FOR_PARTS))}
        body = await self._client.get("/mypermissions", query, what=what)
        held = wire.read(wire.permissions, body, what).permissions
        # An older server leaves out permissions that it does not know.
        lacks = {key for key, told in held.items() if not told.have_permission}
        missing = [key for key in NEEDED if key in lacks]
        if missing:
            raise TrackerError(
                Fault.PERMISSION,
                f"The account lacks permissions in {project}: {', '.join(missing)}.",
                remedy="Grant them in the project's permission scheme.",
            )
        return " and ".join(part for key, part in FOR_PARTS.items() if key in lacks)

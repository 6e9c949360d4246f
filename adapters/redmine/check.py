"""The connection check, stage by stage."""

from adapters.http import Call
from adapters.port import StageResult
from adapters.redmine import errors, wire
from adapters.redmine.client import RedmineClient
from adapters.redmine.directory import Directory
from adapters.redmine.rights import SEE_PRIVATE_NOTES, WRITE_PRIVATE_NOTES, Rights
from adapters.stages import checked
from schemas.errors import Fault, TrackerError

NEEDED = ("view_issues", "add_issues", "edit_issues", "add_issue_notes")
USEFUL = (
    "edit_own_issue_notes",
    SEE_PRIVATE_NOTES,
    WRITE_PRIVATE_NOTES,
    "manage_issue_relations",
    "manage_subtasks",
    "view_time_entries",
    "log_time",
)
"""Without these something is left out, and the rest works."""


class Check:
    def __init__(
        self,
        client: RedmineClient,
        directory: Directory,
        rights: Rights,
    ) -> None:
        self._client = client
        self._directory = directory
        self._rights = rights
        self._projects: tuple[str, ...] = ()

    async def run(self, projects: tuple[str, ...]) -> tuple[StageResult, ...]:
        self._projects = projects
        self._directory.forget()
        return await checked(
            server=self._server,
            credentials=self._credentials,
            project=self._project,
            permissions=self._permissions,
        )

    async def _server(self) -> str:
        call = Call(what="answer", path="/projects.json?limit=1", anonymous=True)
        try:
            await self._client.http.fetch(call, wire.projects)
        except TrackerError as error:
            if error.fault is Fault.NOT_FOUND:
                raise errors.refused(
                    Fault.CONFIGURATION, "There is no Redmine under the setting 'url'."
                ) from error
            if error.fault not in (Fault.CREDENTIALS, Fault.PERMISSION):
                raise
        return "Redmine answers."

    async def _credentials(self) -> str:
        """A key that Redmine does not know passes for a visitor elsewhere; only here it is told."""
        user = await self._client.login.confirm()
        kind = "an administrator" if user.admin else "no administrator"
        return f"Logged in as {user.login or user.id}, {kind}."

    async def _project(self) -> str:
        names: list[str] = []
        for key in self._projects:
            project = await self._directory.project(key)
            if "issue_tracking" not in project.modules:
                raise errors.refused(
                    Fault.CONFIGURATION,
                    f"The project {key} has no issue tracking.",
                    remedy="Switch on the module 'Issue tracking' in the project's settings.",
                )
            names.append(project.name)
        return f"Found {', '.join(names)}." if names else "No project is named."

    async def _permissions(self) -> str:
        for key in self._projects:
            project = await self._directory.project(key)
            missing = await self._rights.lacking(project.id, NEEDED)
            if missing:
                raise errors.refused(
                    Fault.PERMISSION,
                    f"The account lacks permissions in {key}: {', '.join(missing)}.",
                    remedy="Make it a member of the project, with a role that gives them.",
                )
        lesser = await self._lesser()
        return f"All needed permissions are there.{lesser}" if self._projects else "No project."

    async def _lesser(self) -> str:
        missing: set[str] = set()
        for key in self._projects:
            project = await self._directory.project(key)
            missing.update(await self._rights.lacking(project.id, USEFUL))
        said = f" Left out for want of: {', '.join(sorted(missing))}." if missing else ""
        if not (await self._client.login.user()).admin:
            said += " Kinds of custom fields and e-mail addresses are shown to administrators only."
        return said

"""The connection check, stage by stage."""

from adapters.port import StageResult
from adapters.sd_elements import answers
from adapters.sd_elements.client import SdElementsClient
from adapters.sd_elements.paths import project_path, tasks_path
from adapters.stages import checked
from schemas.errors import Fault, TrackerError


class Check:
    def __init__(self, client: SdElementsClient, projects: tuple[str, ...]) -> None:
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
        try:
            await self._phases()
        except TrackerError as error:
            # Any refusal in SD Elements' own words shows that it is there.
            if error.fault not in (Fault.CREDENTIALS, Fault.PERMISSION):
                raise
        return "SD Elements answers."

    async def _credentials(self) -> str:
        found = await self._phases()
        return f"The token is accepted; {len(found.results)} phases are known."

    async def _phases(self) -> answers.Phases:
        return await self._client.get("/phases/", answers.phase_list, what="list the phases")

    async def _project(self) -> str:
        names = []
        for project in self._projects:
            found = await self._client.get(
                project_path(project), answers.project, what=f"read the project {project}"
            )
            if found.archived:
                raise TrackerError(
                    Fault.VALIDATION,
                    f"The project {found.name} is archived.",
                    remedy="Restore it in SD Elements, or name another one.",
                )
            names.append(found.name or project)
        return f"Found {', '.join(names)}." if names else "No project is named."

    async def _permissions(self) -> str:
        """Reading can be tried; SD Elements does not tell what an account may write."""
        for project in self._projects:
            await self._client.get(
                tasks_path(project),
                answers.task_page,
                what=f"list the tasks of {project}",
                query={"page_size": "1"},
            )
        return "The tasks can be read." if self._projects else "No project is named."

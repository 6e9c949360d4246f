"""The connection check, stage by stage."""

from adapters.github import wire
from adapters.github.client import GitHubClient
from adapters.github.errors import github_error
from adapters.github.places import repository_path
from adapters.port import StageResult
from adapters.stages import checked
from schemas.errors import Fault, TrackerError

_HIDDEN = (Fault.CREDENTIALS, Fault.PERMISSION, Fault.NOT_FOUND)
_GITHUBS_OWN = "X-GitHub-Request-Id"


class Check:
    def __init__(self, client: GitHubClient, projects: tuple[str, ...]) -> None:
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
            answer = await self._client.bare("/rate_limit", what="answer at all")
        except TrackerError as error:
            if error.fault in _HIDDEN:
                return "GitHub answers."  # a server may show nothing without a login
            raise
        if _GITHUBS_OWN not in answer.headers:
            raise github_error(
                Fault.CONFIGURATION, f"What answers at {self._client.api} is not GitHub."
            )
        version = answer.headers.get("X-GitHub-Enterprise-Version", "")
        return f"GitHub Enterprise Server {version} answers." if version else "GitHub answers."

    async def _credentials(self) -> str:
        app = self._client.app
        if app is not None:
            await app.token()
            return "Logged in as the App's installation."
        found = await self._client.get("/user", wire.account, what="read the own account")
        return f"Logged in as {found.login}."

    async def _project(self) -> str:
        for name in self._projects:
            found = await self._client.get(
                repository_path(name), wire.repository, what=f"read the repository {name}"
            )
            if found.archived or not found.has_issues:
                state = "is archived" if found.archived else "has its issues switched off"
                raise github_error(
                    Fault.PERMISSION,
                    f"The repository {found.full_name} {state}.",
                    remedy="Change that in the repository's settings, or choose another.",
                )
        return f"Found {', '.join(self._projects)}." if self._projects else "No project is named."

    async def _permissions(self) -> str:
        app = self._client.app
        if app is not None:
            held = (await app.installation()).permissions or {}
            if held.get("issues") != "write":
                raise _lacking("The App may not write issues.", "Give it Issues: read and write.")
            return "The App may write issues."
        for name in self._projects:
            found = await self._client.get(
                repository_path(name), wire.repository, what=f"read the repository {name}"
            )
            rights = found.permissions
            if rights and not (rights.push or rights.triage or rights.maintain or rights.admin):
                raise _lacking(
                    f"In {found.full_name} GitHub would drop labels, assignee, milestone and type.",
                    "Give the connector's account the role Triage or Write there.",
                )
        return "All needed permissions are there." if self._projects else "No project is named."


def _lacking(message: str, remedy: str) -> TrackerError:
    return github_error(Fault.PERMISSION, message, remedy=remedy)

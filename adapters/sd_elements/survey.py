"""A look over a whole project at the cost of its pages: what decides whether a task is of interest
and whether it has changed; and the jobs that SD Elements has for a remote agent."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from adapters.http import segment
from adapters.sd_elements import answers, mapping, moments
from adapters.sd_elements.client import SdElementsClient, all_of
from adapters.sd_elements.paths import project_path, tasks_path
from schemas.errors import Fault, TrackerError
from schemas.issue import IssueRef
from schemas.values import Millis

_INCLUDE = {"include": "tags,references"}


class SurveyedTask(msgspec.Struct, frozen=True):
    ref: IssueRef
    short: str
    """`T2`"""
    phase: str
    """Its slug."""
    priority: int
    tags: frozenset[str]
    verification: str | None
    meaning: str
    updated: Millis
    notes: int
    references: tuple[tuple[str, str], ...] = ()
    """Connection and reference."""


class SurveyedProject(msgspec.Struct, frozen=True):
    """'' for what the account may not see."""

    name: str
    application: str = ""
    business_unit: str = ""


class AgentConnection(msgspec.Struct, frozen=True):
    """`params` are shown to those who may edit ALM connections."""

    id: int | str
    project: int | str
    system: dict[str, Any] | str
    alias: str = ""
    params: dict[str, Any] = {}


class AgentJob(msgspec.Struct, frozen=True):
    """A job that waits for an agent."""

    id: int | str
    connection: AgentConnection
    automatic: bool = False
    ready: bool = False


class _Jobs(msgspec.Struct, frozen=True):
    results: tuple[AgentJob, ...]
    next: str | None = None


_jobs = msgspec.json.Decoder(_Jobs)


class Survey:
    def __init__(self, base: str, client: SdElementsClient) -> None:
        self._base = base
        self._client = client

    async def project(self, project: str) -> SurveyedProject:
        found = await self._client.get(
            project_path(project), answers.project, what=f"read the project {project}"
        )
        application = await self._parent("applications", found.application)
        unit = await self._parent("business-units", application.business_unit)
        return SurveyedProject(found.name, application.name, unit.name)

    async def _parent(self, kind: str, told: int | str | answers.Parent | None) -> answers.Parent:
        if isinstance(told, answers.Parent):
            return told
        if told is None:
            return answers.Parent()
        path = f"/{kind}/{segment(str(told))}/"
        try:
            return await self._client.get(path, answers.parent, what=f"read one of the {kind}")
        except TrackerError as error:
            # A project can be worked on without seeing what is above it.
            if error.fault not in (Fault.PERMISSION, Fault.NOT_FOUND, Fault.GONE):
                raise
            return answers.Parent()

    async def phases(self) -> Mapping[str, str]:
        """Name by slug."""
        found = await self._client.get("/phases/", answers.phase_list, what="list the phases")
        return {phase.slug or phase.name: phase.name for phase in found.results}

    async def tasks(self, project: str) -> AsyncIterator[tuple[SurveyedTask, ...]]:
        """All that are accepted, page by page."""
        phases = await self._client.get("/phases/", answers.phase_list, what="list the phases")
        statuses = await self._client.get(
            "/task-statuses/", answers.status_list, what="list the task statuses"
        )
        slugs = {word: p.slug for p in phases.results for word in (p.id, p.name, p.slug)}
        meanings = {
            word: status.meaning
            for status in statuses.results
            for word in (status.id, status.name, status.slug)
        }
        pages = self._client.pages(
            tasks_path(project), answers.task_page, what="list the tasks", query=_INCLUDE
        )
        async for page in pages:
            yield tuple(self._surveyed(task, slugs, meanings) for task in page.results)
            if not page.next:
                return

    def _surveyed(
        self, task: answers.Task, slugs: Mapping[str, str], meanings: Mapping[str, str]
    ) -> SurveyedTask:
        phase, status = task.phase, task.status
        return SurveyedTask(
            ref=mapping.reference(self._base, task),
            short=mapping.short_id(task.id),
            phase=phase.slug if isinstance(phase, answers.Phase) else slugs.get(phase, phase),
            priority=int(task.priority or 0),
            tags=frozenset(task.tags or ()),
            verification=task.verification_status,
            meaning=status.meaning
            if isinstance(status, answers.Status)
            else meanings.get(status, "TODO"),
            updated=moments.parse_or_zero(task.updated),
            notes=task.note_count,
            references=tuple(
                (str(each.alm_connection), each.reference) for each in task.references or ()
            ),
        )

    # A remote agent's work

    async def waiting_jobs(self) -> list[AgentJob]:
        """Those that nobody has run."""
        pages = self._client.pages(
            "/jobs/alm/", _jobs, what="list the jobs", query={"ready": "false"}
        )
        return [job for job in await all_of(pages) if not job.ready]

    async def report(
        self, project: str, connection: int | str, *, succeeded: bool, message: str, automatic: bool
    ) -> None:
        body = {
            "connection": connection,
            "result_message": message,
            "succeeded": succeeded,
            "automatic": automatic,
        }
        path = f"{project_path(project)}jobs/alm/"
        await self._client.write("POST", path, body, what="post the result of a job")

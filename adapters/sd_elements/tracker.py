"""The tracker port over SD Elements: a project's tasks are the issues."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp

from adapters.http import Pause
from adapters.port import (
    ByteStream,
    Capabilities,
    ChangesPage,
    SearchPage,
    StageResult,
    WebhookRequest,
)
from adapters.rich_text.losses import losses
from adapters.sd_elements import answers, mapping, writing
from adapters.sd_elements.capabilities import CAPABILITIES
from adapters.sd_elements.catalogue import Catalogue
from adapters.sd_elements.check import Check
from adapters.sd_elements.client import SdElementsClient, all_of
from adapters.sd_elements.metadata import to_metadata
from adapters.sd_elements.notes import Notes
from adapters.sd_elements.params import SdElementsParams
from adapters.sd_elements.paths import project_path, task_path, tasks_path
from adapters.sd_elements.people import People
from adapters.sd_elements.references import References
from adapters.sd_elements.scan import Scan
from adapters.sd_elements.search import FilterSearch
from adapters.sd_elements.survey import Survey
from schemas.errors import Fault, InputError, TrackerError
from schemas.events import IssueChanged
from schemas.issue import (
    Attachment,
    AttachmentDraft,
    Comment,
    CommentDraft,
    FieldChange,
    Issue,
    IssueDraft,
    IssueRef,
    Part,
)
from schemas.metadata import Choice, Metadata
from schemas.rich_text import RichText
from schemas.values import Millis, User, Value

_INCLUDED = {"include": "tags,references,how_tos"}


class SdElementsTracker:
    def __init__(
        self,
        connector: str,
        params: SdElementsParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`session` stays the caller's: `close` leaves it open."""
        self._params = params
        self._client = SdElementsClient(connector, params, session, now, pause)
        self._notes = Notes(self._client)
        self._references = References(self._client, params.alm_connection)
        self._people = People(self._client)
        self._scan = Scan(connector, self._client, now, params.scan_overlap)
        self._search = FilterSearch(params.url, self._client)
        self._catalogue: Catalogue | None = None
        self.survey = Survey(params.url, self._client)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        projects = (project,) if project else self._params.projects
        return await Check(self._client, projects).run()

    async def resolve(self, key_or_id: str) -> IssueRef:
        return mapping.reference(self._params.url, await self._task(key_or_id.strip()))

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        task = await self._task(issue_id)
        comments = await self._notes.list(task.id) if Part.COMMENTS in parts else None
        return await self._to_issue(task, comments)

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._notes.list(issue_id)

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._notes.exists(issue_id, comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        await self._task(issue_id)
        return False

    async def create(self, draft: IssueDraft) -> Issue:
        """Whatever fails once the task stands raises UNKNOWN_OUTCOME, so that the caller looks the
        marker up and does not create a second one."""
        writing.check_type(draft.type)
        catalogue = await self._known()
        body = await writing.first_words(draft, catalogue)
        later = await writing.changes(draft.fields, catalogue, without=writing.OF_OWN_TASKS)
        wanted = draft.fields.get("references")
        added, _ = self._references.changes((), FieldChange({"references": wanted}))
        if draft.source_url:
            later["artifact_proxy"] = draft.source_url
        made = await self._client.write_and_read(
            "POST", tasks_path(draft.project), body, answers.task, what="create a task"
        )
        try:
            if later:
                await self._client.write(
                    "PATCH", task_path(made.id), later, what="set the fields of a new task"
                )
            await self._references.write(made.id, (), added, ())
            return await self._to_issue(await self._task(made.id), None)
        except TrackerError as error:
            raise TrackerError(
                Fault.UNKNOWN_OUTCOME,
                f"The task was created, but then: {error.message}",
                remedy=error.remedy,
                status=error.status,
                field=error.field,
            ) from error

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        pages = self._client.pages(tasks_path(project), answers.task_page, what="look for a marker")
        for task in await all_of(pages):
            if mapping.is_own(task.id) and mapping.without_marker(task.text)[1] == marker:
                return mapping.reference(self._params.url, task)
        return None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        """SD Elements knows no expected version: the task is read, compared, and then written."""
        task = await self._task(issue.ref.id)
        before = await self._to_issue(task, None)
        if before.version != issue.version:
            raise TrackerError(
                Fault.CONFLICT,
                f"{issue.ref.key} was changed meanwhile.",
                remedy="Nothing to do: it is read again.",
            )
        catalogue = await self._known()
        body = await writing.changes(change.set, catalogue, marker=before.marker)
        labels = writing.labels(task, change)
        if labels is not None:
            body["tags"] = labels
        writing.refuse_of_library(task.id, change.set)
        held = task.references or ()
        added, removed = self._references.changes(held, change)
        await self._references.write(task.id, held, added, removed)
        referred = await self._references.refer(task.id, held, change.set.get("alm_reference"))
        noted = await self._notes.leave(task, change.set.get("automatic_note"))
        if body:
            # The last of all, so that its answer tells how the task is afterwards.
            changed = await self._patched(task.id, body)
        else:
            moved = added or removed or referred or noted
            changed = await self._task(task.id) if moved else task
        # A note that came with it is none of a person's: it is known from the start.
        told = changed.note_count != task.note_count
        return await self._to_issue(changed, await self._notes.list(task.id) if told else None)

    async def _patched(self, task_id: str, body: dict[str, Any]) -> answers.Task:
        task = await self._client.write_and_read(
            "PATCH", task_path(task_id), body, answers.task, what="change a task", query=_INCLUDED
        )
        whole = None not in (task.tags, task.references)
        return task if whole else await self._task(task_id)

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        return await self._notes.add(issue_id, draft)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        return await self._notes.edit(issue_id, comment_id, body)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        await self._notes.delete(issue_id, comment_id)

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        raise _unsupported("take a file")

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]:
        raise _unsupported("give a file")

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        raise _unsupported("delete a file")

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await self._people.find(query)

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        within = projects or self._params.projects or await self._scan.projects()
        return await self._search.page(query, within, await self._known(), cursor, issue)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects or self._params.projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects or self._params.projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(value, "markdown") if isinstance(value, RichText) else ()

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        raise InputError(
            "SD Elements sends no webhooks; its tasks are scanned.",
            status=401,
            remedy="Remove the webhook that calls here.",
        )

    async def projects(self) -> tuple[Choice, ...]:
        pages = self._client.pages("/projects/", answers.project_page, what="list the projects")
        found = await all_of(pages)
        return tuple(Choice(item.name, str(item.id)) for item in found if not item.archived)

    async def metadata(self, project: str) -> Metadata:
        await self._client.get(project_path(project), answers.project, what="read the project")
        self._catalogue = None
        catalogue = await self._known()
        return to_metadata(project, catalogue)

    async def close(self) -> None:
        """Nothing is held open."""

    async def _task(self, task_id: str) -> answers.Task:
        return await self._client.get(
            task_path(task_id), answers.task, what="read the task", query=_INCLUDED
        )

    async def _to_issue(self, task: answers.Task, comments: tuple[Comment, ...] | None) -> Issue:
        assignee = await self._people.named(mapping.assigned_to(task))
        return await mapping.to_issue(
            self._params.url, task, await self._known(), assignee, comments
        )

    async def _known(self) -> Catalogue:
        """Read once; `metadata` reads it anew."""
        if self._catalogue is None:
            statuses, phases = await asyncio.gather(
                self._client.get(
                    "/task-statuses/", answers.status_list, what="list the task statuses"
                ),
                self._client.get("/phases/", answers.phase_list, what="list the phases"),
            )
            self._catalogue = Catalogue(statuses.results, phases.results)
        return self._catalogue


def _unsupported(what: str) -> TrackerError:
    return TrackerError(
        Fault.VALIDATION,
        f"SD Elements cannot {what}: it has no attachments.",
        remedy="Leave attachments out in this side's incoming rule.",
        field="attachments",
    )

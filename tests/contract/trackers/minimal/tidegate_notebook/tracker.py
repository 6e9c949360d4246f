"""The tracker port over a notebook."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp

from adapters.http import Pause, segment
from adapters.port import ByteStream, Capabilities, ChangesPage, StageResult, WebhookRequest
from adapters.rich_text.losses import losses
from adapters.stages import checked
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
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from schemas.rich_text import RichText
from schemas.values import Millis, User, Value
from tidegate_notebook import mapping, wire
from tidegate_notebook.client import Client
from tidegate_notebook.params import Params

CAPABILITIES = Capabilities(
    system="notebook",
    title="Notebook",
    webhook_authentication=(),
    webhooks=False,
    comment_edit=True,
    comment_delete=True,
    comment_internal=False,
    comment_marker=True,
    attachment_upload=False,
    attachment_delete=False,
    expected_version=True,
    version_exact=True,
    status="plain",
    fields={
        "summary": "text",
        "description": "rich_text",
        "status": "option",
        "type": "option",
        "assignee": "user",
        "labels": "labels",
    },
    degraded={"attachments": "A notebook holds no files."},
)


class NotebookTracker:
    def __init__(
        self,
        connector: str,
        params: Params,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._connector = connector
        self._params = params
        self._client = Client(connector, params, session, now, pause)
        self._now = now

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        async def server() -> str:
            try:
                await self._client.get("/me", wire.person, what="answer at all")
            except TrackerError as error:
                if error.fault is not Fault.CREDENTIALS:
                    raise
            return "The notebook answers."

        async def credentials() -> str:
            me = await self._client.get("/me", wire.person, what="read the own account")
            return f"Logged in as {me.name}."

        async def projects() -> str:
            for name in (project,) if project else self._params.projects:
                path = f"/projects/{segment(name)}"
                await self._client.get(path, wire.project, what=f"read the project {name}")
            return "The projects are there."

        async def permissions() -> str:
            return "Whoever may log in may write."

        return await checked(
            server=server, credentials=credentials, project=projects, permissions=permissions
        )

    async def resolve(self, key_or_id: str) -> IssueRef:
        note = await self._note(key_or_id.strip().removeprefix("N-"))
        return mapping.reference(self._params.url, note)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        return _only(await self._issue(await self._note(issue_id)), parts)

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return (await self._issue(await self._note(issue_id))).comments or ()

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return comment_id in {remark.id for remark in (await self._note(issue_id)).remarks}

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return False

    async def create(self, draft: IssueDraft) -> Issue:
        wanted = {name: value for name, value in draft.fields.items() if value is not None}
        body = await mapping.to_body(FieldChange({"type": draft.type or mapping.TYPE, **wanted}))
        body |= {"project": draft.project, "marker": draft.marker}
        made = await self._client.write("POST", "/notes", body, wire.note, what="make a note")
        return _only(await self._issue(made), frozenset({Part.FIELDS}))

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        query = {"marker": marker}
        found = await self._client.get("/notes", wire.notes, what="look for a marker", query=query)
        return mapping.reference(self._params.url, found[0]) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        held = await self._note(issue.ref.id) if change.add or change.remove else None
        body = await mapping.to_body(change, held)
        written = await self._client.write(
            "PATCH",
            _path(issue.ref.id),
            body,
            wire.note,
            what="edit a note",
            headers={"If-Match": str(issue.version)},
        )
        return _only(await self._issue(written), frozenset({Part.FIELDS}))

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        body = {"text": await mapping.TEXTS.render(draft.body), "marker": draft.marker}
        path = f"{_path(issue_id)}/remarks"
        made = await self._client.write("POST", path, body, wire.remark, what="add a remark")
        return await mapping.to_comment(made)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        path = f"{_path(issue_id)}/remarks/{segment(comment_id)}"
        text = {"text": await mapping.TEXTS.render(body)}
        edited = await self._client.write("PATCH", path, text, wire.remark, what="edit a remark")
        return await mapping.to_comment(edited)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        path = f"{_path(issue_id)}/remarks/{segment(comment_id)}"
        try:
            await self._client.write("DELETE", path, {}, wire.nothing, what="delete a remark")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        raise _no_files()

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]:
        raise _no_files()

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        """There is none, so it is gone already."""

    async def find_users(self, query: str) -> tuple[User, ...]:
        found = await self._client.get(
            "/people", wire.people, what="look for people", query={"q": query}
        )
        return tuple(map(mapping.to_user, found))

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        """The notebook numbers its changes, so nothing can be passed over."""
        query = {"after": cursor or "newest", "limit": str(self._params.page_size)}
        page = await self._client.get(
            "/changes", wire.changes, what="list the changes", query=query
        )
        wanted = projects or self._params.projects
        told = [one for one in page.changes if not wanted or one.project in wanted]
        changes = tuple(self._event(one.note, one.project) for one in told)
        return ChangesPage(changes, str(page.newest), not page.more)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        wanted = projects or self._params.projects
        after = ""
        while True:
            query = {"after": after, "limit": str(self._params.page_size)}
            page = await self._client.get("/notes", wire.notes, what="list notes", query=query)
            for note in page:
                if not wanted or note.project in wanted:
                    yield self._event(note.id, note.project)
            if len(page) < self._params.page_size:
                return
            after = page[-1].id

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(value, "markdown") if isinstance(value, RichText) else ()

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        raise InputError("A notebook sends no webhooks.", status=401)

    async def projects(self) -> tuple[Choice, ...]:
        found = await self._client.get("/projects", wire.projects, what="list the projects")
        return tuple(Choice(one.name, one.id) for one in found)

    async def metadata(self, project: str) -> Metadata:
        states = tuple(Choice(state) for state in wire.STATES)
        fields = tuple(
            FieldInfo(name, name.title(), kind) for name, kind in CAPABILITIES.fields.items()
        )
        return Metadata(project, (TypeInfo(Choice(mapping.TYPE), fields, states),))

    async def close(self) -> None:
        """Holds nothing of its own."""

    async def _note(self, note_id: str) -> wire.Note:
        return await self._client.get(_path(note_id), wire.note, what="read a note")

    async def _issue(self, note: wire.Note) -> Issue:
        return await mapping.to_issue(self._params.url, note)

    def _event(self, note: str, project: str) -> IssueChanged:
        return IssueChanged(self._connector, note, project=project, source="scan", at=self._now())


def _only(issue: Issue, parts: frozenset[Part]) -> Issue:
    """What was not asked for is None."""
    return Issue(
        ref=issue.ref,
        version=issue.version,
        updated=issue.updated,
        project=issue.project,
        fields=issue.fields,
        comments=issue.comments if Part.COMMENTS in parts else None,
        attachments=issue.attachments,
        marker=issue.marker,
    )


def _path(note_id: str) -> str:
    return f"/notes/{segment(note_id or '-')}"


def _no_files() -> TrackerError:
    return TrackerError(
        Fault.VALIDATION,
        "A notebook holds no files.",
        remedy="Leave attachments out in this side's incoming rule.",
        field="attachments",
    )

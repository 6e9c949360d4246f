"""A tracker in memory that keeps every promise of the port, for the simulation."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec

from adapters.port import ByteStream, Capabilities, ChangesPage, StageResult, WebhookRequest
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.issue import (
    ALL_PARTS,
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
from schemas.links import INVERSE
from schemas.rich_text import RichText, plain, to_plain
from schemas.values import Fields, Millis, User, Value, as_set

CAPABILITIES = Capabilities(
    system="model",
    title="Model",
    webhook_authentication=(),
    comment_edit=True,
    comment_delete=True,
    comment_internal=True,
    comment_marker=True,
    attachment_upload=True,
    attachment_delete=True,
    expected_version=True,
    version_exact=True,
    status="plain",
    set_fields=("labels", "links"),
    parent=True,
    link_kinds=("relates", "blocks", "blocked_by"),
)


def _elements(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


class Clock:
    """One clock for the world; each look moves it on, so that no two moments are equal."""

    def __init__(self) -> None:
        self.at: Millis = 1_000_000

    def __call__(self) -> Millis:
        self.at += 1
        return self.at


class Held(msgspec.Struct):
    id: str
    fields: Fields
    version: int
    updated: Millis
    marker: str = ""
    comments: dict[str, Comment] = {}
    files: dict[str, tuple[Attachment, bytes]] = {}


class ModelTracker:
    """`tidy` is what this tracker makes of a field value that it is given."""

    def __init__(
        self, name: str, clock: Clock, tidy: Callable[[str, object], object], *, markers: bool
    ) -> None:
        self.name = name
        self.clock = clock
        self.tidy = tidy
        self.capabilities = msgspec.structs.replace(CAPABILITIES, comment_marker=markers)
        self.issues: dict[str, Held] = {}
        self.deleted: set[str] = set()
        self.says_gone = True
        """Some trackers tell a deleted issue from one that cannot be seen; others do not."""
        self.counts_comments = True
        self.writes = 0
        self.step: Callable[[str], None] = lambda _: None
        """Called before and after each effect; the simulation crashes or meddles here."""
        self._ids = 0

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return f"{self.name}-{kind}{self._ids}"

    def _held(self, issue_id: str) -> Held:
        held = self.issues.get(issue_id)
        if held is None:
            gone = self.says_gone and issue_id in self.deleted
            raise TrackerError(Fault.GONE if gone else Fault.NOT_FOUND, "no such issue")
        return held

    def _touch(self, held: Held) -> None:
        held.version += 1
        held.updated = self.clock()

    def _wrote(self, held: Held) -> None:
        self.writes += 1
        self._touch(held)

    # People

    def person_creates(self, fields: Fields) -> str:
        issue_id = self.new_id("i")
        self.issues[issue_id] = Held(issue_id, dict(fields), 1, self.clock())
        return issue_id

    def person_sets(self, issue_id: str, name: str, value: object) -> None:
        held = self.issues[issue_id]
        held.fields[name] = value  # type: ignore[assignment]
        self._touch(held)

    def person_deletes(self, issue_id: str) -> None:
        held = self.issues[issue_id]
        for element in _elements(held.fields.get("links")):
            self._unlink(held, element)
        del self.issues[issue_id]
        self.deleted.add(issue_id)

    def person_comments(self, issue_id: str, text: str, *, internal: bool = False) -> str:
        held, now = self.issues[issue_id], self.clock()
        comment = Comment(self.new_id("c"), plain(text), User("person"), now, now, internal)
        held.comments[comment.id] = comment
        self._touch(held)
        return comment.id

    def person_edits_comment(self, issue_id: str, comment_id: str, text: str) -> None:
        held = self.issues[issue_id]
        held.comments[comment_id] = msgspec.structs.replace(
            held.comments[comment_id], body=plain(text), updated=self.clock()
        )
        self._touch(held)

    def person_deletes_comment(self, issue_id: str, comment_id: str) -> None:
        held = self.issues[issue_id]
        del held.comments[comment_id]
        self._touch(held)

    def person_attaches(self, issue_id: str, filename: str, content: bytes) -> str:
        held = self.issues[issue_id]
        file = Attachment(self.new_id("f"), filename, len(content))
        held.files[file.id] = (file, content)
        self._touch(held)
        return file.id

    def person_detaches(self, issue_id: str, file_id: str) -> None:
        held = self.issues[issue_id]
        del held.files[file_id]
        self._touch(held)

    def person_links(self, issue_id: str, kind: str, other: str) -> None:
        self._link(self.issues[issue_id], f"{kind} {other}")
        self._touch(self.issues[issue_id])

    def person_unlinks(self, issue_id: str, kind: str, other: str) -> None:
        self._unlink(self.issues[issue_id], f"{kind} {other}")
        self._touch(self.issues[issue_id])

    def _link(self, held: Held, element: str) -> None:
        """Both issues show it."""
        for here, shown in self._ends(held, element):
            links = _elements(here.fields.get("links"))
            here.fields["links"] = as_set({*links, shown})

    def _unlink(self, held: Held, element: str) -> None:
        for here, shown in self._ends(held, element):
            links = _elements(here.fields.get("links"))
            here.fields["links"] = as_set(set(links) - {shown})

    def _ends(self, held: Held, element: str) -> list[tuple[Held, str]]:
        kind, _, other = element.partition(" ")
        if kind not in self.capabilities.link_kinds or other not in self.issues:
            raise TrackerError(Fault.VALIDATION, f"there can be no link {element!r}")
        return [(held, element), (self.issues[other], f"{INVERSE[kind]} {held.id}")]

    # The port

    def _issue(self, held: Held, parts: frozenset[Part] = ALL_PARTS) -> Issue:
        comments = tuple(held.comments.values())
        files = tuple(file for file, _ in held.files.values())
        return Issue(
            ref=IssueRef(held.id, held.id, f"https://{self.name}.invalid/{held.id}"),
            version=held.version,
            updated=held.updated,
            project="P",
            fields=dict(held.fields),
            comments=comments if Part.COMMENTS in parts else None,
            attachments=files if Part.ATTACHMENTS in parts else None,
            marker=held.marker,
            comment_count=len(comments) if self.counts_comments else None,
        )

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        return ()

    async def resolve(self, key_or_id: str) -> IssueRef:
        return self._issue(self._held(key_or_id)).ref

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        self.step("read")
        return self._issue(self._held(issue_id), parts)

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        self.step("read")
        return tuple(self._held(issue_id).comments.values())

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        self.step("read")
        return comment_id in self._held(issue_id).comments

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        self.step("read")
        return attachment_id in self._held(issue_id).files

    async def create(self, draft: IssueDraft) -> Issue:
        self.step("before create")
        issue_id = self.new_id("i")
        fields: Fields = {n: self.tidy(n, v) for n, v in draft.fields.items()}  # type: ignore[misc]
        links = _elements(fields.get("links"))
        if "links" in fields:
            fields["links"] = ()
        held = Held(issue_id, fields, 0, 0, draft.marker)
        self.issues[issue_id] = held
        self._check_parent(fields)
        for element in links:
            self._link(held, element)
        self._wrote(held)
        self.step("after create")
        return self._issue(held)

    def _check_parent(self, fields: Fields) -> None:
        parent = fields.get("parent")
        if parent is not None and parent not in self.issues:
            raise TrackerError(Fault.VALIDATION, f"there is no parent {parent!r}")

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        self.step("read")
        for held in self.issues.values():
            if held.marker == marker:
                return self._issue(held).ref
        return None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        self.step("before update")
        held = self._held(issue.ref.id)
        if held.version != issue.version:
            raise TrackerError(Fault.CONFLICT, "somebody wrote in between")
        self._check_parent(change.set)
        for element in change.add.get("links", ()):
            self._link(held, element)
        for element in change.remove.get("links", ()):
            self._unlink(held, element)
        for name, value in change.set.items():
            held.fields[name] = self.tidy(name, value)  # type: ignore[assignment]
        for name in {*change.add, *change.remove} - {"links"}:
            now = held.fields.get(name) or ()
            assert isinstance(now, tuple)
            kept = set(now) - set(change.remove.get(name, ()))
            held.fields[name] = as_set(kept | set(change.add.get(name, ())))
        self._wrote(held)
        answer = self._issue(held)
        self.step("after update")
        return answer

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        self.step("before comment")
        held, now = self._held(issue_id), self.clock()
        comment = Comment(
            self.new_id("c"),
            plain(to_plain(draft.body).strip()),
            User("sync"),
            now,
            now,
            draft.internal,
            draft.marker if self.capabilities.comment_marker else "",
        )
        held.comments[comment.id] = comment
        self._wrote(held)
        self.step("after comment")
        return comment

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        self.step("before comment")
        held = self._held(issue_id)
        comment = msgspec.structs.replace(
            held.comments[comment_id], body=body, updated=self.clock()
        )
        held.comments[comment_id] = comment
        self._wrote(held)
        self.step("after comment")
        return comment

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        self.step("before comment")
        held = self._held(issue_id)
        if held.comments.pop(comment_id, None):
            self._wrote(held)
        self.step("after comment")

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        self.step("before attach")
        content = b"".join([chunk async for chunk in await open_content()])
        held = self._held(issue_id)
        file = Attachment(self.new_id("f"), draft.filename, len(content))
        held.files[file.id] = (file, content)
        self._wrote(held)
        self.step("after attach")
        return file

    @asynccontextmanager
    async def open_attachment(self, issue_id: str, attachment_id: str) -> AsyncIterator[ByteStream]:
        async def stream() -> AsyncIterator[bytes]:
            yield self._held(issue_id).files[attachment_id][1]

        yield stream()

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        self.step("before attach")
        held = self._held(issue_id)
        if held.files.pop(attachment_id, None):
            self._wrote(held)
        self.step("after attach")

    async def find_users(self, query: str) -> tuple[User, ...]:
        return ()

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return ()

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return ChangesPage((), cursor or "", True)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        for issue_id in list(self.issues):
            yield IssueChanged(self.name, issue_id)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return ()

    async def close(self) -> None:
        return None

"""Writing the other side's comments and attachments to the local issue, one by one."""

from typing import Protocol

import msgspec

from schemas.errors import Fault, TrackerError
from schemas.issue import AttachmentDraft, CommentDraft, Issue
from schemas.replica import ReplicaAttachment
from schemas.rules import Wanted, WantedComment
from schemas.twin import Intent, Twin
from schemas.values import Millis
from service.sync.attachments import (
    AddAttachment,
    DeleteAttachment,
    find_begun_file,
    note_deleted_file,
    note_mirrored_file,
    plan_attachments,
)
from service.sync.comments import (
    AddComment,
    CommentWrite,
    DeleteComment,
    EditComment,
    find_begun,
    note_deleted,
    note_found,
    note_mirrored,
    plan_comments,
)
from service.sync.incoming import drop_waiting
from service.sync.losses import note_part
from service.sync.markers import attachment_intent, comment_intent, may_be_under_way
from service.sync.merge import Conflict
from service.workers.bench import Bench
from service.workers.remarks import TIME, Remarks

COMMENTS, ATTACHMENTS = "comments", "attachments"


class Pass(Protocol):
    """The running reconcile whose twin these writes move on."""

    bench: Bench
    remarks: Remarks
    twin: Twin
    conflicts: list[Conflict]

    def note(self, event: str, **detail: str | int | list[str]) -> None: ...

    async def checkpoint(self) -> None: ...


class PartWrites:
    def __init__(self, run: Pass, issue: Issue) -> None:
        self._run = run
        self._issue = issue

    async def find_begun(self, wanted: Wanted | None) -> None:
        """Mirrors that an interrupted attempt left are taken up, before they look like news."""
        run = self._run
        for intent in run.twin.intents:
            if intent.kind == "issue":
                self._settle(intent)
            elif intent.kind == "comment":
                self._take_up_comment(intent, wanted)
            else:
                self._take_up_file(intent)

    def _take_up_comment(self, intent: Intent, wanted: Wanted | None) -> None:
        """Also of a comment that is wished no more: its mirror must not look like a person's."""
        twin, id = self._run.twin, intent.remote_id
        version = {c.id: c.version for c in twin.replica.comments}.get(id)
        mirror = find_begun(twin, self._issue.comments or (), intent)
        if mirror is not None:
            wish = next((c for c in (wanted.comments if wanted else ()) if c.id == id), None)
            self._run.note("comment.found_again", comment=mirror.id)
            if wish is None or version is None:
                wish, version = WantedComment(id, mirror.body, mirror.internal, mirror.work), 0
            self._run.twin = note_found(twin, wish, version, mirror, intent)
        elif version is None:
            self._settle(intent)

    def _take_up_file(self, intent: Intent) -> None:
        twin = self._run.twin
        mirror = find_begun_file(twin, self._issue.attachments or (), intent)
        if mirror is not None:
            self._run.note("attachment.found_again", attachment=mirror.id)
            self._run.twin = note_mirrored_file(twin, intent.remote_id, mirror)
        elif all(file.id != intent.remote_id for file in twin.replica.attachments):
            self._settle(intent)

    def _settle(self, intent: Intent) -> None:
        twin = self._run.twin
        self._run.twin = msgspec.structs.replace(
            twin, intents=tuple(i for i in twin.intents if i is not intent)
        )

    async def write(self, wanted: Wanted) -> None:
        run = self._run
        for write in plan_comments(run.twin, wanted.comments, self._issue.comments or ()):
            await self._write_comment(write)
        run.twin = drop_waiting(
            run.twin,
            comments=frozenset(c.id for c in run.twin.replica.comments),
            removed_comments=frozenset(run.twin.replica.removed_comments),
        )
        for file_write in plan_attachments(run.twin, wanted.attachments):
            if isinstance(file_write, AddAttachment):
                await self._add_attachment(file_write.file)
            else:
                await self._delete_attachment(file_write)
        self._drop_unwanted_files(wanted)

    async def _write_comment(self, write: CommentWrite) -> None:
        match write:
            case AddComment():
                await self._add_comment(write)
            case EditComment():
                await self._edit_comment(write)
            case DeleteComment():
                await self._delete_comment(write)

    async def _add_comment(self, write: AddComment) -> None:
        run, wanted = self._run, write.wanted
        bench = run.bench
        if wanted.internal and not bench.tracker.capabilities.comment_internal:
            # Written here it would be there for everybody.
            run.note("comment.internal_unsupported", comment=wanted.id)
            self._lost(COMMENTS, "Internal comments cannot be kept internal here: they stay away.")
            return
        intent = comment_intent(run.twin.id, bench.connection, wanted, bench.now())
        await self._begin(intent)
        draft = CommentDraft(wanted.body, intent.marker, wanted.internal, wanted.work)
        mirror = await run.remarks.add(self._issue.ref.id, draft)
        bench.wrote(comment=mirror.id)
        run.twin = note_mirrored(run.twin, wanted, write.version, mirror)
        self._lost(COMMENTS, *bench.tracker.losses(COMMENTS, wanted.body))
        if wanted.work is not None and not bench.tracker.capabilities.worklogs:
            self._lost(TIME, "Time spent stands in words here, as a comment.")
        run.note("comment.added", comment=mirror.id)

    async def _edit_comment(self, write: EditComment) -> None:
        run, tracker = self._run, self._run.bench.tracker
        if not tracker.capabilities.comment_edit:
            run.note("comment.edit_unsupported", comment=write.local_id)
            self._lost(COMMENTS, "Comments cannot be edited here: the first text stands.")
            return
        mirror = await run.remarks.edit(self._issue.ref.id, write.local_id, write.wanted)
        if write.lost is not None:
            run.conflicts.append(
                Conflict(
                    field=f"comment:{write.local_id}",
                    winner=run.bench.policy.remote_side,
                    kept=write.wanted.body,
                    lost=write.lost,
                    local_at=0,
                    remote_at=0,
                )
            )
        run.twin = note_mirrored(run.twin, write.wanted, write.version, mirror)
        self._lost(COMMENTS, *tracker.losses(COMMENTS, write.wanted.body))
        run.note("comment.edited", comment=write.local_id)

    async def _delete_comment(self, write: DeleteComment) -> None:
        run, tracker = self._run, self._run.bench.tracker
        if not tracker.capabilities.comment_delete:
            run.note("comment.delete_unsupported", comment=write.local_id)
            self._lost(COMMENTS, "Comments cannot be deleted here: some are gone there.")
            return
        await run.remarks.delete(self._issue.ref.id, write.local_id)
        run.twin = note_deleted(run.twin, write.remote_id)
        run.note("comment.deleted", comment=write.local_id)

    async def _add_attachment(self, file: ReplicaAttachment) -> None:
        run, bench = self._run, self._run.bench
        reason = self._reason_against(file)
        if reason:
            run.note("attachment.not_taken", filename=file.filename, size=file.size, reason=reason)
            self._lost(ATTACHMENTS, f"{file.filename}: {reason}")
            await bench.contents.decline(run.twin, file, reason)
            run.twin = drop_waiting(run.twin, attachments=frozenset({file.id}))
            return
        open_content = await bench.contents.find(run.twin, file)
        if open_content is None:
            return
        intent = attachment_intent(run.twin.id, bench.connection, file, bench.now())
        await self._begin(intent)
        draft = AttachmentDraft(file.filename, file.size, file.mime, intent.marker)
        mirror = await bench.tracker.add_attachment(self._issue.ref.id, draft, open_content)
        run.twin = drop_waiting(
            note_mirrored_file(run.twin, file.id, mirror), attachments=frozenset({file.id})
        )
        await bench.contents.release(run.twin, file)
        run.note("attachment.added", filename=file.filename, size=file.size)

    def _reason_against(self, file: ReplicaAttachment) -> str:
        """'' when the file is taken."""
        bench = self._run.bench
        if not bench.tracker.capabilities.attachment_upload:
            return "The tracker takes no attachments."
        if file.size > bench.attachment_limit:
            limit = bench.attachment_limit
            return f"It has {file.size} bytes; the connection takes {limit} at most."
        return ""

    async def _delete_attachment(self, write: DeleteAttachment) -> None:
        run, tracker = self._run, self._run.bench.tracker
        if not tracker.capabilities.attachment_delete:
            run.note("attachment.delete_unsupported", attachment=write.local_id)
            self._lost(ATTACHMENTS, "Attachments cannot be deleted here: some are gone there.")
        else:
            try:
                await tracker.delete_attachment(self._issue.ref.id, write.local_id)
            except TrackerError as error:
                if error.fault not in (Fault.NOT_FOUND, Fault.GONE):
                    raise
            run.twin = note_deleted_file(run.twin, write.remote_id)
            run.note("attachment.deleted", attachment=write.local_id)
        run.twin = drop_waiting(run.twin, removed_attachments=frozenset({write.remote_id}))

    def _drop_unwanted_files(self, wanted: Wanted) -> None:
        """What the rule does not take, or is mirrored already, waits no longer."""
        twin = self._run.twin
        mirrored = {t.remote_id for t in twin.attachments if t.origin == "remote"}
        done = {
            f.id
            for f in twin.replica.attachments
            if f.id in mirrored or f.id not in wanted.attachments
        }
        self._run.twin = drop_waiting(
            twin,
            attachments=frozenset(done),
            removed_attachments=frozenset(twin.replica.removed_attachments),
        )

    def _lost(self, part: str, *reasons: str) -> None:
        self._run.twin = note_part(self._run.twin, part, reasons)

    async def _begin(self, intent: Intent) -> None:
        """Commits the intent. One that stands already was looked up before, and not found."""
        run = self._run
        standing = next((i for i in run.twin.intents if i.marker == intent.marker), None)
        if standing is not None:
            await_outcome(standing, run.bench.now())
            return
        run.twin = msgspec.structs.replace(run.twin, intents=(*run.twin.intents, intent))
        await run.checkpoint()


def await_outcome(intent: Intent, now: Millis) -> None:
    """Raises `TrackerError` while the attempt before may still come to something."""
    if may_be_under_way(intent, now):
        raise TrackerError(
            Fault.UNKNOWN_OUTCOME,
            f"An attempt to create the {intent.kind} was cut off, and may still succeed.",
            remedy="Nothing to do: it is looked up, and tried again when it is not found.",
        )

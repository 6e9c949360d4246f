"""Attachments: each belongs to the side where it was added; they never change, they come and go."""

import msgspec

from schemas.issue import Attachment
from schemas.replica import ReplicaAttachment
from schemas.twin import AttachmentTrace, Intent, Twin
from service.sync.comments import Scope
from service.sync.markers import file_digest


class AddAttachment(msgspec.Struct, frozen=True, tag="add"):
    file: ReplicaAttachment


class DeleteAttachment(msgspec.Struct, frozen=True, tag="delete"):
    remote_id: str
    local_id: str


AttachmentWrite = AddAttachment | DeleteAttachment


def new_here(twin: Twin, files: tuple[Attachment, ...], scope: Scope) -> tuple[Attachment, ...]:
    """Local attachments that the outgoing rule has to judge."""
    traces = {trace.local_id: trace for trace in twin.attachments if trace.local_id}
    return tuple(f for f in files if _is_news(traces.get(f.id), scope))


def _is_news(trace: AttachmentTrace | None, scope: Scope) -> bool:
    if trace is None:
        return True
    if trace.origin == "remote" or trace.removed:
        return False
    return scope == "all" or (scope == "kept_back" and trace.version == 0)


def note_local_files(
    twin: Twin, shown: tuple[Attachment, ...], let_out: tuple[str, ...]
) -> tuple[Twin, tuple[str, ...]]:
    judged = {file.id for file in shown}
    passed = judged & set(let_out)
    traces = tuple(t for t in twin.attachments if t.local_id not in judged or not t.local_id)
    added = tuple(
        AttachmentTrace(
            origin="local", local_id=file.id, version=twin.version + 1 if file.id in passed else 0
        )
        for file in shown
    )
    sent = tuple(file.id for file in shown if file.id in passed)
    return msgspec.structs.replace(twin, attachments=(*traces, *added)), sent


def missing_files(twin: Twin, files: tuple[Attachment, ...]) -> tuple[AttachmentTrace, ...]:
    here = {file.id for file in files}
    return tuple(
        t for t in twin.attachments if t.local_id and not t.removed and t.local_id not in here
    )


def removed_files_here(twin: Twin) -> tuple[str, ...]:
    """Attachments of ours that the other side was given, and that were deleted since."""
    return tuple(
        t.local_id for t in twin.attachments if t.origin == "local" and t.version and t.removed
    )


def note_missing_files(twin: Twin, confirmed: frozenset[str]) -> tuple[Twin, tuple[str, ...]]:
    told = tuple(
        t.local_id
        for t in twin.attachments
        if t.local_id in confirmed and t.origin == "local" and t.version
    )
    attachments = tuple(
        msgspec.structs.replace(t, removed=True) if t.local_id in confirmed else t
        for t in twin.attachments
    )
    return msgspec.structs.replace(twin, attachments=attachments), told


def plan_attachments(twin: Twin, wanted: tuple[str, ...]) -> tuple[AttachmentWrite, ...]:
    traces = {t.remote_id: t for t in twin.attachments if t.origin == "remote"}
    removed = set(twin.replica.removed_attachments)
    writes: list[AttachmentWrite] = [
        AddAttachment(file)
        for file in twin.replica.attachments
        if file.id in wanted and file.id not in traces and file.id not in removed
    ]
    for remote_id in twin.replica.removed_attachments:
        trace = traces.get(remote_id)
        if trace is not None and not trace.removed:
            writes.append(DeleteAttachment(remote_id, trace.local_id))
    return tuple(writes)


def note_mirrored_file(twin: Twin, remote_id: str, mirror: Attachment) -> Twin:
    trace = AttachmentTrace(origin="remote", local_id=mirror.id, remote_id=remote_id)
    intents = tuple(
        i for i in twin.intents if not (i.kind == "attachment" and i.remote_id == remote_id)
    )
    return msgspec.structs.replace(twin, attachments=(*twin.attachments, trace), intents=intents)


def note_deleted_file(twin: Twin, remote_id: str) -> Twin:
    attachments = tuple(
        msgspec.structs.replace(t, removed=True)
        if t.origin == "remote" and t.remote_id == remote_id
        else t
        for t in twin.attachments
    )
    return msgspec.structs.replace(twin, attachments=attachments)


def find_begun_file(twin: Twin, files: tuple[Attachment, ...], intent: Intent) -> Attachment | None:
    """The mirror that an interrupted attempt left behind: same name and size, not traced yet."""
    traced = {trace.local_id for trace in twin.attachments}
    for file in files:
        if file.id not in traced and file_digest(file.filename, file.size) == intent.words:
            return file
    return None

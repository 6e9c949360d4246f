"""Requests for the content of attachments that a peer holds."""

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store.prepared import Prepared
from service.store.tables import attachment_requests, connections

State = Literal["wanted", "here", "failed", "spoilt"]
"""`spoilt`: what came had the wrong hash, also when it was asked for once more."""

_t = attachment_requests.c

_ADD = Prepared(
    sa.text(
        "INSERT INTO attachment_requests (id, peer, connection, twin, attachment, filename, size,"
        " state, path, sha256, reason, created) VALUES (:id, :peer, :connection, :twin,"
        " :attachment, :filename, :size, 'wanted', '', '', '', :created)"
        " ON CONFLICT (connection, twin, attachment) DO NOTHING"
    )
)

_SOME_OPEN = Prepared(
    sa.select(sa.literal_column("1"))
    .select_from(attachment_requests)
    .where(_t.peer == sa.bindparam("peer"), _t.state == sa.literal_column("'wanted'"))
    .limit(sa.literal_column("1"))
)
"""Asked with each exchange, mostly in vain."""


class AttachmentRequest(msgspec.Struct, frozen=True):
    id: str
    peer: str
    connection: str
    twin: str
    attachment: str
    """The remote attachment's id."""
    filename: str
    size: int
    created: Millis
    state: State = "wanted"
    path: str = ""
    """Where the content lies, once it is here."""
    sha256: str = ""
    reason: str = ""
    """Why it failed. While it is wanted: why what came first was not taken."""


def add_if_absent(c: sa.Connection, request: AttachmentRequest) -> bool:
    """False when the same attachment of the twin was asked for before, in whatever state."""
    added = _ADD.count(
        c,
        id=request.id,
        peer=request.peer,
        connection=request.connection,
        twin=request.twin,
        attachment=request.attachment,
        filename=request.filename.replace("\x00", "\ufffd"),
        size=request.size,
        created=request.created,
    )
    return added > 0


def get(c: sa.Connection, id: str) -> AttachmentRequest | None:
    return _one(c, _t.id == id)


def find(c: sa.Connection, connection: str, twin: str, attachment: str) -> AttachmentRequest | None:
    """By what was asked for."""
    return _one(c, _t.connection == connection, _t.twin == twin, _t.attachment == attachment)


def open_for(c: sa.Connection, peer: str, limit: int = 100) -> list[AttachmentRequest]:
    """What the peer still has to bring to connections that are active, the oldest first."""
    if _SOME_OPEN.one(c, peer=peer) is None:
        return []
    statement = (
        sa.select(attachment_requests)
        .join(connections, connections.c.id == _t.connection)
        .where(_t.peer == peer, _t.state == "wanted", connections.c.status == "active")
        .order_by(_t.created, _t.id)
        .limit(limit)
    )
    return [_request(row) for row in c.execute(statement)]


def mark_here(c: sa.Connection, id: str, path: str, sha256: str) -> bool:
    """False when the request is not there any more: then the content is not needed."""
    values = {"state": "here", "path": path, "sha256": sha256, "reason": ""}
    return c.execute(sa.update(attachment_requests).where(_t.id == id).values(values)).rowcount > 0


def mark_failed(c: sa.Connection, id: str, reason: str) -> bool:
    """False when it is not wanted any more: content that is here stays."""
    return _end(c, id, "failed", reason)


def note_mismatch(c: sa.Connection, id: str, reason: str) -> bool:
    """True the second time: then the request is `spoilt`. The first leaves it wanted."""
    first = sa.update(attachment_requests).where(_t.id == id, _t.state == "wanted", _t.reason == "")
    if c.execute(first.values(reason=reason)).rowcount:
        return False
    return _end(c, id, "spoilt", reason)


def _end(c: sa.Connection, id: str, state: State, reason: str) -> bool:
    statement = sa.update(attachment_requests).where(_t.id == id, _t.state == "wanted")
    return c.execute(statement.values(state=state, reason=reason)).rowcount > 0


def remove(c: sa.Connection, id: str) -> bool:
    return c.execute(sa.delete(attachment_requests).where(_t.id == id)).rowcount > 0


def _one(c: sa.Connection, *which: sa.ColumnElement[bool]) -> AttachmentRequest | None:
    row = c.execute(sa.select(attachment_requests).where(*which)).one_or_none()
    return None if row is None else _request(row)


def _request(row: sa.Row[Any]) -> AttachmentRequest:
    return AttachmentRequest(**row._mapping)

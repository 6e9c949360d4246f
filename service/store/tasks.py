"""Bulk work that somebody began: what it is to do, and how far it is."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.bulk import TaskProgress, TaskRowView, TaskStart, TaskStatus
from schemas.values import Millis
from service.store.tables import task_rows, tasks

_t = tasks.c
_r = task_rows.c
_encode = msgspec.json.Encoder().encode
_decode_work = msgspec.json.Decoder(TaskStart).decode
_decode_progress = msgspec.json.Decoder(TaskProgress).decode

_OVER = ("done", "failed", "cancelled")
_AT_ONCE = 500
KEPT = 1_000
"""Tasks; of those that are over, the oldest go."""


class TaskRow(msgspec.Struct, frozen=True):
    id: str
    created: Millis
    status: TaskStatus
    owner: str
    """The daemon that works on it."""
    work: TaskStart
    progress: TaskProgress


def add(c: sa.Connection, row: TaskRow) -> None:
    c.execute(
        sa.insert(tasks).values(
            id=row.id,
            created=row.created,
            status=row.status,
            owner=row.owner,
            work=_encode(row.work),
            progress=_encode(row.progress),
        )
    )
    kept = sa.select(_t.id).order_by(_t.created.desc(), _t.id).limit(KEPT)
    c.execute(sa.delete(tasks).where(_t.status.in_(_OVER), _t.id.not_in(kept)))


def get(c: sa.Connection, id: str) -> TaskRow | None:
    row = c.execute(sa.select(tasks).where(_t.id == id)).one_or_none()
    return None if row is None else _task(row)


def page(c: sa.Connection, status: str, *, offset: int, limit: int) -> list[TaskRow]:
    """The newest first; '' means any status."""
    statement = _of(sa.select(tasks), status).order_by(_t.created.desc(), _t.id)
    return [_task(row) for row in c.execute(statement.offset(offset).limit(limit))]


def count(c: sa.Connection, status: str = "") -> int:
    number: int = c.execute(_of(sa.select(sa.func.count()).select_from(tasks), status)).scalar_one()
    return number


def update(c: sa.Connection, id: str, status: TaskStatus, owner: str, now: TaskProgress) -> None:
    values = {"status": status, "owner": owner, "progress": _encode(now)}
    c.execute(sa.update(tasks).where(_t.id == id).values(values))


def interrupt(c: sa.Connection, owner: str) -> int:
    """What an earlier run of this daemon had under way; answers how many."""
    under_way = sa.and_(_t.owner == owner, _t.status.in_(("waiting", "running")))
    return c.execute(sa.update(tasks).where(under_way).values(status="interrupted")).rowcount


def prune(c: sa.Connection, before: Millis, limit: int = 5000) -> int:
    """Removes up to `limit` that are over and began before that moment; answers how many."""
    oldest = sa.select(_t.id).where(_t.created < before, _t.status.in_(_OVER)).limit(limit)
    return c.execute(sa.delete(tasks).where(_t.id.in_(oldest))).rowcount


def is_running(c: sa.Connection, id: str, owner: str) -> bool:
    wanted = sa.select(_t.id).where(_t.id == id, _t.owner == owner, _t.status == "running")
    return c.execute(wanted).first() is not None


# Rows: what became of each step


class StepRow(msgspec.Struct, frozen=True):
    key: str
    """The step, the same when the task is begun again."""
    shown: TaskRowView


def report(c: sa.Connection, id: str, rows: list[StepRow]) -> None:
    """A step that is taken again has one row still: its newest."""
    for at in range(0, len(rows), _AT_ONCE):
        part = {row.key: row.shown for row in rows[at : at + _AT_ONCE]}
        c.execute(sa.delete(task_rows).where(_r.task == id, _r.key.in_(list(part))))
        c.execute(
            sa.insert(task_rows),
            [
                {
                    "task": id,
                    "key": key,
                    "number": row.number,
                    "subject": row.subject,
                    "outcome": row.outcome,
                    "detail": row.detail,
                }
                for key, row in part.items()
            ],
        )


def rows(
    c: sa.Connection, id: str, outcome: str = "", *, offset: int, limit: int
) -> list[TaskRowView]:
    wanted = _rows_of(sa.select(task_rows), id, outcome).order_by(_r.number, _r.key)
    return [
        TaskRowView(row.number, row.subject, row.outcome, row.detail)
        for row in c.execute(wanted.offset(offset).limit(limit))
    ]


def count_rows(c: sa.Connection, id: str, outcome: str = "") -> int:
    counted = sa.select(sa.func.count()).select_from(task_rows)
    number: int = c.execute(_rows_of(counted, id, outcome)).scalar_one()
    return number


def settled(c: sa.Connection, id: str) -> frozenset[str]:
    """Keys of the steps that went well."""
    wanted = sa.select(_r.key).where(_r.task == id, _r.outcome != "failed")
    return frozenset(c.execute(wanted).scalars())


def _rows_of(statement: sa.Select[Any], id: str, outcome: str) -> sa.Select[Any]:
    statement = statement.where(_r.task == id)
    return statement.where(_r.outcome == outcome) if outcome else statement


def _of(statement: sa.Select[Any], status: str) -> sa.Select[Any]:
    return statement.where(_t.status == status) if status else statement


def _task(row: sa.Row[Any]) -> TaskRow:
    return TaskRow(
        id=row.id,
        created=row.created,
        status=row.status,
        owner=row.owner,
        work=_decode_work(row.work),
        progress=_decode_progress(row.progress),
    )

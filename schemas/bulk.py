"""Bulk work over the management API: what it is to do, how far it is, what came of it."""

from typing import Annotated, Literal

import msgspec

from schemas.api import IssueKey, PageQuery, Text
from schemas.pairs_api import PairClaim
from schemas.values import Millis

TaskKind = Literal["sync", "retry", "ignore", "stop", "pair", "recheck", "clean_up"]
"""`sync`: put issues under sync, or ring for them. `retry` and `ignore`: parked twins. `stop`: end
the sync of issues. `pair`: pair issues that exist on both sides. `recheck`: reconcile all that is
under sync anew, such as after a field was mapped; of a local connection at both ends. `clean_up`:
forget pairs on both sides."""
TaskStatus = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
"""`interrupted`: the daemon ended meanwhile; it can be begun again, and doubles nothing."""

MOST = 100_000


class TaskStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    kind: TaskKind
    connection: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """Its name; '' is for `retry` and `ignore` only, and means all."""
    issues: Annotated[tuple[IssueKey, ...], msgspec.Meta(max_length=MOST)] = ()
    """Local keys or ids, for `sync`, `stop` and `clean_up`; without them `sync` takes every issue
    of the connection's project, and `clean_up` all of its pairs, also stopped ones."""
    trigger: Text = ""
    """For `sync` and `stop`: the issues that this trigger matches."""
    confirmed: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """How many issues the trigger's preview has told; needed above a number. For `clean_up` of all
    pairs always: as many as its dry run has told."""
    pairs: Annotated[tuple[PairClaim, ...], msgspec.Meta(max_length=MOST)] = ()
    """For `pair`."""
    dry_run: bool = False
    """For `pair` and `clean_up`: only tells what would be done, or how each pair stands."""
    fault: Text = ""
    """For `retry` and `ignore`: errors of this kind alone."""


class TaskProblem(msgspec.Struct, frozen=True):
    subject: str
    """The issue or twin."""
    detail: str


class TaskRowView(msgspec.Struct, frozen=True):
    """What became of one step."""

    number: int
    """Of the row that was given, from 1; or in the order in which they were found."""
    subject: str
    """The issue, pair or twin."""
    outcome: str
    """`failed`; or `done`, `began`, `rang`, `stopped`, `paired`, `already`, `cleaned`; in a dry run
    of `clean_up` the pair's status."""
    detail: str = ""


class TaskProgress(msgspec.Struct, frozen=True, omit_defaults=True):
    created_by: str = ""
    total: int | None = None
    """None while it is not known."""
    done: int = 0
    failed: int = 0
    """Of those done."""
    began: Millis | None = None
    ended: Millis | None = None
    message: str = ""
    """Why it failed as a whole."""
    problems: tuple[TaskProblem, ...] = ()
    """The first thousand."""


class TaskView(msgspec.Struct, frozen=True):
    id: str
    kind: TaskKind
    connection: str
    status: TaskStatus
    created: Millis
    created_by: str
    total: int | None
    done: int
    failed: int
    began: Millis | None
    ended: Millis | None
    message: str


class TaskDetail(TaskView, frozen=True):
    problems: tuple[TaskProblem, ...]


class TaskQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    status: TaskStatus | None = None


class TaskRowsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    outcome: Annotated[str, msgspec.Meta(max_length=64)] = ""

"""Bodies of twins under /api/v2."""

from typing import Annotated, Literal

import msgspec

from schemas.api import Filter, IssueKey, LongQuery
from schemas.conflict_api import ConflictView
from schemas.error_api import ErrorView
from schemas.node import Activity
from schemas.twin import Loss
from schemas.values import Fields, Millis


class SyncBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issue: IssueKey
    connection: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """'' means: every active connection of the connector that holds the issue."""
    connector: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Synced(msgspec.Struct, frozen=True):
    connection: str
    twin: str
    issue: str
    began: bool
    """False: it was under sync already and has been rung for."""


class SyncAnswer(msgspec.Struct, frozen=True):
    twins: tuple[Synced, ...]


TwinStatus = Literal["in_step", "working", "waiting", "parked", "stopped"]
"""`working`: due or under way here. `waiting`: the peer has not confirmed what we sent."""


class TwinQuery(LongQuery, frozen=True, forbid_unknown_fields=True):
    connection: Filter = ""
    issue: Filter = ""
    """Key or id of the local issue."""
    remote: Filter = ""
    """Key or id of the other side's issue."""
    status: TwinStatus | None = None


class TwinView(msgspec.Struct, frozen=True):
    id: str
    connection: str
    issue: str
    """The local issue's key; '' before it was created."""
    url: str
    remote_issue: str
    remote_url: str
    status: TwinStatus
    version: int
    acknowledged: int
    replica_version: int
    included: int
    attempts: int
    due_at: Millis | None
    reconciled_at: Millis | None
    stopped_by: Literal["", "local", "remote"] = ""
    """Whose admin stopped it; '' also where it stopped by itself."""
    stop_reason: str = ""


class TwinStop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    """In words for people; the other side is shown it too."""


class TwinDetail(msgspec.Struct, frozen=True):
    twin: TwinView
    comments: int
    attachments: int
    conflicts: tuple[ConflictView, ...]
    error: ErrorView | None
    activity: tuple[Activity, ...]
    """The newest first."""
    losses: tuple[Loss, ...] = ()
    """What the other side sent and this side cannot hold, or only in a lesser form."""
    local: Fields = {}
    """What the local issue held when both sides last agreed; large values as digests."""
    remote: Fields = {}
    """What the other side sent last."""
    agreed: Fields = {}
    """What of that stood when both sides last agreed, as the rules had put it for this side."""


class ActivityQuery(LongQuery, frozen=True, forbid_unknown_fields=True):
    connection: Filter = ""
    twin: Filter = ""

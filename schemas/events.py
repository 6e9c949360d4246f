"""What travels on the bus: hints to go and look. See `bus/README.md` for exchange and keys."""

from typing import Annotated, Literal

import msgspec

from schemas.issue import Part
from schemas.values import Millis

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class IssueChanged(msgspec.Struct, frozen=True, tag="issue_changed", omit_defaults=True):
    """An issue of a connector may have changed: go and look."""

    connector: Name
    issue: Name
    """The tracker's own id of the issue, or its key."""
    version: int | None = None
    """The issue's version at that moment, if the tracker told it."""
    parts: tuple[Part, ...] = ()
    """Which parts changed; empty means: look at all."""
    new_comment: str = ""
    """The id of the comment that was added, where nothing else changed."""
    project: str = ""
    source: Literal["webhook", "scan", "manual", "program"] = "program"
    deleted: bool = False
    change: str = ""
    """An id to follow this change through the logs."""
    at: Millis = 0


class TwinDue(msgspec.Struct, frozen=True, tag="twin_due", omit_defaults=True):
    """A twin has work: a new replica, a retry that is due, a person's request."""

    twin: Name
    connection: Name
    change: str = ""


Event = IssueChanged | TwinDue

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Event).decode

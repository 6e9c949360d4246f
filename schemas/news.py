"""What the event stream tells: what was decided, and how bulk work goes on."""

from typing import Annotated, Literal

import msgspec

from schemas.api import Filter
from schemas.bulk import TaskView
from schemas.node import Activity

NewsKind = Literal["activity", "task"]


class News(msgspec.Struct, frozen=True):
    kind: NewsKind
    data: Activity | TaskView
    connection: str
    """Its name; '' where it is about none."""
    id: int | None = None
    """Of an activity, by which a reader goes on. Progress is told as it is now, and has none."""


class NewsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: Filter = ""
    """About this one alone."""
    after: Annotated[int, msgspec.Meta(ge=0, le=10**18)] | None = None
    """Begins after the event with this id; the header Last-Event-ID goes before. None: from now."""

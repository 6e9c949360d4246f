"""Bodies of parked twins under /api/v2."""

from typing import Annotated, Literal

import msgspec

from schemas.api import Filter, LongQuery, Text
from schemas.node import OpenConflict
from schemas.values import Millis


class ErrorView(msgspec.Struct, frozen=True):
    """A parked twin."""

    twin: str
    connection: str
    issue: str
    fault: str
    message: str
    remedy: str
    since: Millis
    attempts: int
    file: str = ""
    line: int = 0
    trace: str = ""
    field: str = ""
    """It waits because a value of this field has no counterpart here: see the mapping tables."""
    value: str = ""
    choices: tuple[OpenConflict, ...] = ()
    """Conflicts that wait for a decision, with both values. One, here or there, frees both sides.
    """


class ErrorQuery(LongQuery, frozen=True, forbid_unknown_fields=True):
    connection: Filter = ""
    fault: Filter = ""
    """Of this kind alone, such as `mapping` or `rule`."""
    search: Filter = ""
    """A part of the issue, the twin or the message, in any case."""


class RetryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """'' means: all parked twins of the node."""
    fault: Text = ""
    """Of this kind alone."""


class RetryOne(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep: Literal["", "local", "remote"] = ""
    """Whose value stands, where the twin waits for a person to decide a conflict."""


class Retried(msgspec.Struct, frozen=True):
    count: int
    """Of the twins that it was done to."""

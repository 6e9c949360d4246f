"""What two nodes say to each other for a dry run: one asks what the other would write, and the
other answers. Neither touches what is under sync."""

from typing import Annotated, Any

import msgspec

from schemas.peer import RequestId, Text
from schemas.replica import TwinMessage
from schemas.rule_life import Write

ASK_TWIN = "@dry-run:"
"""In place of a twin's id, followed by the id of the ask."""
ANSWER_TWIN = "@dry-run-answer:"

MAX_ENCODED = 2 << 20
"""Bytes of one ask or answer."""
MAX_SECONDS = 60.0
"""For so long an ask is good."""

NOT_ANSWERED = "not_answered"
TOO_OFTEN = "too_often"
BUSY = "busy"
RESTING = "resting"


class DryRunAsk(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would you write, if I told you this?"""

    id: RequestId
    """Made by the side that asks."""
    message: TwinMessage
    """As it would be told, under the same rules of what may leave."""
    seconds: Annotated[float, msgspec.Meta(ge=0, le=MAX_SECONDS)]
    """How long an answer is still waited for."""


class DryRunAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would come of it. Texts are Markdown, as in the management API."""

    id: RequestId
    version: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Of the answering side's rules."""
    wanted: dict[str, Any] | None = None
    """What its incoming rule makes of the message; null: it ignores it, or failed."""
    writes: Annotated[tuple[Write, ...], msgspec.Meta(max_length=10_000)] = ()
    """To its tracker, in their order."""
    notes: Annotated[tuple[Text, ...], msgspec.Meta(max_length=1_000)] = ()
    error: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    """In words for a person; '' where nothing would fail."""
    fault: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """Whose fault that is; a `Fault`, or one of a newer version."""

"""What Markdown cannot say: a mention that is not a GitHub login of its own."""

import re
from collections.abc import Sequence

from adapters.rich_text.mapping import map_contents
from schemas.rich_text import Inline, Mention, RichText, Text

LOGIN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")
GLUED_LEFT = re.compile(r"[^\W_]|[/@.-]")
GLUED_RIGHT = re.compile(r"[^\W_]|-")


def fit(rich: RichText) -> tuple[RichText, frozenset[str]]:
    """A tree that Markdown can hold, and what was given up for it."""
    lost: set[str] = set()

    def fitted(content: Sequence[Inline]) -> tuple[Inline, ...]:
        return tuple(_fit(content, place, lost) for place in range(len(content)))

    rich = map_contents(rich, fitted)
    return rich, frozenset(lost)


def _fit(content: Sequence[Inline], place: int, lost: set[str]) -> Inline:
    part = content[place]
    if not isinstance(part, Mention):
        return part
    if LOGIN.fullmatch(part.name) is None or not _apart(content, place):
        lost.add("mention")
        return Text("@" + part.name)
    if part.id:
        lost.add("user id of a mention")
    return Mention(part.name)


def _apart(content: Sequence[Inline], place: int) -> bool:
    before = content[place - 1] if place else None
    after = content[place + 1] if place + 1 < len(content) else None
    if isinstance(before, Mention) or isinstance(after, Mention):
        return False
    left = before.text[-1] if isinstance(before, Text) else " "
    right = after.text[0] if isinstance(after, Text) else " "
    return GLUED_LEFT.match(left) is None and GLUED_RIGHT.match(right) is None

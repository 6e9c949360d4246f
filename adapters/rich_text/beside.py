"""Conversions that never hold up the event loop: large texts take a thread, short ones a memory."""

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from schemas.rich_text import (
    Block,
    CodeBlock,
    Heading,
    Image,
    Inline,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Table,
    Text,
)

S = TypeVar("S")
R = TypeVar("R")

LARGE = 16_384
"""Characters from which on a thread costs less than it saves: some milliseconds of work."""
_SHORT = 4_096
_REMEMBERED = 1_024
_PART = 8
"""Characters that a part counts for beside its words: a long row of empty ones is work too."""


class Conversions:
    """Of one markup whose texts are strings."""

    def __init__(self, parse: Callable[[str], RichText], render: Callable[[RichText], str]) -> None:
        self._parse = parse
        self._render = render
        # An issue's comments are parsed on every read, and hardly one of them has changed.
        self._remembered = lru_cache(maxsize=_REMEMBERED)(parse)

    async def parse(self, text: str) -> RichText:
        if len(text) <= _SHORT:
            return self._remembered(text)
        return await convert(self._parse, text, large=len(text) > LARGE)

    async def render(self, rich: RichText) -> str:
        return await convert(self._render, rich, large=is_large(rich))


async def convert(work: Callable[[S], R], source: S, *, large: bool) -> R:
    return await asyncio.to_thread(work, source) if large else work(source)


def is_large(rich: RichText) -> bool:
    """Looks at no more of it than it takes to know."""
    waiting: list[Block | Inline] = list(rich.blocks[: LARGE // _PART + 1])
    weight = _PART * len(waiting)
    while waiting and weight <= LARGE:
        words, inner = _weighed(waiting.pop())
        parts = list(inner)
        weight += words + _PART * len(parts)
        waiting += parts
    return weight > LARGE


def _weighed(part: Block | Inline) -> tuple[int, Iterable[Block | Inline]]:
    match part:
        case Text(text, _, href):
            return len(text) + len(href), ()
        case CodeBlock(text):
            return len(text), ()
        case Image(source, alt):
            return len(source) + len(alt), ()
        case Mention(name):
            return len(name), ()
        case Paragraph(content) | Heading(content=content):
            return 0, content
        case Quote(blocks):
            return 0, blocks
        case ListBlock(items):
            return 0, (block for item in items for block in item.blocks)
        case Table(rows):
            return 0, (block for row in rows for cell in row.cells for block in cell.blocks)
        case _:
            return 0, ()

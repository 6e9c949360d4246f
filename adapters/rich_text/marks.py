"""Flat runs of marked text as properly nested spans, as every markup writes them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from schemas.rich_text import Inline, Mark, Text

# Outer to inner; what tends to run longest comes first.
_ORDER: dict[Mark, int] = {
    "strong": 0,
    "emphasis": 1,
    "underline": 2,
    "strike": 3,
    "superscript": 4,
    "subscript": 5,
    "code": 6,
}


class Open(msgspec.Struct, frozen=True):
    mark: Mark


class Close(msgspec.Struct, frozen=True):
    mark: Mark


class OpenLink(msgspec.Struct, frozen=True):
    href: str


class CloseLink(msgspec.Struct, frozen=True):
    href: str


Piece = Inline | Open | Close | OpenLink | CloseLink


def pieces(content: Sequence[Inline]) -> Iterator[Piece]:
    """The content with the places where links and, inside them, marks begin and end."""
    position = 0
    while position < len(content):
        part = content[position]
        if isinstance(part, Text) and part.href:
            end = position + 1
            while end < len(content) and _same_link(content[end], part.href):
                end += 1
            yield OpenLink(part.href)
            yield from _nested(content[position:end])
            yield CloseLink(part.href)
        else:
            end = position + 1
            while end < len(content) and not _linked(content[end]):
                end += 1
            yield from _nested(content[position:end])
        position = end


def _same_link(part: Inline, href: str) -> bool:
    return isinstance(part, Text) and part.href == href


def _linked(part: Inline) -> bool:
    return isinstance(part, Text) and bool(part.href)


def _nested(content: Iterable[Inline]) -> Iterator[Piece]:
    opened: list[Mark] = []
    for part in content:
        wanted = part.marks if isinstance(part, Text) else ()
        keep = 0
        while keep < len(opened) and opened[keep] in wanted:
            keep += 1
        while len(opened) > keep:
            yield Close(opened.pop())
        for mark in sorted(set(wanted).difference(opened), key=_ORDER.__getitem__):
            opened.append(mark)
            yield Open(mark)
        yield part
    while opened:
        yield Close(opened.pop())

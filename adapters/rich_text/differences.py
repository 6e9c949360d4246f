"""In what two texts differ, in words for people: what a way through a markup has changed."""

from collections import Counter
from collections.abc import Iterable, Iterator

from schemas.rich_text import (
    Block,
    CodeBlock,
    Divider,
    Heading,
    Image,
    Inline,
    LineBreak,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Table,
    Text,
)

ARRANGEMENT = "arrangement of blocks"
_Feature = tuple[str, object]


def differences(before: RichText, after: RichText) -> tuple[str, ...]:
    """() only when the trees are equal. Blanks count as words."""
    if before == after:
        return ()
    here, there = Counter(_features(before.blocks)), Counter(_features(after.blocks))
    changed = (here - there) + (there - here)
    return tuple(sorted({name for name, _ in changed})) or (ARRANGEMENT,)


def _features(blocks: Iterable[Block]) -> Iterator[_Feature]:
    for block in blocks:
        match block:
            case Paragraph(content):
                yield from _inline(content)
            case Heading(level, content):
                yield "headings", level
                yield from _inline(content)
            case CodeBlock(text, language):
                yield "blocks of code", text
                yield "languages of code", language
            case Quote(inner):
                yield "quotes", None
                yield from _features(inner)
            case ListBlock(items, ordered):
                yield "numbered lists" if ordered else "bulleted lists", len(items)
                for item in items:
                    yield "task boxes", item.checked
                    yield from _features(item.blocks)
            case Table(rows):
                yield "tables", tuple(len(row.cells) for row in rows)
                for row in rows:
                    yield "title cells", tuple(cell.header for cell in row.cells)
                    for cell in row.cells:
                        yield from _features(cell.blocks)
            case Divider():
                yield "lines across", None


def _inline(content: tuple[Inline, ...]) -> Iterator[_Feature]:
    for part in content:
        match part:
            case Text(text, marks, href):
                for character in text:
                    yield "words", character
                    for mark in marks:
                        yield mark, character
                    if href:
                        yield "links", (href, character)
            case Image():
                yield "images", part
            case Mention():
                yield "mentions", part
            case LineBreak():
                yield "line breaks", None

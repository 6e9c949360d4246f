"""What an ADF document cannot hold, by its JSON schema: some blocks inside others, some marks
together, images between words, and mentions of nobody that it knows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from adapters.rich_text.canonical import normalise
from adapters.rich_text.mapping import map_contents
from schemas.rich_text import (
    Block,
    Cell,
    Divider,
    Heading,
    Image,
    Inline,
    ListBlock,
    ListItem,
    Mark,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)

Place = Literal["document", "quote", "item", "cell"]
_ROOMY: frozenset[Place] = frozenset({"document", "cell"})
_EXTERNAL = ("http://", "https://")


def fit(rich: RichText) -> tuple[RichText, frozenset[str]]:
    """A canonical tree that ADF can hold, and what was given up for it."""
    lost: set[str] = set()
    blocks = tuple(_blocks(rich.blocks, "document", lost))
    worded = map_contents(RichText(blocks), lambda content: tuple(_inlines(content, lost)))
    return normalise(worded), frozenset(lost)


def is_image_alone(block: Block) -> bool:
    """Such a paragraph becomes a block of its own."""
    return isinstance(block, Paragraph) and len(block.content) == 1 and _shown(block.content[0])


def _shown(part: Inline) -> bool:
    return isinstance(part, Image) and part.source.startswith(_EXTERNAL)


def _blocks(blocks: Iterable[Block], place: Place, lost: set[str]) -> Iterator[Block]:
    for block in blocks:
        match block:
            case Paragraph(content) if len(content) > 1 and all(map(_shown, content)):
                lost.add("images side by side")
                yield from (Paragraph((part,)) for part in content)
            case Heading(_, content) if place not in _ROOMY:
                lost.add("heading inside a list or quote")
                yield Paragraph(tuple(_strong(part) for part in content))
            case Divider() if place not in _ROOMY:
                lost.add("line inside a list or quote")
            case Quote(inner):
                yield from _quote(inner, place, lost)
            case Table(rows):
                yield from _table(rows, place, lost)
            case ListBlock(items, ordered):
                fitted = (_item(item, lost) for item in items)
                yield ListBlock(tuple(fitted), ordered)
            case _:
                yield block


def _quote(blocks: tuple[Block, ...], place: Place, lost: set[str]) -> Iterator[Block]:
    if place in _ROOMY:
        yield Quote(tuple(_blocks(blocks, "quote", lost)))
    else:
        lost.add("quote inside a list or quote")
        yield from _blocks(blocks, place, lost)


def _item(item: ListItem, lost: set[str]) -> ListItem:
    return ListItem(tuple(_blocks(item.blocks, "item", lost)), item.checked)


def _table(rows: tuple[Row, ...], place: Place, lost: set[str]) -> Iterator[Block]:
    if place == "document":
        yield Table(
            tuple(
                Row(tuple(Cell(tuple(_blocks(c.blocks, "cell", lost)), c.header) for c in r.cells))
                for r in rows
            )
        )
        return
    lost.add("table inside another block")
    for row in rows:
        for cell in row.cells:
            yield from _blocks(cell.blocks, place, lost)


def _inlines(content: Sequence[Inline], lost: set[str]) -> Iterator[Inline]:
    alone = len(content) == 1
    for part in content:
        match part:
            case Text(text, marks, href):
                yield Text(text, _marks(marks, lost), href)
            case Mention(name, id):
                if id:
                    yield part
                else:
                    lost.add("mention")
                    yield Text("@" + name)
            case Image(source, alt):
                if alone and _shown(part):
                    yield part
                else:
                    lost.add("image between words" if _shown(part) else "image")
                    href = source if _shown(part) else ""
                    yield Text(alt or source, (), href)
            case _:
                yield part


def _marks(marks: tuple[Mark, ...], lost: set[str]) -> tuple[Mark, ...]:
    if "code" in marks and len(marks) > 1:
        lost.add("formatting of code")
        return ("code",)
    if "subscript" in marks and "superscript" in marks:
        lost.add("sub- and superscript at once")
        return tuple(mark for mark in marks if mark != "subscript")
    return marks


def _strong(part: Inline) -> Inline:
    if isinstance(part, Text) and "code" not in part.marks and "strong" not in part.marks:
        return Text(part.text, tuple(sorted((*part.marks, "strong"))), part.href)
    return part

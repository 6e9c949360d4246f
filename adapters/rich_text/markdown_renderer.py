"""The canonical tree as GitHub Flavored Markdown.

What Markdown has no sign for is written as the HTML that GitHub renders inside Markdown.
"""

import re
from collections.abc import Iterator

from adapters.rich_text.canonical import normalise
from adapters.rich_text.html_renderer import render_blocks
from adapters.rich_text.markdown_fit import fit
from adapters.rich_text.markdown_inline import line, paragraph
from schemas.rich_text import (
    Block,
    CodeBlock,
    Divider,
    Heading,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
)

_TICKS = re.compile(r"`{3,}")
_TRAILING_HASHES = re.compile(r"#+$")


def render(rich: RichText) -> str:
    fitted, lost = fit(normalise(rich))
    return "\n".join(_blocks((normalise(fitted) if lost else fitted).blocks))


def _blocks(blocks: tuple[Block, ...], tight: bool = False) -> Iterator[str]:
    """Line by line; a blank line between blocks, except before a list inside an item."""
    for number, block in enumerate(blocks):
        if number and not (tight and isinstance(block, ListBlock)):
            yield ""
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(content):
            yield from paragraph(content).split("\n")
        case Heading(level, content):
            text = _TRAILING_HASHES.sub(lambda found: "\\#" * len(found[0]), line(content))
            yield "#" * level + " " + text
        case CodeBlock(text, language):
            longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=2)
            fence = "`" * (longest + 1)
            yield fence + language
            yield from text.split("\n")
            yield fence
        case Quote(blocks):
            for inner in _blocks(blocks):
                yield f"> {inner}" if inner else ">"
        case ListBlock(items, ordered):
            for number, item in enumerate(items, 1):
                yield from _item(item, f"{number}. " if ordered else "- ")
        case Table(rows):
            yield from _table(rows) if _simple(rows) else (_as_html(block),)
        case Divider():
            yield "***"


def _item(item: ListItem, marker: str) -> Iterator[str]:
    box = "" if item.checked is None else "[x] " if item.checked else "[ ] "
    lead, indent = marker + box, " " * len(marker)
    for inner in _blocks(item.blocks, tight=True):
        yield (lead or indent) + inner if inner else ""
        lead = ""


def _simple(rows: tuple[Row, ...]) -> bool:
    """Pipe tables hold one paragraph per cell and headers in the first row only."""
    headers = [[cell.header for cell in row.cells] for row in rows]
    titled = all(headers[0]) and any(cell.blocks for cell in rows[0].cells)
    return (
        (titled or not any(headers[0]))
        and not any(any(row) for row in headers[1:])
        and all(_is_line(cell.blocks) for row in rows for cell in row.cells)
    )


def _is_line(blocks: tuple[Block, ...]) -> bool:
    return not blocks or (len(blocks) == 1 and isinstance(blocks[0], Paragraph))


def _table(rows: tuple[Row, ...]) -> Iterator[str]:
    width = len(rows[0].cells)
    if not rows[0].cells[0].header:
        yield "|" + "  |" * width
        yield "|" + " --- |" * width
    for number, row in enumerate(rows):
        yield "| " + " | ".join(_cell(cell.blocks) for cell in row.cells) + " |"
        if number == 0 and row.cells[0].header:
            yield "|" + " --- |" * width


def _cell(blocks: tuple[Block, ...]) -> str:
    if not blocks or not isinstance(blocks[0], Paragraph):
        return ""
    return line(blocks[0].content).replace("|", "\\|")


def _as_html(table: Block) -> str:
    """On one line: a blank line would end the HTML."""
    return render_blocks((table,)).replace("\n", "&#10;")

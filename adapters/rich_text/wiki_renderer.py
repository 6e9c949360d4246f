"""The canonical tree as Jira's wiki markup."""

from adapters.rich_text.canonical import BOXES
from adapters.rich_text.wiki_fit import fitted
from adapters.rich_text.wiki_inline_renderer import render_inline
from schemas.rich_text import (
    Block,
    CodeBlock,
    Divider,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    RichText,
    Table,
)


def render(rich: RichText) -> str:
    return _apart(fitted(rich).blocks)


def _apart(blocks: tuple[Block, ...]) -> str:
    return "\n\n".join(_block(block, "") for block in blocks)


def _block(block: Block, marker: str) -> str:
    """`marker` is that of the list around."""
    match block:
        case Paragraph(content):
            return render_inline(content)
        case Heading(level, content):
            return f"h{level}. {render_inline(content)}"
        case CodeBlock(text, language):
            return _code(text, language)
        case Quote(blocks):
            return "{quote}\n" + _apart(blocks) + "\n{quote}"
        case ListBlock():
            return _list(block, marker)
        case Table():
            return _table(block)
        case Divider():
            return "----"


def _code(text: str, language: str) -> str:
    """Without a language Jira would colour {code} as Java."""
    if language:
        return f"{{code:{language}}}\n{text}\n{{code}}"
    name = "code" if "{noformat}" in text else "noformat"
    return f"{{{name}}}\n{text}\n{{{name}}}"


def _list(block: ListBlock, marker: str) -> str:
    marker += "#" if block.ordered else "*"
    lines: list[str] = []
    for item in block.items:
        box = "" if item.checked is None else BOXES[item.checked]
        lines.append(f"{marker} {box}{_together(item.blocks, marker)}")
    return "\n".join(lines)


def _together(blocks: tuple[Block, ...], marker: str) -> str:
    """Blocks of an item or a cell: a blank line would end it."""
    parts: list[str] = []
    for number, block in enumerate(blocks):
        text = _block(block, marker)
        if number:
            follows = isinstance(block, Paragraph) and isinstance(blocks[number - 1], Paragraph)
            parts.append("\n\\\\ " if follows else "\n")
        parts.append(text)
    return "".join(parts)


def _table(table: Table) -> str:
    lines: list[str] = []
    for row in table.rows:
        cells = ((_together(cell.blocks, "") or " ", cell.header) for cell in row.cells)
        line = "".join(("||" if header else "|") + text for text, header in cells)
        lines.append(line + ("||" if row.cells[-1].header else "|"))
    return "\n".join(lines)

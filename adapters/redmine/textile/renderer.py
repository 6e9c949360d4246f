"""The canonical tree as Textile for Redmine."""

from collections.abc import Iterable

from adapters.redmine.textile.inline_writer import render_inline
from adapters.redmine.textile.syntax import CELL_MARK
from adapters.rich_text.canonical import BOXES
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Divider,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    RichText,
    Table,
)


def render(fitted: RichText) -> str:
    """Of a tree that `fit` has made sayable."""
    return _blocks(fitted.blocks)


def _blocks(blocks: Iterable[Block]) -> str:
    return "\n\n".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Paragraph(content):
            return render_inline(content)
        case Heading(level, content):
            return f"h{level}. {render_inline(content, line_start=False)}"
        case CodeBlock():
            return _code(block)
        case Quote(blocks):
            return _quote(blocks)
        case ListBlock():
            return _list(block, "")
        case Table(rows):
            return "\n".join("|" + "|".join(map(_cell, row.cells)) + "|" for row in rows)
        case Divider():
            return "---"


def _code(block: CodeBlock) -> str:
    if block.language:
        return f'<pre><code class="{block.language}">\n{block.text}\n</code></pre>'
    return f"<pre>\n{block.text}\n</pre>"


def _quote(blocks: Iterable[Block]) -> str:
    """Code is taken out before quotes are read, so its lines bear no sign of their own."""
    lines: list[str] = []
    for number, block in enumerate(blocks):
        if number:
            lines.append(">")
        if isinstance(block, CodeBlock):
            lines.append("> " + _code(block))
        else:
            lines += _quoted(_block(block))
    return "\n".join(lines)


def _quoted(text: str) -> list[str]:
    lines: list[str] = []
    in_code = False
    for line in text.split("\n"):
        lines.append(line if in_code else f">{line}" if line[:1] == ">" else f"> {line}")
        if "<pre>" in line:
            in_code = True
        if "</pre>" in line:
            in_code = False
    return lines


def _list(block: ListBlock, marker: str) -> str:
    marker += "#" if block.ordered else "*"
    lines: list[str] = []
    for item in block.items:
        box = "" if item.checked is None else BOXES[item.checked]
        for inner in item.blocks:
            if isinstance(inner, ListBlock):
                lines.append(_list(inner, marker))
            elif isinstance(inner, Paragraph):
                lines.append(f"{marker} {box}{render_inline(inner.content, first_line=False)}")
    return "\n".join(lines)


def _cell(cell: Cell) -> str:
    text = "".join(
        render_inline(block.content, first_line=False, bars=True)
        for block in cell.blocks
        if isinstance(block, Paragraph)
    )
    mark = CELL_MARK.match(text)
    if mark:
        dot = text.index(".", mark.start())
        text = f"{text[:dot]}&#46;{text[dot + 1 :]}"
    return f"_. {text}" if cell.header else text or " "

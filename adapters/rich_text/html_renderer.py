"""The canonical tree as minimal, clean HTML."""

from collections.abc import Iterable

from adapters.rich_text.canonical import BOXES, normalise
from adapters.rich_text.marks import Close, CloseLink, Open, OpenLink, Piece, pieces
from schemas.rich_text import (
    Block,
    CodeBlock,
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
    Table,
    Text,
)

MARK_TAGS: dict[Mark, str] = {
    "strong": "strong",
    "emphasis": "em",
    "code": "code",
    "strike": "s",
    "underline": "u",
    "superscript": "sup",
    "subscript": "sub",
}
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
)


def render(rich: RichText) -> str:
    return render_blocks(normalise(rich).blocks)


def render_blocks(blocks: Iterable[Block]) -> str:
    """For blocks that are canonical already."""
    return "".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Paragraph(content):
            return f"<p>{_inline(content)}</p>"
        case Heading(level, content):
            return f"<h{level}>{_inline(content)}</h{level}>"
        case CodeBlock(text, language):
            name = f' class="language-{language}"' if language else ""
            return f"<pre><code{name}>{_text(text)}</code></pre>"
        case Quote(blocks):
            return f"<blockquote>{render_blocks(blocks)}</blockquote>"
        case ListBlock(items, ordered):
            tag = "ol" if ordered else "ul"
            return f"<{tag}>{''.join(map(_item, items))}</{tag}>"
        case Table():
            return _table(block)
        case Divider():
            return "<hr>"


def _item(item: ListItem) -> str:
    box = "" if item.checked is None else BOXES[item.checked]
    return f"<li>{box}{_inner(item.blocks)}</li>"


def _table(table: Table) -> str:
    rows: list[str] = []
    for row in table.rows:
        tags = (("th" if cell.header else "td", cell) for cell in row.cells)
        rows.append("".join(f"<{tag}>{_inner(cell.blocks)}</{tag}>" for tag, cell in tags))
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _inner(blocks: tuple[Block, ...]) -> str:
    """A first paragraph needs no tags of its own."""
    if blocks and isinstance(blocks[0], Paragraph):
        return _inline(blocks[0].content) + render_blocks(blocks[1:])
    return render_blocks(blocks)


def _inline(content: tuple[Inline, ...]) -> str:
    if len(content) == 1 and isinstance(content[0], Text):
        part = content[0]
        if not part.marks and not part.href:
            return _text(part.text)
    return "".join(map(_piece, pieces(content)))


def _piece(piece: Piece) -> str:
    match piece:
        case Text(text):
            return _text(text)
        case Open(mark):
            return f"<{MARK_TAGS[mark]}>"
        case Close(mark):
            return f"</{MARK_TAGS[mark]}>"
        case OpenLink(href):
            return f'<a href="{_attribute(href)}">'
        case CloseLink():
            return "</a>"
        case Image(source, alt):
            return f'<img src="{_attribute(source)}" alt="{_attribute(alt)}">'
        case Mention(name, identity):
            mention = _attribute(f"version:2.0,{identity}")
            return f'<a href="#" data-vss-mention="{mention}">@{_text(name)}</a>'
        case _:
            return "<br>"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return text.translate(_ATTRIBUTE)

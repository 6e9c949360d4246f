"""The canonical tree of rich text.

Every tracker's markup (wiki, HTML, ADF, Markdown) is converted to and from this tree.
Two texts are the same text when their trees are equal.
"""

from typing import Literal

import msgspec

Mark = Literal["strong", "emphasis", "code", "strike", "underline", "superscript", "subscript"]


class Text(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    text: str
    marks: tuple[Mark, ...] = ()
    """Sorted, each at most once."""
    href: str = ""


class Image(msgspec.Struct, frozen=True, tag="image", omit_defaults=True):
    source: str
    """File name of an attachment of the same issue, or an absolute URL."""
    alt: str = ""


class Mention(msgspec.Struct, frozen=True, tag="mention", omit_defaults=True):
    name: str
    id: str = ""
    """The tracker's own user id; only meaningful on the side that wrote it."""


class LineBreak(msgspec.Struct, frozen=True, tag="break"):
    pass


Inline = Text | Image | Mention | LineBreak


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    content: tuple[Inline, ...]


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    level: int
    content: tuple[Inline, ...]


class CodeBlock(msgspec.Struct, frozen=True, tag="code_block", omit_defaults=True):
    text: str
    language: str = ""


class Quote(msgspec.Struct, frozen=True, tag="quote"):
    blocks: tuple["Block", ...]


class ListItem(msgspec.Struct, frozen=True, omit_defaults=True):
    blocks: tuple["Block", ...]
    checked: bool | None = None


class ListBlock(msgspec.Struct, frozen=True, tag="list", omit_defaults=True):
    items: tuple[ListItem, ...]
    ordered: bool = False


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    blocks: tuple["Block", ...]
    header: bool = False


class Row(msgspec.Struct, frozen=True):
    cells: tuple[Cell, ...]


class Table(msgspec.Struct, frozen=True, tag="table"):
    rows: tuple[Row, ...]


class Divider(msgspec.Struct, frozen=True, tag="divider"):
    pass


Block = Paragraph | Heading | CodeBlock | Quote | ListBlock | Table | Divider


class RichText(msgspec.Struct, frozen=True, tag="rich"):
    blocks: tuple[Block, ...]


def plain(text: str) -> RichText:
    """A tree of paragraphs: blank lines part them, single line ends become breaks."""
    paragraphs: list[Block] = []
    for chunk in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        content: list[Inline] = []
        for line in chunk.strip("\n").split("\n"):
            if content:
                content.append(LineBreak())
            if line:
                content.append(Text(line))
        if content:
            paragraphs.append(Paragraph(tuple(content)))
    return RichText(tuple(paragraphs))


def to_plain(rich: RichText) -> str:
    """The bare words, for rules, logs and titles; markup is dropped."""
    return "\n\n".join(filter(None, (_block_text(block) for block in rich.blocks)))


def _block_text(block: Block) -> str:
    match block:
        case Paragraph(content) | Heading(content=content):
            return "".join(_inline_text(part) for part in content)
        case CodeBlock(text):
            return text
        case Quote(blocks):
            return "\n".join(_block_text(inner) for inner in blocks)
        case ListBlock(items):
            return "\n".join(_blocks_text(item.blocks) for item in items)
        case Table(rows):
            return "\n".join(
                "\t".join(_blocks_text(cell.blocks) for cell in row.cells) for row in rows
            )
        case Divider():
            return ""


def _blocks_text(blocks: tuple[Block, ...]) -> str:
    return "\n".join(_block_text(block) for block in blocks)


def _inline_text(part: Inline) -> str:
    match part:
        case Text(text):
            return text
        case Image(source, alt):
            return alt or source
        case Mention(name):
            return "@" + name
        case LineBreak():
            return "\n"

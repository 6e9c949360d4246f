"""What Textile cannot say, and what stands in its place."""

import re
from collections.abc import Iterable, Sequence

from adapters.redmine.textile.syntax import IMAGE_NAME, LOGIN, TARGET, closed
from adapters.rich_text.canonical import BOXES
from adapters.rich_text.inline import sorted_marks
from adapters.rich_text.mapping import map_contents
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Divider,
    Heading,
    Image,
    Inline,
    LineBreak,
    ListBlock,
    ListItem,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)

_INVISIBLE = "\u200b"
_TAG = re.compile(r"<(?=/?(?:pre|code|kbd|notextile)\b)")
_LOGIN = re.compile(LOGIN)
_QUOTABLE = re.compile(r"[^\"\n]{1,255}")


def fit(rich: RichText) -> tuple[RichText, frozenset[str]]:
    """A tree that Textile can hold, and what was given up for it. `rich` is canonical."""
    fitter = _Fitter()
    blocks = RichText(tuple(fitter.blocks(rich.blocks)))
    return map_contents(blocks, fitter.content), frozenset(fitter.lost)


class _Fitter:
    def __init__(self) -> None:
        self.lost: set[str] = set()

    def blocks(self, blocks: Iterable[Block]) -> list[Block]:
        return [self._block(block) for block in blocks]

    def content(self, content: Sequence[Inline]) -> tuple[Inline, ...]:
        done: list[Inline] = []
        for part in content:
            fitting = self._inline(part)
            last = done[-1] if done else None
            if isinstance(fitting, Text) and isinstance(last, Text) and _one_link(last, fitting):
                done[-1] = self._joined(last, fitting)
            else:
                done.append(fitting)
        return tuple(done)

    def _block(self, block: Block) -> Block:
        match block:
            case Quote(blocks):
                return Quote(tuple(self.blocks(blocks)))
            case ListBlock():
                return self._list(block)
            case Table(rows):
                return Table(tuple(self._row(row) for row in rows))
            case CodeBlock():
                return self._code(block)
            case _:
                return block

    def _code(self, block: CodeBlock) -> CodeBlock:
        if _TAG.search(block.text) is None:
            return block
        self.lost.add("code that holds tags of Textile")
        return CodeBlock(_TAG.sub("<" + _INVISIBLE, block.text), block.language)

    def _list(self, block: ListBlock) -> ListBlock:
        items: list[ListItem] = []
        for item in block.items:
            lines: list[Inline] = []
            nested: list[ListBlock] = []
            for inner in item.blocks:
                if isinstance(inner, ListBlock):
                    nested.append(self._list(inner))
                elif nested:
                    self.lost.add("text after a nested list")
                    nested[-1] = _appended(nested[-1], self._lines((inner,), "list"))
                else:
                    lines += self._lines((inner,), "list", lines)
            if len({inner.ordered for inner in nested}) > 1:
                self.lost.add("lists of two kinds in one item")
            items.append(_item(lines, nested, item.checked))
        return ListBlock(tuple(items), block.ordered)

    def _row(self, row: Row) -> Row:
        cells: list[Cell] = []
        for cell in row.cells:
            lines = self._lines(cell.blocks, "table")
            cells.append(Cell((Paragraph(tuple(lines)),) if lines else (), cell.header))
        return Row(tuple(cells))

    def _lines(
        self, blocks: Iterable[Block], inside: str, before: Sequence[Inline] = ()
    ) -> list[Inline]:
        """Blocks where Textile has lines only."""
        lines: list[Inline] = []
        for block in blocks:
            content = self._as_line(block, inside)
            if content and (lines or before):
                lines.append(LineBreak())
                if isinstance(block, Paragraph):
                    self.lost.add(f"paragraphs in a {inside}")
            lines += content
        return lines

    def _as_line(self, block: Block, inside: str) -> list[Inline]:
        match block:
            case Paragraph(content):
                return list(content)
            case Heading(_, content):
                self.lost.add(f"heading in a {inside}")
                return [_strong(part) for part in content]
            case CodeBlock(text):
                self.lost.add(f"code in a {inside}")
                return _lines_of(
                    [[Text(line, ("code",))] for line in text.split("\n") if line.strip()]
                )
            case Divider():
                self.lost.add(f"divider in a {inside}")
                return []
            case Quote(blocks):
                self.lost.add(f"quote in a {inside}")
                return self._lines(blocks, inside)
            case ListBlock(items):
                self.lost.add(f"list in a {inside}")
                return _lines_of([self._item(item, inside) for item in items])
            case Table(rows):
                self.lost.add(f"table in a {inside}")
                leaves = [b for row in rows for cell in row.cells for b in cell.blocks]
                return self._lines(leaves, inside)

    def _item(self, item: ListItem, inside: str) -> list[Inline]:
        box = "- " if item.checked is None else BOXES[item.checked]
        return [Text(box), *self._lines(item.blocks, inside)]

    def _inline(self, part: Inline) -> Inline:
        match part:
            case Image(source, alt):
                return self._image(part, source, alt)
            case Mention(name, identity):
                if identity:
                    self.lost.add("user id of a mention")
                if _LOGIN.fullmatch(name) is None:
                    self.lost.add("mention")
                    return Text("@" + name)
                return Mention(name)
            case Text(text, marks, href) if href:
                return self._link(Text(text, marks, closed(href)))
        return part

    def _link(self, part: Text) -> Text:
        if _sayable(part.href, part.text):
            return part
        self.lost.add("link target")
        return Text(part.text, part.marks)

    def _image(self, part: Image, source: str, alt: str) -> Inline:
        if "://" in source and IMAGE_NAME.fullmatch(source) is None:
            self.lost.add("image without a file name")
            return Text(alt or "image")
        return part

    def _joined(self, last: Text, part: Text) -> Text:
        shared = tuple(mark for mark in last.marks if mark in part.marks)
        self.lost.add("formatting inside a link")
        return Text(last.text + part.text, shared, last.href)


def _one_link(last: Text, part: Text) -> bool:
    return bool(part.href) and last.href == part.href


def _sayable(href: str, text: str) -> bool:
    if href.startswith("attachment:"):
        return _QUOTABLE.fullmatch(text) is not None
    return TARGET.fullmatch(href) is not None


def _appended(block: ListBlock, lines: list[Inline]) -> ListBlock:
    item = block.items[-1]
    last = item.blocks[-1]
    if isinstance(last, ListBlock):
        blocks: tuple[Block, ...] = (*item.blocks[:-1], _appended(last, lines))
    elif isinstance(last, Paragraph):
        blocks = (*item.blocks[:-1], Paragraph((*last.content, LineBreak(), *lines)))
    else:
        blocks = (*item.blocks, Paragraph(tuple(lines)))
    return ListBlock((*block.items[:-1], ListItem(blocks, item.checked)), block.ordered)


def _item(lines: list[Inline], nested: list[ListBlock], checked: bool | None) -> ListItem:
    if not nested:
        return ListItem((Paragraph(tuple(lines)),), checked)
    whole = ListBlock(tuple(i for block in nested for i in block.items), nested[0].ordered)
    return ListItem((Paragraph(tuple(lines)), whole), checked)


def _lines_of(lines: list[list[Inline]]) -> list[Inline]:
    joined: list[Inline] = []
    for line in lines:
        if joined and line:
            joined.append(LineBreak())
        joined += line
    return joined


def _strong(part: Inline) -> Inline:
    if not isinstance(part, Text) or part.text.isspace():
        return part
    return Text(part.text, sorted_marks(("strong", *part.marks)), part.href)

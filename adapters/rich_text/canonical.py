"""One tree for one text: equal texts are equal trees, whatever markup they came from."""

import re
from collections.abc import Iterable, Iterator

from adapters.rich_text.inline import clean, normalise_inline
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Divider,
    Heading,
    Inline,
    LineBreak,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)

MAX_DEPTH = 20
"""Quotes, lists and tables inside each other; what lies deeper is flattened."""

# Ballot boxes carry task items through markups that have none of their own.
BOXES = {False: "\u2610 ", True: "\u2611 "}
_CHECKED = {"\u2610": False, "\u2611": True, "\u2612": True}
_LANGUAGE = re.compile(r"[a-z0-9_+#.-]{1,40}")


def normalise(rich: RichText) -> RichText:
    """The canonical form. Idempotent; safe on trees of any depth and content."""
    return RichText(tuple(_blocks(rich.blocks, 0)))


def _blocks(blocks: Iterable[Block], depth: int) -> list[Block]:
    done: list[Block] = []
    for block in blocks:
        for canonical in _block(block, depth):
            last = done[-1] if done else None
            if (
                isinstance(canonical, ListBlock)
                and isinstance(last, ListBlock)
                and last.ordered == canonical.ordered
            ):
                done[-1] = ListBlock(last.items + canonical.items, last.ordered)
            else:
                done.append(canonical)
    return done


def _block(block: Block, depth: int) -> Iterable[Block]:
    if isinstance(block, Paragraph):
        return _paragraphs(block.content)
    if isinstance(block, Heading):
        return _heading(block)
    if isinstance(block, CodeBlock):
        return _code(block)
    if isinstance(block, Divider):
        return (block,)
    if depth >= MAX_DEPTH:
        return _blocks(_leaves(block), depth)
    if isinstance(block, Quote):
        inner = _blocks(block.blocks, depth + 1)
        return (Quote(tuple(inner)),) if inner else ()
    if isinstance(block, ListBlock):
        return _list(block, depth)
    return _table(block, depth)


def _paragraphs(content: tuple[Inline, ...]) -> Iterator[Block]:
    """Two breaks in a row part paragraphs."""
    line: list[Inline] = []
    inline = normalise_inline(content)
    for position, part in enumerate(inline):
        if not isinstance(part, LineBreak):
            line.append(part)
        elif isinstance(inline[position + 1], LineBreak):
            if line:
                yield Paragraph(tuple(line))
            line = []
        elif line:
            line.append(part)
    if line:
        yield Paragraph(tuple(line))


def _heading(block: Heading) -> Iterable[Block]:
    spaced = [Text(" ") if isinstance(part, LineBreak) else part for part in _one_line(block)]
    content = normalise_inline(spaced)
    return (Heading(min(max(block.level, 1), 6), tuple(content)),) if content else ()


def _one_line(block: Heading) -> list[Inline]:
    return normalise_inline(block.content)


def _code(block: CodeBlock) -> Iterable[Block]:
    text = clean(block.text).strip("\n")
    if not text.strip():
        return ()
    language = block.language.strip().lower()
    return (CodeBlock(text, language if _LANGUAGE.fullmatch(language) else ""),)


def _list(block: ListBlock, depth: int) -> Iterable[Block]:
    items: list[ListItem] = []
    ordered = block.ordered
    for item in block.items:
        inner = _blocks(item.blocks, depth + 1)
        if not inner:
            continue
        first = inner[0]
        if not isinstance(first, ListBlock):
            items.append(_task(tuple(inner), item.checked))
        elif items:
            joined = _blocks((*items[-1].blocks, *inner), depth + 1)
            items[-1] = ListItem(tuple(joined), items[-1].checked)
        else:
            # A list that begins with a nested list has no level of its own.
            ordered = first.ordered if len(block.items) == 1 else ordered
            items.extend(first.items)
            joined = _blocks((*items[-1].blocks, *inner[1:]), depth + 1)
            items[-1] = ListItem(tuple(joined), items[-1].checked)
    return (ListBlock(tuple(items), ordered),) if items else ()


def _task(blocks: tuple[Block, ...], checked: bool | None) -> ListItem:
    first = blocks[0]
    if not isinstance(first, Paragraph):
        return ListItem(blocks)
    lead = first.content[0]
    if checked is not None or not isinstance(lead, Text) or lead.text[1:2] != " ":
        return ListItem(blocks, checked)
    box = _CHECKED.get(lead.text[0])
    if box is None or (len(lead.text) == 2 and len(first.content) == 1):
        return ListItem(blocks)
    rest = normalise_inline((Text(lead.text[2:], lead.marks, lead.href), *first.content[1:]))
    return ListItem((Paragraph(tuple(rest)), *blocks[1:]), box)


def _table(block: Table, depth: int) -> Iterable[Block]:
    width = max((len(row.cells) for row in block.rows), default=0)
    rows: list[Row] = []
    filled = False
    for row in block.rows:
        if not row.cells:
            continue
        cells = [Cell(tuple(_blocks(c.blocks, depth + 1)), c.header) for c in row.cells]
        filled = filled or any(cell.blocks for cell in cells)
        cells.extend(Cell(()) for _ in range(width - len(cells)))
        rows.append(Row(tuple(cells)))
    return (Table(tuple(rows)),) if filled else ()


def _leaves(block: Block) -> Iterator[Block]:
    """Everything inside that holds no blocks, in order, without recursion."""
    waiting: list[Block] = [block]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Quote):
            waiting.extend(reversed(current.blocks))
        elif isinstance(current, ListBlock):
            for item in reversed(current.items):
                waiting.extend(reversed(item.blocks))
        elif isinstance(current, Table):
            for row in reversed(current.rows):
                for cell in reversed(row.cells):
                    waiting.extend(reversed(cell.blocks))
        else:
            yield current

"""ADF documents to the canonical tree. What the tree has no word for keeps its words."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from adapters.rich_text import links
from adapters.rich_text.canonical import normalise
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
    Mark,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)

_DEEPEST = 60
_LONGEST_TIME = 16
_MARKS: dict[str, Mark] = {
    "strong": "strong",
    "em": "emphasis",
    "code": "code",
    "strike": "strike",
    "underline": "underline",
}
_LISTS = {"bulletList": False, "orderedList": True, "taskList": False, "decisionList": False}
_TASKS = frozenset({"taskItem", "blockTaskItem"})
_QUOTES = frozenset({"blockquote", "panel"})
_INLINE = frozenset(
    {
        "text",
        "hardBreak",
        "mention",
        "emoji",
        "date",
        "status",
        "inlineCard",
        "mediaInline",
        "placeholder",
    }
)


def parse(document: object) -> RichText:
    """Never raises. `document` is decoded JSON; None and anything strange are an empty text."""
    return normalise(RichText(tuple(_blocks(document, 0))))


def _blocks(node: object, depth: int) -> Iterator[Block]:
    """The blocks inside a node; words that stand there bare become paragraphs."""
    line: list[Inline] = []
    for child in _content(node):
        if _kind(child) in _INLINE:
            line.extend(_inline(child))
            continue
        if line:
            yield Paragraph(tuple(line))
            line = []
        yield from _block(child, depth + 1)
    if line:
        yield Paragraph(tuple(line))


def _block(node: object, depth: int) -> Iterator[Block]:
    kind = _kind(node)
    if depth > _DEEPEST:
        return
    if kind == "paragraph":
        yield Paragraph(tuple(_inlines(node)))
    elif kind == "heading":
        level = _attribute(node, "level")
        yield Heading(level if isinstance(level, int) else 1, tuple(_inlines(node)))
    elif kind == "codeBlock":
        yield CodeBlock("".join(map(_words, _content(node))), _text(node, "language"))
    elif kind == "rule":
        yield Divider()
    elif kind in _QUOTES:
        yield Quote(tuple(_blocks(node, depth)))
    elif kind in _LISTS:
        yield ListBlock(tuple(_items(node, depth)), _LISTS[kind])
    elif kind == "table":
        yield _table(node, depth)
    elif kind == "media":
        yield Paragraph(tuple(_media(node)))
    elif kind in ("blockCard", "embedCard"):
        yield Paragraph(tuple(_card(node)))
    else:
        yield from _titled(node)
        yield from _blocks(node, depth)


def _titled(node: object) -> Iterator[Block]:
    """A section that opens on a click has a title."""
    title = _text(node, "title") if _kind(node) in ("expand", "nestedExpand") else ""
    if title:
        yield Paragraph((Text(title, ("strong",)),))


def _items(node: object, depth: int) -> Iterator[ListItem]:
    for child in _content(node):
        kind = _kind(child)
        if kind in _LISTS:
            # A task list inside a task list stands beside its items.
            yield ListItem(tuple(_block(child, depth + 1)))
        else:
            checked = _text(child, "state") == "DONE" if kind in _TASKS else None
            yield ListItem(tuple(_blocks(child, depth + 1)), checked)


def _table(node: object, depth: int) -> Table:
    rows = []
    spans: dict[int, int] = {}
    for row in _content(node):
        cells: list[Cell] = []
        for cell in _content(row):
            _fill_spanned(cells, spans)
            header = _kind(cell) == "tableHeader"
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            if down > 1:
                spans.update(dict.fromkeys(range(len(cells), len(cells) + across), down - 1))
            cells.append(Cell(tuple(_blocks(cell, depth + 1)), header))
            cells.extend(Cell((), header) for _ in range(across - 1))
        _fill_spanned(cells, spans)
        rows.append(Row(tuple(cells)))
    return Table(tuple(rows))


def _fill_spanned(cells: list[Cell], spans: dict[int, int]) -> None:
    """Places that a cell of a row above reaches into stay empty, so columns stay in line."""
    while spans.get(len(cells), 0):
        spans[len(cells)] -= 1
        cells.append(Cell(()))


def _span(cell: object, name: str) -> int:
    value = _attribute(cell, name)
    return min(max(value, 1), 50) if isinstance(value, int) else 1


def _inlines(node: object) -> Iterator[Inline]:
    for child in _content(node):
        yield from _inline(child)


def _inline(node: object) -> Iterator[Inline]:
    match _kind(node):
        case "text":
            words = _words(node)
            if words:
                marks, href = _marks(node)
                yield Text(words, marks, href)
        case "hardBreak":
            yield LineBreak()
        case "mention":
            yield Mention(_text(node, "text").removeprefix("@"), _text(node, "id"))
        case "mediaInline" | "media":
            yield from _media(node)
        case "inlineCard":
            yield from _card(node)
        case "date":
            yield from _plain(_day(_text(node, "timestamp")))
        case "emoji":
            yield from _plain(_text(node, "text") or _text(node, "shortName"))
        case "status" | "placeholder":
            yield from _plain(_text(node, "text"))
        case _:
            yield from _plain(_words(node))


def _plain(words: str) -> Iterator[Inline]:
    if words:
        yield Text(words)


def _media(node: object) -> Iterator[Inline]:
    """A file of Jira's media store is known here by its name alone."""
    alt, url = _text(node, "alt"), _text(node, "url")
    source = url or alt
    if source:
        yield Image(source, alt if url else "")


def _card(node: object) -> Iterator[Inline]:
    url = _text(node, "url")
    if url:
        yield Text(url, (), links.target(url))


def _day(timestamp: str) -> str:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > _LONGEST_TIME:
        return timestamp
    try:
        return datetime.fromtimestamp(int(timestamp) / 1000, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return timestamp


def _marks(node: object) -> tuple[tuple[Mark, ...], str]:
    found: set[Mark] = set()
    href = ""
    for mark in _list(node, "marks"):
        kind = _kind(mark)
        if kind == "link":
            href = links.target(_text(mark, "href"))
        elif kind == "subsup":
            found.add("superscript" if _text(mark, "type") == "sup" else "subscript")
        elif kind in _MARKS:
            found.add(_MARKS[kind])
    return tuple(sorted(found)), href


def _kind(node: object) -> str:
    kind = node.get("type") if isinstance(node, dict) else None
    return kind if isinstance(kind, str) else ""


def _content(node: object) -> list[Any]:
    return _list(node, "content")


def _list(node: object, name: str) -> list[Any]:
    found = node.get(name) if isinstance(node, dict) else None
    return found if isinstance(found, list) else []


def _words(node: object) -> str:
    words = node.get("text") if isinstance(node, dict) else None
    return words if isinstance(words, str) else ""


def _attribute(node: object, name: str) -> object:
    attributes = node.get("attrs") if isinstance(node, dict) else None
    return attributes.get(name) if isinstance(attributes, dict) else None


def _text(node: object, name: str) -> str:
    value = _attribute(node, name)
    return value if isinstance(value, str) else ""

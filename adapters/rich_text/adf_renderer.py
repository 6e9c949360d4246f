"""The canonical tree as an ADF document. Structure: developer.atlassian.com, "Atlassian Document
Format"; held to its JSON schema."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from adapters.rich_text.adf_fit import fit, is_image_alone
from adapters.rich_text.canonical import BOXES, normalise
from schemas.rich_text import (
    Block,
    Cell,
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

Node = dict[str, Any]

_MARKS: dict[Mark, Node] = {
    "strong": {"type": "strong"},
    "emphasis": {"type": "em"},
    "code": {"type": "code"},
    "strike": {"type": "strike"},
    "underline": {"type": "underline"},
    "superscript": {"type": "subsup", "attrs": {"type": "sup"}},
    "subscript": {"type": "subsup", "attrs": {"type": "sub"}},
}


def render(rich: RichText) -> Node:
    fitted, _ = fit(normalise(rich))
    return {"type": "doc", "version": 1, "content": _Renderer().blocks(fitted.blocks)}


class _Renderer:
    def __init__(self) -> None:
        # Task lists want ids of their own; equal texts shall be equal documents.
        self._ids = count(1)

    def blocks(self, blocks: Iterable[Block], *, tasks: bool = True) -> list[Node]:
        return [self._block(block, tasks) for block in blocks]

    def _block(self, block: Block, tasks: bool) -> Node:
        if is_image_alone(block) and isinstance(block, Paragraph):
            return _media(block.content[0])
        match block:
            case Paragraph(content):
                return {"type": "paragraph", "content": _inlines(content)}
            case Heading(level, content):
                attrs = {"level": level}
                return {"type": "heading", "attrs": attrs, "content": _inlines(content)}
            case CodeBlock(text, language):
                return _code(text, language)
            case Quote(blocks):
                return {"type": "blockquote", "content": self.blocks(blocks, tasks=False)}
            case ListBlock():
                return self._list(block, tasks)
            case Table():
                return self._table(block)
            case Divider():
                return {"type": "rule"}

    def _list(self, block: ListBlock, tasks: bool) -> Node:
        if tasks and not block.ordered and all(map(_is_task, block.items)):
            return self._tasks(block.items)
        kind = "orderedList" if block.ordered else "bulletList"
        items = [{"type": "listItem", "content": self._item(i, tasks)} for i in block.items]
        return {"type": kind, "content": items}

    def _item(self, item: ListItem, tasks: bool) -> list[Node]:
        """Where there can be no task list, a ballot box tells how far a task is."""
        blocks = item.blocks
        if item.checked is not None:
            first = blocks[0]
            box = Text(BOXES[item.checked])
            if isinstance(first, Paragraph):
                blocks = (Paragraph((box, *first.content)), *blocks[1:])
            else:
                blocks = (Paragraph((box,)), *blocks)
        return self.blocks(blocks, tasks=tasks)

    def _tasks(self, items: tuple[ListItem, ...]) -> Node:
        attrs = {"localId": self._next_id()}
        return {"type": "taskList", "attrs": attrs, "content": [self._task(i) for i in items]}

    def _task(self, item: ListItem) -> Node:
        (paragraph,) = item.blocks
        content = _inlines(paragraph.content) if isinstance(paragraph, Paragraph) else []
        state = "DONE" if item.checked else "TODO"
        attrs = {"localId": self._next_id(), "state": state}
        return {"type": "taskItem", "attrs": attrs, "content": content}

    def _next_id(self) -> str:
        return f"task-{next(self._ids)}"

    def _table(self, table: Table) -> Node:
        rows = [
            {"type": "tableRow", "content": [self._cell(cell) for cell in row.cells]}
            for row in table.rows
        ]
        return {"type": "table", "content": rows}

    def _cell(self, cell: Cell) -> Node:
        kind = "tableHeader" if cell.header else "tableCell"
        content = self.blocks(cell.blocks) or [{"type": "paragraph", "content": []}]
        return {"type": kind, "content": content}


def _is_task(item: ListItem) -> bool:
    blocks = item.blocks
    alone = len(blocks) == 1 and isinstance(blocks[0], Paragraph) and not is_image_alone(blocks[0])
    return item.checked is not None and alone


def _code(text: str, language: str) -> Node:
    node: Node = {"type": "codeBlock", "content": [{"type": "text", "text": text}]}
    return node | {"attrs": {"language": language}} if language else node


def _media(image: Inline) -> Node:
    assert isinstance(image, Image)
    attrs = {"type": "external", "url": image.source}
    if image.alt:
        attrs["alt"] = image.alt
    media = {"type": "media", "attrs": attrs}
    return {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]}


def _inlines(content: Iterable[Inline]) -> list[Node]:
    return [_inline(part) for part in content]


def _inline(part: Inline) -> Node:
    match part:
        case Text(text, marks, href):
            return _text(text, marks, href)
        case Mention(name, id):
            return {"type": "mention", "attrs": {"id": id, "text": "@" + name}}
        case Image(source, alt):
            return _text(alt or source, (), source)
        case _:
            return {"type": "hardBreak"}


def _text(text: str, marks: tuple[Mark, ...], href: str) -> Node:
    nodes = [_MARKS[mark] for mark in marks]
    if href:
        nodes.append({"type": "link", "attrs": {"href": href}})
    return {"type": "text", "text": text, "marks": nodes} if nodes else _plain(text)


def _plain(text: str) -> Node:
    return {"type": "text", "text": text}

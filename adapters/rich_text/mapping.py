"""Walks over a tree: find what stands in it, or exchange it."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from schemas.rich_text import (
    Block,
    Cell,
    Heading,
    Inline,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
)

Contents = Callable[[Sequence[Inline]], tuple[Inline, ...]]


def map_inlines(rich: RichText, change: Callable[[Inline], Inline]) -> RichText:
    """Exchanges images and mentions when a text moves to another tracker."""
    return map_contents(rich, lambda content: tuple(map(change, content)))


def map_contents(rich: RichText, change: Contents) -> RichText:
    return RichText(_map_blocks(rich.blocks, change))


def inlines(rich: RichText) -> Iterator[Inline]:
    """All images, mentions and texts, in reading order."""
    return _inlines(rich.blocks)


def _map_blocks(blocks: Iterable[Block], change: Contents) -> tuple[Block, ...]:
    return tuple(_map_block(block, change) for block in blocks)


def _map_block(block: Block, change: Contents) -> Block:
    match block:
        case Paragraph(content):
            return Paragraph(change(content))
        case Heading(level, content):
            return Heading(level, change(content))
        case Quote(blocks):
            return Quote(_map_blocks(blocks, change))
        case ListBlock(items, ordered):
            mapped = (ListItem(_map_blocks(item.blocks, change), item.checked) for item in items)
            return ListBlock(tuple(mapped), ordered)
        case Table(rows):
            return Table(tuple(Row(tuple(_map_cell(c, change) for c in r.cells)) for r in rows))
        case _:
            return block


def _map_cell(cell: Cell, change: Contents) -> Cell:
    return Cell(_map_blocks(cell.blocks, change), cell.header)


def _inlines(blocks: Iterable[Block]) -> Iterator[Inline]:
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(content=content):
                yield from content
            case Quote(blocks):
                yield from _inlines(blocks)
            case ListBlock(items):
                for item in items:
                    yield from _inlines(item.blocks)
            case Table(rows):
                for row in rows:
                    for cell in row.cells:
                        yield from _inlines(cell.blocks)
            case _:
                pass

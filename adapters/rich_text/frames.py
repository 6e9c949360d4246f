"""Blocks under construction while markup is read."""

from collections.abc import Mapping

from schemas.rich_text import Block, Cell, ListBlock, ListItem, Quote, Row, Table

_MAX_SPAN = 50


class Frame:
    """A container that is open: the document, a quote or a list."""

    def __init__(self, kind: str, blocks: list[Block], *, ordered: bool = False) -> None:
        self.kind = kind
        self.blocks = blocks
        self.ordered = ordered
        self._items: list[list[Block]] = []

    def add(self, block: Block) -> None:
        if self.kind != "list":
            self.blocks.append(block)
            return
        if not self._items:
            self._items.append([])
        self._items[-1].append(block)

    def begin_item(self) -> None:
        self._items.append([])

    def begin_row(self) -> None:
        """Rows outside a table mean nothing."""

    def begin_cell(self, header: bool, attributes: Mapping[str, str]) -> None:
        """Cells outside a table mean nothing."""

    def finish(self) -> list[Block]:
        if self.kind == "list":
            items = tuple(ListItem(tuple(blocks)) for blocks in self._items)
            return [ListBlock(items, self.ordered)]
        return [Quote(tuple(self.blocks))]


class TableFrame(Frame):
    """A table that is open. Spanned places become empty cells, so columns stay in line."""

    def __init__(self) -> None:
        super().__init__("table", [])
        self._rows: list[list[tuple[list[Block], bool]]] = []
        self._spans: dict[int, int] = {}
        self._cell = self.blocks
        """Where text goes; before the first cell that is the caption."""

    def add(self, block: Block) -> None:
        self._cell.append(block)

    def begin_row(self) -> None:
        if self._rows:
            self._fill_spanned(self._rows[-1])
        self._rows.append([])

    def begin_cell(self, header: bool, attributes: Mapping[str, str]) -> None:
        if not self._rows:
            self.begin_row()
        row = self._rows[-1]
        self._fill_spanned(row)
        across = range(len(row), len(row) + _span(attributes, "colspan"))
        down = _span(attributes, "rowspan") - 1
        if down:
            self._spans.update(dict.fromkeys(across, down))
        self._cell = []
        row.append((self._cell, header))
        row.extend(([], header) for _ in across[1:])

    def _fill_spanned(self, row: list[tuple[list[Block], bool]]) -> None:
        while self._spans.get(len(row), 0):
            self._spans[len(row)] -= 1
            row.append(([], False))

    def finish(self) -> list[Block]:
        rows = tuple(
            Row(tuple(Cell(tuple(blocks), header) for blocks, header in row)) for row in self._rows
        )
        return [*self.blocks, Table(rows)]


def _span(attributes: Mapping[str, str], name: str) -> int:
    value = attributes.get(name, "")
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdigit() else 1

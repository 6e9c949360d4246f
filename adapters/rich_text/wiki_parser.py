"""Jira's wiki markup to the canonical tree, line by line."""

import re

from adapters.rich_text.canonical import MAX_DEPTH, normalise
from adapters.rich_text.frames import Frame
from adapters.rich_text.inline import clean
from adapters.rich_text.wiki_inline_parser import parse_inline
from adapters.rich_text.wiki_macros import PLACEHOLDER, Macros
from adapters.rich_text.wiki_syntax import (
    DIVIDER,
    HEADING,
    IMAGE_NAME,
    LINK,
    LIST_LINE,
    QUOTE_LINE,
    TABLE_LINE,
)
from schemas.rich_text import (
    Block,
    Cell,
    Divider,
    Heading,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
)

_BAR = re.compile(
    rf"\\.|{LINK}|!(?=\S)(?:{IMAGE_NAME.pattern})\|[^!\n|]{{0,4000}}!|(?P<bar>\|\|?)", re.DOTALL
)


def parse(text: str) -> RichText:
    """Never raises; macros and signs that mean nothing stay text."""
    text = clean(text)
    macros = Macros(_parse_inner)
    return normalise(RichText(tuple(_Reader(macros).read(macros.take_out(text)))))


def _parse_inner(macros: Macros, text: str) -> tuple[Block, ...]:
    return tuple(_Reader(macros).read(text))


class _Reader:
    def __init__(self, macros: Macros, in_cell: bool = False) -> None:
        self._macros = macros
        self._in_cell = in_cell
        self._blocks: list[Block] = []
        self._lines: list[str] = []
        self._lists: list[Frame] = []
        self._rows: list[Row] = []

    def read(self, text: str) -> list[Block]:
        lines = text.split("\n")
        position = 0
        while position < len(lines):
            line = lines[position]
            position += 1
            lead = line.lstrip()[:1]
            if not lead:
                self._end_block()
            elif lead == "|" and not self._in_cell and TABLE_LINE.match(line):
                position = self._row(lines, position)
            elif lead not in "hb*#-" or not self._special(line):
                self._end_table()
                self._lines.append(line)
        self._end_block()
        return self._blocks

    def _special(self, line: str) -> bool:
        if found := LIST_LINE.fullmatch(line):
            self._begin_item(found[1], found[2])
        elif found := HEADING.fullmatch(line):
            self._end_block()
            self._heading(int(found[1]), found[2])
        elif found := QUOTE_LINE.fullmatch(line):
            self._end_block()
            inner = self._flow(found[1])
            self._blocks.extend(inner if self._macros.quoted else [Quote(tuple(inner))])
        elif DIVIDER.fullmatch(line):
            self._end_block()
            self._blocks.append(Divider())
        else:
            return False
        return True

    def _heading(self, level: int, text: str) -> None:
        for block in self._flow(text):
            if isinstance(block, Paragraph):
                block = Heading(level, block.content)
            self._blocks.append(block)

    def _begin_item(self, marker: str, text: str) -> None:
        self._end_lines()
        self._end_table()
        depth = min(len(marker), MAX_DEPTH + 1)
        ordered = marker[depth - 1] == "#"
        same = len(self._lists) >= depth and self._lists[depth - 1].ordered == ordered
        self._close_lists(depth if same else depth - 1)
        for sign in marker[len(self._lists) : depth]:
            self._lists.append(Frame("list", [], ordered=sign == "#"))
        self._lists[-1].begin_item()
        self._lines.append(text)

    def _close_lists(self, keep: int) -> None:
        while len(self._lists) > keep:
            blocks = self._lists.pop().finish()
            for block in blocks:
                self._add(block)

    def _add(self, block: Block) -> None:
        if self._lists:
            self._lists[-1].add(block)
        else:
            self._blocks.append(block)

    def _end_block(self) -> None:
        self._end_lines()
        self._close_lists(0)
        self._end_table()

    def _end_lines(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            for block in self._flow("\n".join(lines)):
                self._add(block)

    def _end_table(self) -> None:
        if self._rows:
            self._blocks.append(Table(tuple(self._rows)))
            self._rows = []

    def _flow(self, text: str) -> list[Block]:
        """Paragraphs, with the macros between them."""
        if "\x00" not in text:
            return [Paragraph(tuple(parse_inline(text)))]
        blocks: list[Block] = []
        for number, part in enumerate(PLACEHOLDER.split(text)):
            if number % 2:
                blocks.extend(self._macros.blocks(part))
            elif part:
                blocks.append(Paragraph(tuple(parse_inline(part))))
        return blocks

    def _row(self, lines: list[str], position: int) -> int:
        """Reads one row, which goes on until a line ends with a bar; answers the next line."""
        self._end_lines()
        self._close_lists(0)
        row = [lines[position - 1]]
        while not _ends_row(row[-1]) and position < len(lines):
            if not lines[position].strip() or TABLE_LINE.match(lines[position]):
                break
            row.append(lines[position])
            position += 1
        self._rows.append(Row(tuple(self._cells("\n".join(row).strip()))))
        return position

    def _cells(self, row: str) -> list[Cell]:
        bars = [found for found in _BAR.finditer(row) if found["bar"]]
        cells: list[Cell] = []
        for number, bar in enumerate(bars):
            last = number + 1 == len(bars)
            text = row[bar.end() : None if last else bars[number + 1].start()]
            if not last or text.strip():
                cells.append(Cell(self._cell(text.strip()), bar[0] == "||"))
        return cells

    def _cell(self, text: str) -> tuple[Block, ...]:
        if not text:
            return ()
        if "\n" not in text and text[0] not in "hb*#-":
            return tuple(self._flow(text))
        return tuple(_Reader(self._macros, in_cell=True).read(text))


def _ends_row(line: str) -> bool:
    line = line.rstrip()
    return line.endswith("|") and not line.endswith("\\|")

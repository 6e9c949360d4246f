"""Redmine's Textile to the canonical tree, line by line."""

import re

from adapters.redmine.textile.inline_reader import parse_inline
from adapters.redmine.textile.syntax import CELL_MARK, DIVIDER, LIST_LINE, PREFIX, closed
from adapters.rich_text.canonical import MAX_DEPTH, normalise
from adapters.rich_text.frames import Frame
from adapters.rich_text.inline import clean
from adapters.rich_text.mapping import map_inlines
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Divider,
    Heading,
    Inline,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PRE = re.compile(r"<(/?)pre(?:\s[^<>\n]{0,200})?>")
_CODE = re.compile(r"\s*<code(?:\s+class=\"([^\"\n]{0,100})\")?>[ \t]?(.*)", re.DOTALL)
_PLACEHOLDER = re.compile("\x00([0-9]+)\x01")
_QUOTED = re.compile(r"> ?")
_BAR = re.compile(r"\|")


def parse(text: str) -> RichText:
    """Never raises; signs that mean nothing stay text."""
    text = clean(text).replace("\t", "    ")
    if "<!--" in text:
        text = _COMMENT.sub("", text)
    codes: list[CodeBlock] = []
    tree = normalise(RichText(tuple(_Reader(codes, 0).read(_take_out(text, codes)))))
    return map_inlines(tree, _sayable) if "&#" in text else tree


def _sayable(part: Inline) -> Inline:
    """An address that was written with entities may end in what no target can end in."""
    if isinstance(part, Text) and part.href and "://" in part.href:
        return Text(part.text, part.marks, closed(part.href))
    return part


def _take_out(text: str, codes: list[CodeBlock]) -> str:
    """Nothing in code is markup, so it leaves a placeholder of characters that no text holds."""
    if "<pre" not in text:
        return text
    parts: list[str] = []
    done, start = 0, -1
    for found in _PRE.finditer(text):
        if not found[1] and start < 0:
            parts.append(text[done : found.start()])
            start = done = found.end()
        elif found[1] and start >= 0:
            parts.append(f"\x00{len(codes)}\x01")
            codes.append(_code(text[start : found.start()]))
            done, start = found.end(), -1
    if start >= 0:
        parts.append(f"\x00{len(codes)}\x01")
        codes.append(_code(text[start:]))
        done = len(text)
    return "".join(parts) + text[done:]


def _code(inner: str) -> CodeBlock:
    found = _CODE.fullmatch(inner)
    if found is None:
        return CodeBlock(inner)
    text = found[2].rstrip()
    return CodeBlock(text.removesuffix("</code>"), found[1] or "")


class _Reader:
    def __init__(self, codes: list[CodeBlock], depth: int) -> None:
        self._codes = codes
        self._depth = depth
        self._blocks: list[Block] = []
        self._lines: list[str] = []
        self._lists: list[Frame] = []

    def read(self, text: str) -> list[Block]:
        lines = text.split("\n")
        position = 0
        while position < len(lines):
            position = self._line(lines, position)
        self._end_block()
        return self._blocks

    def _line(self, lines: list[str], position: int) -> int:
        """Reads the line at `position` or more of them; answers the next one."""
        line = lines[position]
        lead = line.lstrip()[:1]
        if not lead:
            self._end_block()
        elif line[0] == ">":
            return self._quote(lines, position)
        elif line[0] == "|" and (end := _table_end(lines, position)):
            self._end_block()
            self._blocks.append(self._table(lines[position:end]))
            return end
        elif lead in "*#" and (found := LIST_LINE.fullmatch(line)):
            self._begin_item(found[1], found[2])
        elif not self._lines and not self._lists and _is_divider(lines, position):
            self._blocks.append(Divider())
        else:
            self._lines.append(line)
        return position + 1

    def _quote(self, lines: list[str], position: int) -> int:
        self._end_block()
        inner: list[str] = []
        while position < len(lines) and lines[position][:1] == ">":
            inner.append(_QUOTED.sub("", lines[position], count=1))
            position += 1
        if self._depth >= MAX_DEPTH:
            self._lines.extend(line.lstrip("> ") for line in inner)
        else:
            blocks = _Reader(self._codes, self._depth + 1).read("\n".join(inner))
            self._blocks.append(Quote(tuple(blocks)))
        return position

    def _begin_item(self, marker: str, text: str) -> None:
        self._end_lines()
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
            for block in self._lists.pop().finish():
                self._add(block)

    def _add(self, block: Block) -> None:
        if self._lists:
            self._lists[-1].add(block)
        else:
            self._blocks.append(block)

    def _end_block(self) -> None:
        self._end_lines()
        self._close_lists(0)

    def _end_lines(self) -> None:
        lines, self._lines = self._lines, []
        if not lines:
            return
        text = "\n".join(lines)
        prefix = None if self._lists else PREFIX.match(text)
        kind = prefix[1] if prefix else ""
        if prefix is None or kind.startswith(("fn", "table")):
            blocks = self._flow(text)
        else:
            blocks = self._flow(text[prefix.end() :])
            if kind == "bq":
                blocks = [Quote(tuple(blocks))]
            elif kind != "p":
                blocks = [_as_heading(block, int(kind[1])) for block in blocks]
        for block in blocks:
            self._add(block)

    def _flow(self, text: str) -> list[Block]:
        """Paragraphs, with the code between them."""
        if "\x00" not in text:
            return [Paragraph(tuple(parse_inline(text)))]
        blocks: list[Block] = []
        for number, part in enumerate(_PLACEHOLDER.split(text)):
            if number % 2:
                blocks.append(self._codes[int(part)])
            elif part.strip():
                blocks.append(Paragraph(tuple(parse_inline(part))))
        return blocks

    def _table(self, lines: list[str]) -> Table:
        rows: list[Row] = []
        row: list[str] = []
        for line in lines:
            row.append(line.rstrip())
            if row[-1].endswith("|"):
                rows.append(self._row("\n".join(row)))
                row = []
        return Table(tuple(rows))

    def _row(self, text: str) -> Row:
        cells: list[Cell] = []
        for part in _BAR.split(text.strip()[1:-1]):
            mark = CELL_MARK.match(part)
            inner = part[mark.end() :] if mark else part
            blocks = tuple(self._flow(inner.strip())) if inner.strip() else ()
            cells.append(Cell(blocks, bool(mark and mark[1])))
        return Row(tuple(cells))


def _as_heading(block: Block, level: int) -> Block:
    return Heading(level, block.content) if isinstance(block, Paragraph) else block


def _is_divider(lines: list[str], position: int) -> bool:
    following = lines[position + 1] if position + 1 < len(lines) else ""
    return not following.strip() and DIVIDER.fullmatch(lines[position]) is not None


def _table_end(lines: list[str], position: int) -> int:
    """Behind the last line of the table that begins there; 0 when none does."""
    end = position
    while end < len(lines) and lines[end].strip():
        end += 1
    last = lines[end - 1].rstrip()
    whole = last.endswith("|") and (end - position > 1 or len(last) > 2)
    return end if whole else 0

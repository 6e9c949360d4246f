"""Marks, links and escapes of Markdown."""

import re
from collections.abc import Sequence

from adapters.rich_text.escapes import escape_entities
from adapters.rich_text.html_renderer import MARK_TAGS
from adapters.rich_text.markdown_fit import GLUED_LEFT
from adapters.rich_text.marks import Close, CloseLink, Open, OpenLink, Piece, pieces
from schemas.rich_text import Image, Inline, LineBreak, Mark, Mention, Text

_SIGNS: dict[Mark, str] = {"strong": "**", "emphasis": "_", "strike": "~~"}
_SPECIAL = re.compile(r"[\\`*\[\]~_<@!&]")
_LINE_START = re.compile(
    r"#{1,6}(?=\s|$)|>|[+-](?=\s|$)|[=:|-][-=:|\s]*$|([0-9]{1,9})(?=[.)](?:\s|$))"
)
_TICKS = re.compile(r"`+")
_AUTOLINK = re.compile(r"(?:https?|ftp)://[^\s<>\"\\`]+")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def paragraph(content: Sequence[Inline]) -> str:
    """Several lines; nothing in them reads as the start of a block."""
    return _Writer("\\\n").write(content)


def line(content: Sequence[Inline]) -> str:
    """One line, for headings and cells."""
    return _Writer("<br>").write(content)


class _Writer:
    def __init__(self, line_break: str) -> None:
        self._break = line_break
        self._in_link = False

    def write(self, content: Sequence[Inline]) -> str:
        run = list(pieces(content))
        drafts = [self._draft(run, place) for place in range(len(run))]
        self._choose_signs(run, drafts)
        self._shorten_links(run, drafts)
        return "".join(drafts)

    def _draft(self, run: list[Piece], place: int) -> str:
        piece = run[place]
        match piece:
            case Text(text, marks):
                if "code" in marks:
                    return _code(text)
                return _text(text, run, place, self._in_link)
            case Image(source, alt):
                return f"![{_escape_all(alt)}](<{_destination(source)}>)"
            case Mention(name):
                return "@" + name
            case LineBreak():
                return self._break
            case OpenLink():
                self._in_link = True
                return "["
            case CloseLink(href):
                self._in_link = False
                return f"](<{_destination(href)}>)" if _odd(href) else f"]({_destination(href)})"
            case _:
                return "?"

    def _choose_signs(self, run: list[Piece], drafts: list[str]) -> None:
        """A sign only where its neighbours let it open and close, HTML elsewhere."""
        opened: list[int] = []
        for place, piece in enumerate(run):
            if isinstance(piece, Open):
                opened.append(place)
            elif isinstance(piece, Close):
                start = opened.pop()
                drafts[start], drafts[place] = _signs(piece.mark, drafts, start, place)

    def _shorten_links(self, run: list[Piece], drafts: list[str]) -> None:
        """A link that shows its own target is an autolink."""
        for place, piece in enumerate(run[:-2]):
            text = run[place + 1]
            if not isinstance(piece, OpenLink) or not isinstance(text, Text):
                continue
            alone = isinstance(run[place + 2], CloseLink)
            if alone and text.text == piece.href and _AUTOLINK.fullmatch(text.text):
                drafts[place : place + 3] = ["<", text.text, ">"]


def _signs(mark: Mark, drafts: list[str], start: int, end: int) -> tuple[str, str]:
    if mark == "code":
        return "", ""
    sign = _SIGNS.get(mark)
    before = _beside(drafts, start, -1)
    after = _beside(drafts, end, 1)
    first = _beside(drafts, start, 1)
    last = _beside(drafts, end, -1)
    if sign and _can_open(sign, before, first) and _can_open(sign, after, last):
        return sign, sign
    tag = "del" if mark == "strike" else "ins" if mark == "underline" else MARK_TAGS[mark]
    return f"<{tag}>", f"</{tag}>"


def _beside(drafts: list[str], place: int, step: int) -> str:
    place += step
    while 0 <= place < len(drafts):
        if drafts[place]:
            return drafts[place][0 if step > 0 else -1]
        place += step
    return " "


def _can_open(sign: str, outer: str, inner: str) -> bool:
    """Mirrored for closing. Stricter than CommonMark, whose classes differ between versions."""
    if outer.isspace() or outer in _PUNCTUATION:
        return True
    return sign == "**" and inner.isalnum()


def _text(text: str, run: list[Piece], place: int, in_link: bool) -> str:
    starts_line = place == 0 or isinstance(run[place - 1], LineBreak)
    if _SPECIAL.search(text) is not None:
        text = _escape(text, in_link=in_link, ends=place + 1 < len(run))
    if starts_line and (found := _LINE_START.match(text)):
        cut = found.end() if found[1] else 0
        text = f"{text[:cut]}\\{text[cut:]}"
    return text


def _escape(text: str, *, in_link: bool, ends: bool) -> str:
    parts: list[str] = []
    done = 0
    text = escape_entities(text)
    for found in _SPECIAL.finditer(text):
        position = found.start()
        if _needs_escape(text, position, in_link, ends):
            parts += (text[done:position], "\\")
            done = position
    parts.append(text[done:])
    return "".join(parts)


def _needs_escape(text: str, position: int, in_link: bool, ends: bool) -> bool:
    character = text[position]
    before = text[position - 1 : position]
    after = text[position + 1 : position + 2]
    if character in "`*[~":
        return True
    if character == "_":
        return not (before.isalnum() and after.isalnum())
    if character == "\\":
        return not after or after in _PUNCTUATION
    if character == "<":
        return not after or after.isalpha() or after in "/!?"
    if character == "@":
        return not (before and GLUED_LEFT.match(before)) and (ends or after.isalnum())
    return (character == "]" and in_link) or (character == "!" and ends and not after)


def _escape_all(text: str) -> str:
    return re.sub(r"[\\`*\[\]~_<@]", r"\\\g<0>", escape_entities(text))


def _code(text: str) -> str:
    runs = {len(ticks) for ticks in _TICKS.findall(text)}
    length = next(size for size in range(1, len(runs) + 2) if size not in runs)
    padding = " " if text[0] == "`" or text[-1] == "`" else ""
    fence = "`" * length
    return f"{fence}{padding}{text}{padding}{fence}"


def _odd(href: str) -> bool:
    return "(" in href or ")" in href or not href


def _destination(href: str) -> str:
    return re.sub(r"[\\<>]", r"\\\g<0>", escape_entities(href))

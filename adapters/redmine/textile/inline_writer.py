"""Signs, links and escapes of Textile. What would read as a sign is written as an entity."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec

from adapters.redmine.textile.syntax import (
    AFTER_TARGET,
    DIVIDER,
    LIST_LINE,
    MARK_SIGNS,
    PREFIX,
    SIGN_CHARACTERS,
    may_follow,
    may_precede,
)
from adapters.rich_text import links
from adapters.rich_text.escapes import escape_entities
from schemas.rich_text import Image, Inline, LineBreak, Mark, Mention, Text

_ORDER: tuple[Mark, ...] = (
    "strong",
    "emphasis",
    "underline",
    "strike",
    "superscript",
    "subscript",
    "code",
)
_SPECIAL = re.compile(r"[*_+^~%?@\"!<=(|\[{:&-]")
_IN_CODE = re.compile(r"[@\"!<|*_+^~%?=&:#-]")
_ABBREVIATION = re.compile(r"[A-Z][A-Z0-9]+$")
_FILE_WORD = re.compile(r"(?<![A-Za-z0-9_])attachment:")
_encode_alt = str.maketrans({c: f"&#{ord(c)};" for c in '&()<>!"|'})


class _Sign(msgspec.Struct):
    mark: Mark
    opens: bool
    kept: bool = True


_Piece = Inline | _Sign


def render_inline(
    content: Sequence[Inline],
    *,
    line_start: bool = True,
    first_line: bool = True,
    bars: bool = False,
) -> str:
    """Lines that read as nothing but themselves. `line_start` is False where no further line may
    follow, `first_line` where something stands before it. `bars` are those of a table around."""
    if len(content) == 1 and isinstance(content[0], Text) and _is_simple(content[0]):
        text = content[0].text
        return _line_started(text) if line_start and first_line else text
    run = list(_pieces(content))
    _drop_signs(run)
    text = _Writer(run, bars).text()
    lines = text.split("\n")
    start = 0 if first_line else 1
    if line_start:
        lines[start:] = map(_line_started, lines[start:])
    return "\n".join(lines)


def _is_simple(part: Text) -> bool:
    return not part.marks and not part.href and _SPECIAL.search(part.text) is None


def _pieces(content: Sequence[Inline]) -> Iterator[_Piece]:
    """The content with properly nested signs; Redmine reads signs before links, so they go around
    a link."""
    opened: list[Mark] = []
    for part in content:
        wanted = _around(part)
        keep = 0
        while keep < len(opened) and opened[keep] in wanted:
            keep += 1
        while len(opened) > keep:
            yield _Sign(opened.pop(), False)
        for mark in sorted(set(wanted).difference(opened), key=_ORDER.index):
            opened.append(mark)
            yield _Sign(mark, True)
        yield part
    while opened:
        yield _Sign(opened.pop(), False)


def _around(part: Inline) -> tuple[Mark, ...]:
    """Code is read before links, so its signs stand inside of one."""
    if not isinstance(part, Text):
        return ()
    return tuple(mark for mark in part.marks if mark != "code") if part.href else part.marks


def _drop_signs(run: list[_Piece]) -> None:
    """A mark that begins or ends inside a word cannot be said."""
    waiting: list[tuple[int, bool]] = []
    for place, piece in enumerate(run):
        if not isinstance(piece, _Sign):
            continue
        if piece.opens:
            waiting.append((place, _may_open(run, place)))
            continue
        start, fine = waiting.pop()
        opening = run[start]
        if not fine or not _may_close(run, place) or _hides_code(run, start, place):
            piece.kept = False
            if isinstance(opening, _Sign):
                opening.kept = False


def _hides_code(run: list[_Piece], start: int, end: int) -> bool:
    """Code beside `_` is none, for that passes for a letter."""
    opening = run[start]
    if not isinstance(opening, _Sign) or opening.mark != "emphasis":
        return False
    inner = (_inside(run, start, 1), _inside(run, end, -1))
    return any(isinstance(piece, _Sign) and piece.mark == "code" for piece in inner)


def _inside(run: list[_Piece], place: int, step: int) -> _Piece:
    """What is written next to a sign; signs inside of it are decided already."""
    place += step
    while isinstance(piece := run[place], _Sign) and not piece.kept:
        place += step
    return run[place]


def _may_open(run: list[_Piece], place: int) -> bool:
    before = place - 1
    while before >= 0 and isinstance(piece := run[before], _Sign):
        if not piece.opens and piece.kept:
            return True
        before -= 1
    if before < 0 or isinstance(run[before], LineBreak):
        return True
    part = run[before]
    return isinstance(part, Text) and not part.href and part.text[-1] in " (>"


def _may_close(run: list[_Piece], place: int) -> bool:
    if _would_join_target(run, place):
        return False
    after = place + 1
    while after < len(run) and isinstance(piece := run[after], _Sign):
        if piece.opens:
            break
        after += 1
    if after >= len(run) or isinstance(run[after], LineBreak):
        return True
    part = run[after]
    if isinstance(part, _Sign):
        return False
    return isinstance(part, Text) and not part.href and may_follow(part.text[0])


def _would_join_target(run: list[_Piece], place: int) -> bool:
    """Some signs may be a part of the target that stands before them."""
    piece = run[place]
    inner = place - 1
    while isinstance(run[inner], _Sign):
        inner -= 1
    part = run[inner]
    linked = isinstance(part, Text) and bool(part.href)
    return linked and isinstance(piece, _Sign) and piece.mark in ("emphasis", "strike")


class _Writer:
    def __init__(self, run: list[_Piece], bars: bool) -> None:
        self._run = run
        self._bars = bars
        self._out: list[str] = []
        texts = [part.text for part in run if isinstance(part, Text)]
        self._count = Counter(c for text in texts for c in text if c in SIGN_CHARACTERS + '@!"=')
        for part in run:
            if isinstance(part, _Sign):
                self._count[MARK_SIGNS[part.mark]] += 2
            elif isinstance(part, Mention):
                self._count["@"] += 2
            elif isinstance(part, Image):
                self._count["!"] += 2

    def text(self) -> str:
        for place, piece in enumerate(self._run):
            self._out.append(self._draft(piece, place))
        return "".join(self._out)

    def _draft(self, piece: _Piece, place: int) -> str:
        match piece:
            case _Sign(mark, _, kept):
                return MARK_SIGNS[mark] if kept else ""
            case LineBreak():
                return "\n"
            case Image(source, alt):
                name = source if "://" in source else quote(source, safe="._-~+,@/")
                title = f"({alt.translate(_encode_alt)})" if alt else ""
                return self._apart() + f"!{name}{title}!" + self._then(place, ":")
            case Mention(name):
                return self._apart() + "@" + name + self._then(place, "word")
            case Text() if piece.href:
                return self._link(piece, place)
            case Text():
                return self._words(piece, place)

    def _apart(self) -> str:
        """Images and mentions stand behind white space only."""
        last = self._last()
        return "" if not last or last.isspace() else " "

    def _last(self) -> str:
        return next((text[-1] for text in reversed(self._out) if text), "")

    def _next(self, place: int) -> str:
        """The first character of what follows; '' at the end of a line."""
        for index in range(place + 1, len(self._run)):
            piece = self._run[index]
            if isinstance(piece, LineBreak):
                return ""
            if isinstance(piece, Text) and piece.text:
                return piece.text[0]
            if isinstance(piece, Image | Mention):
                return " "
            if isinstance(piece, _Sign) and piece.kept:
                return MARK_SIGNS[piece.mark]
        return ""

    def _then(self, place: int, what: str) -> str:
        after = self._next(place)
        glued = (
            after == ":" if what == ":" else after.isalnum() or (after != "" and after in "._-@")
        )
        return " " if glued else ""

    def _link(self, part: Text, place: int) -> str:
        if part.href.startswith("attachment:"):
            before = " " if self._last().isalnum() or self._last() == "_" else ""
            return f'{before}attachment:"{part.text}"'
        return self._bare(part, place) or self._named(part, place)

    def _bare(self, part: Text, place: int) -> str:
        bare = (
            part.text == part.href
            and "code" not in part.marks
            and links.BARE_URL.fullmatch(part.text) is not None
        )
        last = self._last()
        free = not last or last in " \n(,;"
        if not bare or not free or links.trimmed(part.text) != part.text:
            return ""
        return part.text if self._ends(place) else ""

    def _named(self, part: Text, place: int) -> str:
        shown = self._shown(part)
        last = self._last()
        before = " " if last.isalnum() or last in ('"', "_") else ""
        return f'{before}"{shown}":{part.href}' + ("" if self._ends(place) else " ")

    def _shown(self, part: Text) -> str:
        """The words of a link."""
        if "code" in part.marks:
            return f"@{_IN_CODE.sub(_entity, part.text)}@"
        shown = _escape(part.text, "", "", self._count, self._bars).replace('"', "&#34;")
        if shown[0] in "({[":
            shown = f"&#{ord(shown[0])};{shown[1:]}"
        return shown[:-1] + "&#41;" if shown[-1] == ")" else shown

    def _ends(self, place: int) -> bool:
        """Whether what follows can be no part of a target."""
        text = ""
        for index in range(place + 1, len(self._run)):
            piece = self._run[index]
            if isinstance(piece, LineBreak):
                return AFTER_TARGET.match(text) is not None
            if isinstance(piece, _Sign):
                if piece.opens and piece.kept:
                    text += MARK_SIGNS[piece.mark]
            elif isinstance(piece, Text) and not piece.href:
                text += piece.text
                if any(character.isspace() for character in piece.text):
                    break
            else:
                text += " " if isinstance(piece, Image | Mention) else "x"
                break
        return AFTER_TARGET.match(text) is not None and ":" not in text[:1]

    def _words(self, part: Text, place: int) -> str:
        previous = self._run[place - 1] if place else None
        signed = isinstance(previous, _Sign) and previous.kept
        if signed and isinstance(previous, _Sign) and previous.mark == "code":
            return _IN_CODE.sub(_entity, part.text)
        before = self._last() or ""
        text = _escape(part.text, before, self._next(place), self._count, self._bars)
        attributes = isinstance(previous, _Sign) and previous.opens and previous.kept
        if attributes and text[0] in "({[":
            text = f"&#{ord(text[0])};{text[1:]}"
        return text


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _escape(text: str, left: str, right: str, count: Counter[str], bars: bool) -> str:
    """`left` and `right` are what stands beside it; '' is the edge of a line."""
    if _SPECIAL.search(text) is None:
        return text
    text = escape_entities(text)
    parts: list[str] = []
    done = 0
    for found in _SPECIAL.finditer(text):
        place = found.start()
        before = text[place - 1] if place else left
        after = text[place + 1] if place + 1 < len(text) else right
        if _means_something(text, place, before, after, count, bars):
            parts += (text[done:place], f"&#{ord(text[place])};")
            done = place + 1
    parts.append(text[done:])
    return "".join(parts)


def _means_something(
    text: str, place: int, before: str, after: str, count: Counter[str], bars: bool
) -> bool:
    character = text[place]
    edge = place == 0 or place + 1 == len(text)
    if character in SIGN_CHARACTERS:
        return count[character] > 1 and _could_be_sign(text, place, before, after)
    match character:
        case "@":
            return not (before.isalnum() or before == "_") and not after.isspace() and after != ""
        case '"':
            return after == ":" or edge
        case "!":
            return count["!"] > 1 and (edge or not before or before.isspace() or before == ">")
        case "<":
            return after.isalpha() or after in ("/", "!") or edge
        case "=":
            return after == "=" or before == "="
        case "(":
            return _ABBREVIATION.search(text, max(0, place - 60), place) is not None
        case "|":
            return bars
        case ":":
            return _FILE_WORD.search(text, max(0, place - 10), place + 1) is not None
        case _:
            return False


def _could_be_sign(text: str, place: int, before: str, after: str) -> bool:
    character = text[place]
    start, end = place, place + 1
    while start and text[start - 1] == character:
        start -= 1
    while end < len(text) and text[end] == character:
        end += 1
    if start == 0 or end == len(text):
        return True
    if character == "?" and end - start != 2:
        return False
    if end - start > (2 if character in "*_?" else 1):
        return False
    before, after = text[start - 1], text[end]
    opens = may_precede(before) and not after.isspace()
    closes = not before.isspace() and may_follow(after)
    return opens or closes


def _line_started(line: str) -> str:
    """A line that would begin a list, a quote, a table or a heading begins with an entity."""
    lead = line[:1]
    if not lead:
        return line
    if lead in ">|":
        return f"&#{ord(lead)};{line[1:]}"
    if lead in "*#-_ " and (LIST_LINE.match(line) or DIVIDER.fullmatch(line)):
        return f"&#{ord(lead)};{line[1:]}"
    if found := PREFIX.match(line):
        dot = found.end(2)
        return f"{line[:dot]}&#46;{line[dot + 1 :]}"
    return line

"""Signs, links and escapes of wiki markup."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from adapters.rich_text import links
from adapters.rich_text.escapes import encoder, escape_entities
from adapters.rich_text.inline import words
from adapters.rich_text.marks import Close, CloseLink, Open, OpenLink, Piece, pieces
from adapters.rich_text.wiki_syntax import (
    DIVIDER,
    EMOTICON,
    HEADING,
    LIST_LINE,
    MARK_SIGNS,
    QUOTE_LINE,
)
from schemas.rich_text import Image, Inline, LineBreak, Mention, Text

_SPECIAL = re.compile(r"[\\\[\]{}!|?*_+^~:;(-]")
_WORDS_IN_BRACKETS = re.compile(r"\[[A-Za-z0-9 .#]*\]")
_AFTER_URL = re.compile(r"[.,;:?]*(?:\s|$)")
_ENDS = (LineBreak, type(None))
_encode_name = encoder("&\\[]{}|!")
_encode_alt = encoder("&\\[]{}|!,")


def render_inline(content: Sequence[Inline]) -> str:
    """Lines that read as nothing but themselves."""
    run = list(pieces(content))
    if len(run) == 1 and isinstance(run[0], Text) and _SPECIAL.search(run[0].text) is None:
        text = escape_entities(run[0].text)
        return _escape_line_start(text)
    drafts = [_draft(run, place) for place in range(len(run))]
    _choose_links(run, drafts)
    _choose_signs(run, drafts)
    return "".join(drafts)


def _draft(run: list[Piece], place: int) -> str:
    piece = run[place]
    match piece:
        case Text(text):
            return _text(text, run, place)
        case Image(source, alt):
            return f"!{_encode_name(source)}{'|alt=' + _encode_alt(alt) if alt else ''}!"
        case Mention(name, identity):
            return f"[~{_encode_name(identity or name)}]"
        case LineBreak():
            return "\n"
        case OpenLink():
            return "["
        case CloseLink(href):
            return f"|{_target(href)}]"
        case _:
            return "?"


def _target(href: str) -> str:
    name = _attachment(href)
    return "^" + _encode_name(name) if name else href


def _attachment(href: str) -> str:
    if not href.startswith("attachment:"):
        return ""
    name = unquote(href[11:])
    return name if name == words(name) else ""


def _choose_links(run: list[Piece], drafts: list[str]) -> None:
    """A link that shows its own target needs no second copy of it."""
    for place in range(len(run) - 2):
        opening, text, closing = run[place : place + 3]
        if not isinstance(text, Text) or not isinstance(closing, CloseLink):
            continue
        if not isinstance(opening, OpenLink):
            continue
        if text.text == closing.href and links.is_target(text.text) and "://" in text.text:
            bare = _may_stand_bare(run, drafts, place)
            drafts[place : place + 3] = ["", text.text, ""] if bare else ["[", text.text, "]"]
        elif text.text == _attachment(closing.href):
            drafts[place : place + 3] = ["[", _target(closing.href), "]"]


def _may_stand_bare(run: list[Piece], drafts: list[str], place: int) -> bool:
    text = run[place + 1]
    if not isinstance(text, Text) or links.BARE_URL.fullmatch(text.text) is None:
        return False
    after = run[place + 3] if place + 3 < len(run) else None
    last = place + 4 >= len(run) or isinstance(run[place + 4], LineBreak)
    free = isinstance(after, _ENDS) or (
        isinstance(after, Text)
        and (found := _AFTER_URL.match(after.text)) is not None
        and (last or found.end() < len(after.text) or found[0][-1:].isspace())
    )
    before = drafts[place - 1][-1:] if place else ""
    return free and links.trimmed(text.text) == text.text and not before.isalnum()


def _choose_signs(run: list[Piece], drafts: list[str]) -> None:
    """Inside a word a sign needs braces."""
    for place, piece in enumerate(run):
        if not isinstance(piece, Open | Close):
            continue
        if piece.mark == "code":
            drafts[place] = "{{" if isinstance(piece, Open) else "}}"
            continue
        sign = MARK_SIGNS[piece.mark]
        step = -1 if isinstance(piece, Open) else 1
        drafts[place] = f"{{{sign}}}" if _beside(drafts, place, step).isalnum() else sign


def _beside(drafts: list[str], place: int, step: int) -> str:
    place += step
    while 0 <= place < len(drafts):
        if drafts[place]:
            return drafts[place][0 if step > 0 else -1]
        place += step
    return " "


def _text(text: str, run: list[Piece], place: int) -> str:
    before = run[place - 1] if place else None
    after = run[place + 1] if place + 1 < len(run) else None
    if "&" in text:
        text = escape_entities(text)
    part = run[place]
    if isinstance(part, Text) and "code" in part.marks and "://" in text:
        text = text.replace("://", ":\0//")
    if _SPECIAL.search(text) is not None:
        left = " " if isinstance(before, _ENDS) else ""
        right = " " if isinstance(after, _ENDS) else ""
        text = _escape(text, left, right)
    text = text.replace("\0", "\\")
    return _escape_line_start(text) if isinstance(before, _ENDS) else text


def _escape_line_start(text: str) -> str:
    """The line may go on behind the text, as with "- " before something marked."""
    lead = text[:1]
    if lead == "|":
        return "\\" + text
    if lead in "*#-" and (LIST_LINE.match(text + "x") or DIVIDER.fullmatch(text)):
        return "\\" + text
    if lead in "hb" and (HEADING.match(text + " ") or QUOTE_LINE.match(text + " ")):
        return f"&#{ord(lead)};{text[1:]}"
    return text


def _escape(text: str, left: str, right: str) -> str:
    """`left` and `right` are a space at the edge of a line, '' beside something unknown."""
    parts: list[str] = []
    done = 0
    words_until = 0
    for found in _SPECIAL.finditer(text):
        place = found.start()
        character = text[place]
        before = text[place - 1] if place else left
        after = text[place + 1] if place + 1 < len(text) else right
        if character == "[" and (bracketed := _WORDS_IN_BRACKETS.match(text, place)):
            words_until = bracketed.end()
        if place < words_until:
            continue
        if character == "\\":
            if not after or after == " " or not (after.isalnum() or after.isspace()):
                parts += (text[done:place], "&#92;")
                done = place + 1
        elif _needs_escape(text, place, before, after):
            parts += (text[done:place], "\\")
            done = place
    parts.append(text[done:])
    return "".join(parts)


def _needs_escape(text: str, place: int, before: str, after: str) -> bool:
    character = text[place]
    if character in "*_+^~-":
        if before == character or after == character:
            return _run_at_edge(text, place)
        opens = not before.isalnum() and not (after and after.isspace())
        closes = not (before and before.isspace()) and not after.isalnum()
        return opens or closes
    if character in "[]{|":
        return True
    if character == "}":
        return not before or not after or "}" in (before, after)
    if character == "!":
        return not (after and after.isspace())
    if character == "?":
        return "?" in (before, after) or not before or not after
    return EMOTICON.match(text, place) is not None


def _run_at_edge(text: str, place: int) -> bool:
    """Rows of one sign are words, unless a mark's sign could make them longer or break them."""
    character = text[place]
    start, end = place, place + 1
    while start and text[start - 1] == character:
        start -= 1
    while end < len(text) and text[end] == character:
        end += 1
    return start == 0 or end == len(text)

"""The memo of comments, split into its entries: ALM itself knows only the one text.

An entry begins with a line "Name <login>, date:", as ALM's clients write it; ours also has a time
and a marker there. Everything else stays as it is written, also when one entry is changed."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape

import msgspec
from lxml import etree
from lxml import html as lxml_html

from adapters.alm import marker
from adapters.rich_text import html
from adapters.rich_text.canonical import normalise
from schemas.rich_text import Inline, LineBreak, Paragraph, RichText, Text

_RULE = re.compile(r"\s*_{10,}\s*")
_DATE = r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ ,]+\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?)?"
_BANNER = re.compile(
    rf"\s*(?:_{{10,200}}\s*)?([^<>\n]{{0,200}}?)\s*<([^<>\n]{{0,100}})>\s*,\s*({_DATE})\s*"
    rf"(?:{marker.PATTERN}\s*)?:",
)
_WRAPPERS = ("div", "font", "span", "center")
_LINE = "_" * 40
_SHORT = 4096
_LONGEST = 1500
"""Of the line above a comment, with a long marker."""


class Piece(msgspec.Struct, frozen=True):
    """A node of the memo's body."""

    html: str
    text: str
    bold: bool = False
    """Whether it begins so: a line of ALM's above a comment does."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str = ""
    login: str = ""
    date: str = ""
    marker: str = ""
    lead: tuple[str, ...] = ()
    """HTML above the banner: the line that parts it from the entry before."""
    content: tuple[str, ...]
    """HTML of the banner and all that follows it."""

    def body(self) -> RichText:
        text = "".join(self.content)
        rich = _remembered(text) if len(text) < _SHORT else html.parse(text)
        return _without_banner(rich) if self.date else rich

    def with_body(self, rendered: str) -> "Entry":
        content = _whole(banner(self.name, self.login, self.date, self.marker), rendered)
        return msgspec.structs.replace(self, content=(content,))


def split(memo: str) -> tuple[Entry, ...]:
    """All entries in their order. Text above the first banner is an entry of nobody."""
    return tuple(_entries(_pieces(memo)))


def join(entries: Iterable[Entry]) -> str:
    """Back to a document, '' when nothing is left."""
    content = "".join("".join((*entry.lead, *entry.content)) for entry in entries)
    return f"<html><body>{content}</body></html>" if content.strip() else ""


def appended(memo: str, name: str, login: str, date: str, mark: str, rendered: str) -> str:
    """The memo with one entry more, at its end as ALM's clients do it."""
    before = "".join(piece.html for piece in _pieces(memo))
    lead = _bold(_LINE) if before.strip() else ""
    content = before + lead + _whole(banner(name, login, date, mark), rendered)
    return f"<html><body>{content}</body></html>"


def banner(name: str, login: str, date: str, mark: str) -> str:
    word = f" {marker.word(mark)}" if mark else ""
    return _bold(f"{escape(name)} &lt;{escape(login)}&gt;, {escape(date)}{word}: ")


def _whole(head: str, rendered: str) -> str:
    """In one element, so that no line within it is taken for the beginning of another entry."""
    return f"<div>{head}{rendered}</div>"


def _bold(text: str) -> str:
    return (
        '<div align="left"><font face="Arial" color="#000080">'
        f'<span style="font-size:8pt"><b>{text}</b></span></font></div>'
    )


def _entries(pieces: Sequence[Piece]) -> Iterator[Entry]:
    seen: dict[tuple[str, ...], int] = {}
    lead: list[str] = []
    head: re.Match[str] | None = None
    above: tuple[str, ...] = ()
    content: list[str] = []
    for piece in pieces:
        found = _BANNER.match(piece.text[:_LONGEST]) if piece.bold or lead else None
        blank = not piece.text.strip() and "<img" not in piece.html
        if found is None and (_RULE.fullmatch(piece.text) or (lead and blank)):
            lead.append(piece.html)
            continue
        if found is not None:
            if content:
                yield _entry(head, above, content, seen)
            head, above, content = found, tuple(lead), [piece.html]
        elif content or not blank:
            content += [*lead, piece.html]
        lead = []
    if content:
        yield _entry(head, above, [*content, *lead], seen)


def _entry(
    head: re.Match[str] | None,
    lead: tuple[str, ...],
    content: list[str],
    seen: dict[tuple[str, ...], int],
) -> Entry:
    name, login, date, quoted = head.groups(default="") if head else ("", "", "", "")
    mark = marker.read(quoted)
    # People edit a comment where it stands: its place among its author's of that day tells it.
    key = ("marker", mark) if mark else ("banner", login.casefold(), date)
    number = seen.get(key, 0)
    seen[key] = number + 1
    digest = hashlib.sha256("\n".join((*key, str(number))).encode()).hexdigest()[:20]
    return Entry(
        id=digest,
        name=name,
        login=login,
        date=date,
        marker=mark,
        lead=lead,
        content=tuple(content),
    )


def _pieces(memo: str) -> tuple[Piece, ...]:
    if not memo.strip():
        return ()
    try:
        root = lxml_html.document_fromstring(memo)
    except (etree.ParserError, ValueError):
        # Nothing but comments, or signs that no document has.
        return (Piece(escape(memo), memo),)
    body = root.find("body")
    if body is None:
        return ()
    return tuple(_children(_inside(body)))


def _inside(body: "etree._Element") -> "etree._Element":
    """Some clients wrap the whole memo once more."""
    while True:
        only = list(body)
        if len(only) != 1 or only[0].tag not in _WRAPPERS or not len(only[0]):
            return body
        if (body.text or "").strip() or (only[0].tail or "").strip():
            return body
        banners = list(_BANNER.finditer(_text(only[0])))
        ours = bool(banners) and banners[0].start() == 0 and banners[0][4] is not None
        if ours or len(banners) < 2:
            return body
        body = only[0]


def _children(body: "etree._Element") -> Iterator[Piece]:
    if (body.text or "").strip():
        yield Piece(escape(body.text or ""), _spaced(body.text or ""))
    for child in body:
        written = etree.tostring(child, encoding="unicode", method="html", with_tail=False)
        if isinstance(child.tag, str):
            yield Piece(written, _text(child), _begins_bold(child))
        else:
            yield Piece(written, "")
        if (child.tail or "").strip():
            yield Piece(escape(child.tail or ""), _spaced(child.tail or ""))


def _begins_bold(element: "etree._Element") -> bool:
    for inner in element.iter("*"):
        if inner.tag in ("b", "strong") or "bold" in inner.get("style", ""):
            return True
        if (inner.text or "").strip():
            return False
    return False


def _text(element: "etree._Element") -> str:
    return _spaced("".join(str(part) for part in element.itertext()))


def _spaced(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=1024)
def _remembered(text: str) -> RichText:
    # An issue's comments are parsed on every read, and hardly one of them has changed.
    return html.parse(text)


def _without_banner(rich: RichText) -> RichText:
    first = rich.blocks[0] if rich.blocks else None
    if not isinstance(first, Paragraph):
        return rich
    text = "".join(_shown(part) for part in first.content)
    found = _BANNER.match(text[:_LONGEST])
    if found is None:
        return rich
    rest = _cut(first.content, found.end())
    return normalise(RichText((Paragraph(rest), *rich.blocks[1:])))


def _cut(content: tuple[Inline, ...], length: int) -> tuple[Inline, ...]:
    kept: list[Inline] = []
    for part in content:
        size = len(_shown(part))
        if length >= size:
            length -= size
            continue
        if length and isinstance(part, Text):
            part = Text(part.text[length:], part.marks, part.href)
        length = 0
        kept.append(part)
    while kept and isinstance(kept[0], LineBreak):
        kept.pop(0)
    if kept and isinstance(kept[0], Text):
        kept[0] = Text(kept[0].text.lstrip(), kept[0].marks, kept[0].href)
    return tuple(kept)


def _shown(part: Inline) -> str:
    match part:
        case Text(text):
            return text.replace("\u00a0", " ")
        case LineBreak():
            return "\n"
        case _:
            return ""

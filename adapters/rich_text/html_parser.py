"""HTML to the canonical tree: one pass over parser events, no recursion, no document tree."""

import re
from collections.abc import Mapping

from lxml import etree

from adapters.rich_text.canonical import MAX_DEPTH, normalise
from adapters.rich_text.frames import Frame, TableFrame
from schemas.rich_text import (
    CodeBlock,
    Divider,
    Heading,
    Image,
    Inline,
    LineBreak,
    Mark,
    Mention,
    Paragraph,
    RichText,
    Text,
)

TAG_MARKS: dict[str, Mark] = {
    "b": "strong", "strong": "strong",
    "i": "emphasis", "em": "emphasis", "cite": "emphasis", "dfn": "emphasis", "var": "emphasis",
    "code": "code", "tt": "code", "kbd": "code", "samp": "code",
    "s": "strike", "strike": "strike", "del": "strike",
    "u": "underline", "ins": "underline",
    "sup": "superscript", "sub": "subscript",
}  # fmt: skip
_STYLES: tuple[tuple[re.Pattern[str], Mark], ...] = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)"), "strong"),
    (re.compile(r"font-style\s*:\s*(?:italic|oblique)"), "emphasis"),
    (re.compile(r"text-decoration[a-z-]*\s*:[^;]{0,60}line-through"), "strike"),
    (re.compile(r"text-decoration[a-z-]*\s*:[^;]{0,60}underline"), "underline"),
)
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript", "iframe"})
_BREAKING = frozenset(
    {
        *("address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header"),
        *("html", "legend", "main", "nav", "p", "section", "summary"),
    }
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LANGUAGE = re.compile(r"(?:^|[\s-])(?:language|lang|brush:)-?\s*([\w+#.-]+)", re.IGNORECASE)
_MARKUP = re.compile(r"[<&\x00]")
_MENTION_ID = re.compile(r"version:[\d.]+,\s*([^,\s]*)")


def parse(text: str) -> RichText:
    """Never raises; unknown elements keep their text, scripts and styles leave nothing."""
    if not text.strip():
        return RichText(())
    builder = _Builder()
    if _MARKUP.search(text) is None:
        builder.data(text)
        return builder.close()
    parser = etree.HTMLParser(target=builder, encoding="utf-8", huge_tree=True)
    parser.feed(text.replace("\x00", "").encode("utf-8", "replace"))
    rich: RichText = parser.close()
    return rich


class _Builder:
    """A parser target: lxml calls start, data and end in balanced order, and close at the end."""

    def __init__(self) -> None:
        self._frames: list[Frame] = [Frame("root", [])]
        self._depth = 0
        self._inline: list[Inline] = []
        self._opened: list[tuple[tuple[Mark, ...], bool]] = []
        """Of each open element its marks, and whether it stands inside `pre`."""
        self._counts: dict[Mark, int] = {}
        self._marks: tuple[Mark, ...] = ()
        self._hrefs: list[str] = []
        self._hidden = 0
        self._heading = 0
        self._pre: list[str] | None = None
        self._language = ""
        self._mention: list[str] | None = None
        self._mention_id = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        marks = self._marks_of(tag, attributes)
        self._opened.append((marks, self._pre is not None))
        if marks:
            self._count(marks, 1)
        if self._pre is not None:
            self._start_in_pre(tag, attributes)
        elif tag not in TAG_MARKS and tag != "span":
            self._start_element(tag, attributes)

    def end(self, tag: str) -> None:
        marks, in_pre = self._opened.pop()
        if marks:
            self._count(marks, -1)
        if tag in _HIDDEN:
            self._hidden -= 1
        elif in_pre:
            return
        elif tag == "pre":
            self._end_pre()
        elif tag not in TAG_MARKS and tag != "span":
            self._end_element(tag)

    def data(self, text: str) -> None:
        if self._hidden:
            return
        if self._mention is not None:
            self._mention.append(text)
        elif self._pre is not None:
            self._pre.append(text)
        else:
            href = self._hrefs[-1] if self._hrefs else ""
            self._inline.append(Text(_SPACES.sub(" ", text), self._marks, href))

    def close(self) -> RichText:
        self._end_pre()
        while len(self._frames) > 1:
            self._pop()
        self._flush()
        return normalise(RichText(tuple(self._frames[0].blocks)))

    def _marks_of(self, tag: str, attributes: Mapping[str, str]) -> tuple[Mark, ...]:
        mark = TAG_MARKS.get(tag)
        if mark is not None:
            return (mark,)
        style = attributes.get("style") if attributes else None
        if not style or tag != "span":
            return ()
        return tuple(mark for pattern, mark in _STYLES if pattern.search(style.lower()))

    def _count(self, marks: tuple[Mark, ...], change: int) -> None:
        for mark in marks:
            self._counts[mark] = self._counts.get(mark, 0) + change
        self._marks = tuple(sorted(mark for mark, count in self._counts.items() if count))

    def _start_element(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "a":
            self._start_anchor(attributes)
        elif tag == "br":
            self._inline.append(LineBreak())
        elif tag == "img":
            self._inline.append(Image(attributes.get("src", ""), attributes.get("alt", "")))
        elif tag == "input" and attributes.get("type", "").lower() == "checkbox":
            self._inline.append(Text("\u2611 " if "checked" in attributes else "\u2610 "))
        elif tag in _HEADINGS:
            self._flush()
            self._heading = _HEADINGS[tag]
        elif tag == "pre":
            self._flush()
            self._pre = []
            self._language = _language(attributes)
        elif tag == "hr":
            self._add(Divider())
        elif tag in _BREAKING:
            self._flush()
        else:
            self._start_container(tag, attributes)

    def _start_container(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in ("ul", "ol"):
            self._push(Frame("list", [], ordered=tag == "ol"))
        elif tag == "li":
            self._flush()
            self._top("list").begin_item()
        elif tag == "blockquote":
            self._push(Frame("quote", []))
        elif tag == "table":
            self._push(TableFrame())
        elif tag == "tr":
            self._flush()
            self._top("table").begin_row()
        elif tag in ("td", "th"):
            self._flush()
            self._top("table").begin_cell(tag == "th", attributes)

    def _end_element(self, tag: str) -> None:
        if tag == "a":
            self._end_anchor()
        elif tag in _HEADINGS:
            self._flush()
            self._heading = 0
        elif tag in _BREAKING or tag in ("li", "td", "th", "tr"):
            self._flush()
        elif tag in ("ul", "ol", "blockquote", "table"):
            self._pop()

    def _start_in_pre(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._pre is None:
            return
        if tag in ("br", "div", "p") and (tag == "br" or self._pre):
            self._pre.append("\n")
        elif tag == "code" and not self._language:
            self._language = _language(attributes)

    def _end_pre(self) -> None:
        if self._pre is not None:
            self._add(CodeBlock("".join(self._pre), self._language))
            self._pre = None

    def _start_anchor(self, attributes: Mapping[str, str]) -> None:
        mention = attributes.get("data-vss-mention")
        if mention is None:
            self._hrefs.append(attributes.get("href", ""))
            return
        found = _MENTION_ID.match(mention)
        self._mention = []
        self._mention_id = found[1] if found else ""

    def _end_anchor(self) -> None:
        if self._mention is not None:
            self._inline.append(Mention("".join(self._mention), self._mention_id))
            self._mention = None
        elif self._hrefs:
            self._hrefs.pop()

    def _push(self, frame: Frame) -> None:
        self._flush()
        self._depth += 1
        # One level more than the tree may hold, so that flattening is done in one place.
        self._frames.append(frame if self._depth <= MAX_DEPTH + 1 else self._frames[-1])

    def _pop(self) -> None:
        self._flush()
        frame = self._frames.pop()
        self._depth -= 1
        if frame is not self._frames[-1]:
            for block in frame.finish():
                self._frames[-1].add(block)

    def _top(self, kind: str) -> Frame:
        return self._frames[-1] if self._frames[-1].kind == kind else Frame("stray", [])

    def _add(self, block: CodeBlock | Divider) -> None:
        self._flush()
        self._frames[-1].add(block)

    def _flush(self) -> None:
        if not self._inline:
            return
        content = tuple(self._inline)
        self._inline = []
        if self._heading:
            self._frames[-1].add(Heading(self._heading, content))
        elif len(content) > 1 or not isinstance(content[0], Text) or content[0].text != " ":
            self._frames[-1].add(Paragraph(content))


def _language(attributes: Mapping[str, str]) -> str:
    named = attributes.get("data-language") or attributes.get("lang") or ""
    found = _LANGUAGE.search(attributes.get("class", ""))
    return found[1] if found else named

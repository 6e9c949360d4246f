"""The inline tokens of one Markdown paragraph as canonical inline content."""

import re
from collections.abc import Iterator

from markdown_it.token import Token

from adapters.rich_text.html_parser import TAG_MARKS
from adapters.rich_text.html_parser import parse as parse_html
from adapters.rich_text.mapping import inlines
from schemas.rich_text import Image, Inline, LineBreak, Mark, Mention, Text

_TOKEN_MARKS: dict[str, Mark] = {"strong": "strong", "em": "emphasis", "s": "strike"}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")


def read_content(tokens: list[Token]) -> tuple[Inline, ...]:
    return tuple(_Reader().read(tokens))


class _Reader:
    def __init__(self) -> None:
        self._counts: dict[Mark, int] = {}
        self._hrefs: list[str] = []

    def read(self, tokens: list[Token]) -> Iterator[Inline]:
        for token in tokens:
            match token.type:
                case "text" | "text_special":
                    yield self._text(token.content)
                case "code_inline":
                    yield self._text(token.content, "code")
                case "softbreak" | "hardbreak":
                    yield LineBreak()
                case "mention":
                    yield Mention(token.content)
                case "image":
                    source = str(token.attrs.get("src", ""))
                    yield Image(source, _words(token.children or []))
                case "link_open":
                    self._hrefs.append(str(token.attrs.get("href", "")))
                case "link_close":
                    self._hrefs.pop()
                case "html_inline":
                    yield from self._html(token.content)
                case _:
                    self._count(_TOKEN_MARKS[token.tag], token.nesting)

    def _text(self, text: str, *more: Mark) -> Text:
        marks = tuple(mark for mark, count in self._counts.items() if count > 0)
        return Text(text, (*marks, *more), self._hrefs[-1] if self._hrefs else "")

    def _count(self, mark: Mark, change: int) -> None:
        self._counts[mark] = max(self._counts.get(mark, 0) + change, 0)

    def _html(self, html: str) -> Iterator[Inline]:
        found = _TAG.match(html)
        if found is None:
            return
        tag = found[2].lower()
        mark = TAG_MARKS.get(tag)
        if mark is not None:
            self._count(mark, -1 if found[1] else 1)
        elif tag == "br":
            yield LineBreak()
        elif tag == "img":
            yield from inlines(parse_html(html))


def _words(tokens: list[Token]) -> str:
    """What an image's alternative text says, without its markup."""
    return "".join(
        _words(token.children)
        if token.children
        else "@" * (token.type == "mention") + token.content
        for token in tokens
    )

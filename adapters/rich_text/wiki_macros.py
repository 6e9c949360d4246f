"""Block macros of wiki markup: taken out first, since nothing in code is markup.

Each becomes a placeholder of control characters, which no cleaned text holds.
"""

import re
from collections.abc import Callable, Iterator

from schemas.rich_text import Block, CodeBlock, Paragraph, Quote, Text

PLACEHOLDER = re.compile("\x00([0-9]+)\x01")
_TAG = re.compile(r"(?<!\\)\{(code|noformat|quote|panel)(?::([^}\n]{0,500}))?\}")
_RAW = ("code", "noformat")
_QUOTES = ("quote", "panel")

Blocks = tuple[Block, ...]
ParseInner = Callable[["Macros", str], Blocks]


class Macros:
    """The blocks behind the placeholders of one text."""

    def __init__(self, parse_inner: ParseInner) -> None:
        self._parse_inner = parse_inner
        self._found: list[Blocks] = []
        self._quoted = False

    def take_out(self, text: str) -> str:
        """The text with placeholders. A macro that is never closed stays text."""
        if "{" not in text:
            return text
        return self._take(self._take(text, _RAW), _QUOTES)

    @property
    def quoted(self) -> bool:
        """Whether a quote is being read; wiki markup has no quotes in quotes."""
        return self._quoted

    def blocks(self, number: str) -> Blocks:
        return self._found[int(number)]

    def _take(self, text: str, names: tuple[str, ...]) -> str:
        parts: list[str] = []
        done = 0
        for opening, closing in _pairs(text, names):
            inner = text[opening.end() : closing.start()]
            parts += (text[done : opening.start()], f"\x00{len(self._found)}\x01")
            self._found.append(())
            self._found[-1] = self._read(opening[1], opening[2] or "", inner)
            done = closing.end()
        return "".join(parts) + text[done:] if parts else text

    def _read(self, name: str, settings: str, inner: str) -> Blocks:
        language, title = _settings(settings)
        heading = (Paragraph((Text(title, ("strong",)),)),) if title else ()
        if name in _RAW:
            return (*heading, CodeBlock(inner, language if name == "code" else ""))
        if self._quoted:
            return (*heading, *self._parse_inner(self, inner))
        self._quoted = True
        blocks = (*heading, *self._parse_inner(self, self._take(inner, _QUOTES)))
        self._quoted = False
        return (Quote(blocks),)


def _pairs(text: str, names: tuple[str, ...]) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    tags = [tag for tag in _TAG.finditer(text) if tag[1] in names]
    last_closing = {tag[1]: tag.start() for tag in tags if tag[2] is None}
    opening: re.Match[str] | None = None
    for tag in tags:
        if opening is None:
            if last_closing.get(tag[1], -1) > tag.start():
                opening = tag
        elif tag[1] == opening[1] and tag[2] is None:
            yield opening, tag
            opening = None


def _settings(settings: str) -> tuple[str, str]:
    language = title = ""
    for number, setting in enumerate(settings.split("|")):
        name, equals, value = setting.partition("=")
        if not equals:
            language = language or (name if number == 0 else "")
        elif name.strip() == "language":
            language = value
        elif name.strip() == "title":
            title = value.strip()
    return language, title

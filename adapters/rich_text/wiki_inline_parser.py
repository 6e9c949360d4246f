"""The content of one wiki paragraph, cell or heading: one pass, at most eight open marks."""

import re
from urllib.parse import quote, unquote

import msgspec

from adapters.rich_text import links
from adapters.rich_text.escapes import ENTITY, decode_entities
from adapters.rich_text.inline import BREAK
from adapters.rich_text.wiki_syntax import IMAGE_NAME, LINK, SIGNS
from schemas.rich_text import Image, Inline, Mark, Mention, Text

_TOKEN = re.compile(
    "|".join(
        (
            r"(?P<escape>\\[!-/:-@\[\]^-`{-~])",
            r"(?P<backslashes>\\\\+)",
            rf"(?P<entity>{ENTITY.pattern})",
            rf"(?P<url>{links.BARE_URL.pattern})",
            rf"(?P<link>{LINK})",
            r"(?P<image>!(?=\S)[^!\n|]{1,4000}+(?:\|[^!\n]{0,4000}+)?!)",
            r"(?P<code>\{\{|\}\})",
            r"(?P<forced>\{[*_+^~-]\})",
            r"(?P<ignored>\{color(?::[^}\n]{0,40})?\}|\{anchor:[^}\n]{0,200}\})",
            r"(?P<sign>(?P<run>[*_+^~-])(?P=run)*+|\?\?)",
            r"(?P<newline>\n)",
        )
    )
)
_SPECIAL = re.compile(r"[\\&\[!{}*_+^~?\n-]|://")
_PARTS = re.compile(r"(?:\\.|[^\\|])+|\|", re.DOTALL)
_ALT = re.compile(r"(?:^|,)\s*alt=([^,]*)")


class _Sign(msgspec.Struct):
    """A sign that may begin or end a mark; `partner` is set once it does."""

    sign: str
    text: str
    paired: bool = False
    opens: bool = False


def parse_inline(text: str, href: str = "") -> list[Inline]:
    """Not canonical yet. With `href`, the text is what a link shows."""
    if _SPECIAL.search(text) is None:
        return [Text(text, (), href)]
    return _Scanner(text, href).scan()


class _Scanner:
    def __init__(self, text: str, href: str) -> None:
        self._text = text
        self._href = href
        self._out: list[Inline | _Sign] = []
        self._open: dict[str, _Sign] = {}

    def scan(self) -> list[Inline]:
        position = 0
        while found := _TOKEN.search(self._text, position):
            self._say(self._text[position : found.start()])
            position = self._token(found)
        self._say(self._text[position:])
        return self._marked()

    def _say(self, text: str) -> None:
        if text:
            self._out.append(Text(text))

    def _token(self, found: re.Match[str]) -> int:
        kind, text = found.lastgroup, found[0]
        if kind == "escape":
            self._say(text[1])
        elif kind == "entity":
            self._say(decode_entities(text))
        elif kind == "newline":
            self._open.clear()
            self._out.append(BREAK)
        elif kind == "backslashes":
            self._backslashes(found)
        elif kind == "url":
            return self._url(found)
        elif kind == "link":
            return self._link(found)
        elif kind == "image":
            return self._image(found)
        elif kind == "code":
            self._code(text)
        elif kind == "forced":
            self._toggle(_Sign(text[1], text), True, True)
        elif kind != "ignored":
            self._sign(found)
        return found.end()

    def _backslashes(self, found: re.Match[str]) -> None:
        """A break; but network paths and longer rows are words."""
        starts_word = not self._before(found).isalnum() and self._after(found).isalnum()
        if len(found[0]) == 2 and not starts_word:
            self._out.append(BREAK)
        else:
            self._say(found[0])

    def _before(self, found: re.Match[str]) -> str:
        return self._text[found.start() - 1 : found.start()] if found.start() else " "

    def _after(self, found: re.Match[str]) -> str:
        return self._text[found.end() : found.end() + 1] or " "

    def _url(self, found: re.Match[str]) -> int:
        url = links.trimmed(found[0])
        if not url or url.endswith(":"):
            self._say(found[0])
            return found.end()
        self._out.append(Text(url, (), self._href or url))
        return found.start() + len(url)

    def _link(self, found: re.Match[str]) -> int:
        inner = found[0][1:-1]
        if inner.startswith("~") and len(inner) > 1 and "|" not in inner:
            self._out.append(_mention(decode_entities(inner[1:])))
            return found.end()
        parts = [part for part in _PARTS.findall(inner) if part != "|"]
        href = _href(parts[1 if inner[0] != "|" and len(parts) > 1 else 0]) if parts else ""
        if self._href or not href:
            self._say("[")
            return found.start() + 1
        if len(parts) > 1 and inner[0] != "|":
            self._out.extend(parse_inline(parts[0], href))
        else:
            shown = unquote(href.partition(":")[2]) if href.startswith("attachment:") else href
            self._out.append(Text(shown, (), href))
        return found.end()

    def _image(self, found: re.Match[str]) -> int:
        source, _, settings = found[0][1:-1].partition("|")
        if IMAGE_NAME.fullmatch(source) is None:
            self._say("!")
            return found.start() + 1
        alt = _ALT.search(settings)
        self._out.append(Image(decode_entities(source), decode_entities(alt[1]) if alt else ""))
        return found.end()

    def _code(self, text: str) -> None:
        self._toggle(_Sign("{{", text), text == "{{", text == "}}")

    def _sign(self, found: re.Match[str]) -> None:
        text = found[0]
        if text != "??" and len(text) > 1:
            self._say(text)
            return
        before, after = self._before(found), self._after(found)
        can_open = not before.isalnum() and not after.isspace()
        can_close = not before.isspace() and not after.isalnum()
        self._toggle(_Sign(text, text), can_open, can_close)

    def _toggle(self, sign: _Sign, can_open: bool, can_close: bool) -> None:
        self._out.append(sign)
        opening = self._open.get(sign.sign)
        if opening is not None and can_close:
            opening.paired = sign.paired = opening.opens = True
            # Marks nest: what began inside and is still open never closes.
            for inner in reversed(list(self._open)):
                del self._open[inner]
                if inner == sign.sign:
                    break
        elif opening is None and can_open:
            self._open[sign.sign] = sign

    def _marked(self) -> list[Inline]:
        marked: list[Inline] = []
        marks: list[Mark] = []
        for part in self._out:
            if isinstance(part, Text):
                marked.append(Text(part.text, (*marks, *part.marks), part.href or self._href))
            elif not isinstance(part, _Sign):
                marked.append(part)
            elif not part.paired:
                marked.append(Text(part.text, tuple(marks), self._href))
            elif part.opens:
                marks.append(SIGNS[part.sign])
            else:
                marks.remove(SIGNS[part.sign])
        return marked


def _mention(name: str) -> Mention:
    """Jira Cloud names nobody; its account id is all there is."""
    kind, colon, identity = name.partition(":")
    return Mention(identity, name) if colon and kind == "accountid" else Mention(name)


def _href(target: str) -> str:
    target = target.strip()
    if target.startswith("^") and len(target) > 1:
        return "attachment:" + quote(decode_entities(target[1:]))
    return target if links.is_target(target) else ""

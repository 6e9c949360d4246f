"""The content of one Textile paragraph, cell or heading, in one pass."""

import re
from urllib.parse import quote, unquote

import msgspec

from adapters.redmine.textile.syntax import (
    ATTACHMENT_NAME,
    IMAGE_NAME,
    LOGIN,
    SIGN_ATTRIBUTES,
    SIGNS,
    TARGET,
    may_follow,
    may_precede,
    target_end,
)
from adapters.rich_text import links
from adapters.rich_text.escapes import ENTITY, decode_entities
from adapters.rich_text.inline import BREAK
from schemas.rich_text import Image, Inline, Mark, Mention, Text

_TOKEN = re.compile(
    "|".join(
        (
            rf"(?P<entity>{ENTITY.pattern})",
            r"(?P<raw><(?P<tag>code|kbd|notextile)(?:\s[^<>\n]{0,200})?>(?P<inner>.{0,2000}?)"
            r"</(?P=tag)>)",
            r"(?P<literal>==(?!=)[^=\n][^\n]{0,4000}?==)",
            r"(?P<code>@(?:\|\w{1,20}\|)?(?P<shown>[^@\n]{1,4000})@)",
            rf"(?P<mention>@{LOGIN})",
            rf"(?P<url>{links.BARE_URL.pattern})",
            r"(?P<link>\"(?P<text>[^\"\n]{1,4000})\":"
            r"(?P<target>(?:/|[A-Za-z]{1,20}://|www\.|mailto:)[^\s<]{1,4000}))",
            rf"(?P<file>attachment:(?:\"(?P<quoted>[^\"\n]{{1,255}})\"|(?P<bare>{ATTACHMENT_NAME})))",
            r"(?P<image>![<=>]?(?:\. )?(?P<source>[^\s(!\n]{1,4000})"
            r"(?:\((?P<alt>[^()\n]{1,1000})\))?!)",
            r"(?P<sign>(?P<run>[*_+^~%?-])(?P=run)*+)",
            r"(?P<newline>\n)",
        )
    ),
    re.DOTALL,
)
_SPECIAL = re.compile(r"[&<=@\"!*_+^~%?:\n-]")
_ATTRIBUTES = re.compile(SIGN_ATTRIBUTES + r"(?=\S)")
_TITLE = re.compile(r"(.+?)\s?\([^()]+\)")


class _Sign(msgspec.Struct):
    """A sign that may begin or end a mark; `paired` is set once it does."""

    sign: str
    text: str
    """As it is written, with attributes: shown when it means nothing."""
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

    def _say(self, text: str, *marks: Mark) -> None:
        if text:
            self._out.append(Text(text, marks))

    def _token(self, found: re.Match[str]) -> int:
        kind = found.lastgroup
        match kind:
            case "entity":
                self._say(decode_entities(found[0]))
            case "newline":
                self._open.clear()
                self._out.append(BREAK)
            case "raw":
                self._say(found["inner"], *(() if found["tag"] == "notextile" else ("code",)))
            case "url":
                return self._url(found)
            case "sign":
                return self._sign(found)
            case _:
                return self._bounded(found, str(kind))
        return found.end()

    def _bounded(self, found: re.Match[str], kind: str) -> int:
        """Tokens that mean something only beside the right characters."""
        before, after = self._before(found), self._after(found)
        if kind == "code" and not _is_word(before) and not _is_word(after):
            self._say(decode_entities(found["shown"]), "code")
        elif kind == "literal" and (not before or before.isspace()) and not _is_word(after):
            self._say(found[0][2:-2])
        elif kind == "mention" and (not before or before.isspace() or before in "(,;"):
            self._out.append(Mention(found[0][1:]))
        elif kind == "file" and not _is_word(before):
            name = found["quoted"] or found["bare"]
            self._out.append(Text(name, (), "attachment:" + quote(name)))
        elif kind == "image" and (not before or before.isspace() or before == ">"):
            return self._image(found)
        elif kind == "link":
            return self._link(found)
        else:
            self._say(found[0][0])
            return found.start() + 1
        return found.end()

    def _before(self, found: re.Match[str]) -> str:
        return self._text[found.start() - 1 : found.start()] if found.start() else ""

    def _after(self, found: re.Match[str]) -> str:
        return self._text[found.end() : found.end() + 1]

    def _url(self, found: re.Match[str]) -> int:
        if self._href:
            self._say(decode_entities(found[0]))
            return found.end()
        url = links.trimmed(found[0])
        url = url[: target_end(url)]
        if not url or url.endswith(":"):
            self._say(found[0])
            return found.end()
        self._out.append(Text(url, (), url))
        return found.start() + len(url)

    def _link(self, found: re.Match[str]) -> int:
        target = found["target"][: target_end(found["target"])]
        if self._href or TARGET.fullmatch(target) is None:
            self._say('"')
            return found.start() + 1
        href = "http://" + target if target.startswith("www.") else target
        title = _TITLE.fullmatch(found["text"])
        self._out.extend(parse_inline(title[1] if title else found["text"], href))
        return found.start("target") + len(target)

    def _image(self, found: re.Match[str]) -> int:
        source = unquote(found["source"]) if "://" not in found["source"] else found["source"]
        if IMAGE_NAME.fullmatch(found["source"]) is None or not source.strip():
            self._say("!")
            return found.start() + 1
        self._out.append(Image(source, decode_entities(found["alt"] or "")))
        return found.end()

    def _sign(self, found: re.Match[str]) -> int:
        text = found[0]
        if text not in SIGNS:
            self._say(text)
            return found.end()
        before, after = self._before(found), self._after(found)
        can_open = may_precede(before) and bool(after) and not after.isspace()
        can_close = bool(before) and not before.isspace() and may_follow(after)
        attributes = _ATTRIBUTES.match(self._text, found.end())
        closes = can_close and text in self._open
        if can_open and not closes and attributes:
            self._toggle(_Sign(text, text + attributes[0]), True, False)
            return attributes.end()
        self._toggle(_Sign(text, text), can_open, can_close)
        return found.end()

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
        marks: list[Mark | None] = []
        for part in self._out:
            shown = tuple(mark for mark in marks if mark)
            if isinstance(part, Text):
                marked.append(Text(part.text, (*shown, *part.marks), part.href or self._href))
            elif not isinstance(part, _Sign):
                marked.append(part)
            elif not part.paired:
                marked.append(Text(part.text, shown, self._href))
            elif part.opens:
                marks.append(SIGNS[part.sign])
            else:
                marks.remove(SIGNS[part.sign])
        return marked


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"

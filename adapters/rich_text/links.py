"""Link targets and bare URLs, the same for every markup."""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from schemas.rich_text import Text

# Exactly the characters that no target may hold unencoded, so a bare URL needs no encoding.
_UNSAFE = r"\s<>\"\[\]{}|\\^`"
BARE_URL = re.compile(rf"(?<![^\W_])(?:https?|ftp)://[^{_UNSAFE}]+")
_ENCODED = re.compile(rf"[{_UNSAFE}]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ACTIVE_SCHEMES = frozenset({"javascript", "vbscript", "data"})
_TAIL = re.compile(r"(?:[^\w=/()]|_)+$")
_RELATIVE = ("/", "#", "?", "./", "../")


def target(href: str) -> str:
    """The canonical target: encoded, never active content; '' when there is nothing to link to."""
    href = href.strip()
    if not href or href in ("#", "./"):
        return ""
    scheme = _SCHEME.match(href)
    if scheme and (scheme[1].lower() in _ACTIVE_SCHEMES or scheme.end() == len(href)):
        return ""
    if scheme and scheme[1] == "attachment":
        return "attachment:" + quote(unquote(href[11:]).strip()) if href[11:].strip() else ""
    href = _ENCODED.sub(lambda found: quote(found[0], safe=""), href)
    return href if scheme or href.startswith(_RELATIVE) else "./" + href


def is_target(text: str) -> bool:
    """Whether brackets around `text` make a link; `[TODO]` and `[1]` are words."""
    return text.startswith(_RELATIVE) or (
        (scheme := _SCHEME.match(text)) is not None
        and scheme.end() < len(text)
        and scheme[1].lower() not in _ACTIVE_SCHEMES
    )


def trimmed(url: str) -> str:
    """Without the signs that end the sentence around it; '' when nothing is left."""
    url = _TAIL.sub("", url)
    while url.endswith(")") and "(" not in url:
        url = _TAIL.sub("", url.rstrip(")"))
    return "" if url.endswith("/") and url.count("/") == 2 else url


def linked(part: Text) -> Iterator[Text]:
    """The text with its bare URLs made links."""
    position = 0
    for found in BARE_URL.finditer(part.text):
        url = trimmed(found[0])
        if not url or url.endswith(":"):
            continue
        if found.start() > position:
            yield Text(part.text[position : found.start()], part.marks)
        yield Text(url, part.marks, url)
        position = found.start() + len(url)
    if position < len(part.text):
        yield Text(part.text[position:], part.marks) if position else part

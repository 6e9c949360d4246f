"""Our marker at the end of a text: a comment that both of Redmine's markups leave out."""

import re
from urllib.parse import quote, unquote

_TRAILER = re.compile(r"\s*<!-- (tidegate:[\w%.-]{1,600}) -->\s*\Z", re.ASCII)
_BRACKET = re.compile(r"\s*\[(tidegate:[\w%.-]{1,600})\]\s*\Z", re.ASCII)
_SEEN = 700


def sign(text: str, marker: str) -> str:
    if not marker:
        return text
    return f"{text}\n\n{trailer(marker)}" if text else trailer(marker)


def trailer(marker: str) -> str:
    return f"<!-- {word(marker)} -->"


def word(marker: str) -> str:
    """One word that stands in the signed text, whatever the marker holds, and never ends it."""
    return "tidegate:" + quote(marker, safe="").replace("--", "-%2D")


def split(text: str | None) -> tuple[str, str]:
    """The text without the marker, and the marker or ''."""
    return _split(_TRAILER, text or "")


def sign_plain(text: str, marker: str, longest: int) -> str:
    """For texts without markup, where the marker shows. Cuts the text, never the marker."""
    if not marker:
        return text[:longest]
    end = f"[{word(marker)}]"
    kept = text[: longest - len(end) - 1].rstrip()
    return f"{kept} {end}" if kept else end


def split_plain(text: str | None) -> tuple[str, str]:
    return _split(_BRACKET, text or "")


def _split(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.search(text, max(0, len(text) - _SEEN))
    if found is None:
        return text, ""
    return text[: found.start()], unquote(found[1].removeprefix("tidegate:"))

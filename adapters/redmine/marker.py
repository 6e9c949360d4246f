"""Our marker at the end of a text: a comment that both of Redmine's markups leave out."""

import re

_TRAILER = re.compile(r"\s*<!-- tidegate:([!-;=?-~]{1,200}) -->\s*\Z")
_BRACKET = re.compile(r"\s*\[tidegate:([!-Z^-~]{1,200})\]\s*\Z")


def sign(text: str, marker: str) -> str:
    if not marker:
        return text
    return f"{text}\n\n{trailer(marker)}" if text else trailer(marker)


def trailer(marker: str) -> str:
    return f"<!-- tidegate:{marker} -->"


def split(text: str | None) -> tuple[str, str]:
    """The text without the marker, and the marker or ''."""
    return _split(_TRAILER, text or "")


def sign_plain(text: str, marker: str, longest: int) -> str:
    """For texts without markup, where the marker shows. Cuts the text, never the marker."""
    if not marker:
        return text[:longest]
    end = f"[tidegate:{marker}]"
    kept = text[: longest - len(end) - 1].rstrip()
    return f"{kept} {end}" if kept else end


def split_plain(text: str | None) -> tuple[str, str]:
    return _split(_BRACKET, text or "")


def _split(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.search(text, max(0, len(text) - 300))
    return (text[: found.start()], found[1]) if found else (text, "")

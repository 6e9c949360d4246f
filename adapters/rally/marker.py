"""Our marker inside a rich text: the name of an invisible element at its end."""

import re
from urllib.parse import quote, unquote

_WORD = r"tidegate:[\w~.:-]{1,600}"
_ELEMENT = re.compile(
    rf'(?:<(p|div)\b[^<>]*>)?\s*<span\b[^<>]*\bclass="({_WORD})"[^<>]*>[^<>]*</span>\s*(?:</\1>)?',
    re.ASCII,
)


def word(marker: str) -> str:
    """One word without a sign that Rally's `contains` could take for another."""
    return "tidegate:" + quote(marker, safe="").replace("~", "%7E").replace("%", "~")


def sign(html: str, marker: str) -> str:
    """Not empty, for editors drop what is."""
    return f'{html}<span class="{word(marker)}">&nbsp;</span>' if marker else html


def split(html: str) -> tuple[str, str]:
    """The text without the marker, and the marker or ''."""
    if "tidegate:" not in html:
        return html, ""
    found = _ELEMENT.search(html)
    if found is None:
        return html, ""
    marker = unquote(found[2].removeprefix("tidegate:").replace("~", "%"))
    before, after = html[: found.start()], html[found.end() :]
    return (before + after).rstrip(), marker

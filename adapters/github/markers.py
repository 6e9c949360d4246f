"""Our marker in a text of GitHub: an HTML comment at its end, which no page shows."""

import re
from urllib.parse import quote, unquote

_SIGN = "<!-- tidegate:"
# On a line of its own, unescaped: whatever else looks like it was written by a person.
_MARKER = re.compile(_SIGN + r"([A-Za-z0-9_.~%-]{1,512}) -->[ \t]*(?=\r?\n|\Z)")


def with_marker(text: str, marker: str) -> str:
    if not marker:
        return text
    # Within an HTML comment two hyphens could end it.
    safe = quote(marker, safe="").replace("--", "-%2D")
    comment = f"{_SIGN}{safe} -->"
    return f"{text}\n\n{comment}" if text else comment


def split_marker(text: str | None) -> tuple[str, str]:
    """The text without its last marker, and that marker or ''. People write behind it, too."""
    text = text or ""
    start = text.rfind(_SIGN)
    while start >= 0:
        found = _MARKER.match(text, start)
        if found and (start == 0 or text[start - 1] == "\n"):
            return text[:start].rstrip("\r\n") + text[found.end() :], unquote(found[1])
        start = text.rfind(_SIGN, 0, start)
    return text, ""

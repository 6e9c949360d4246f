"""Our marker in a text of GitHub: an HTML comment at its end, which no page shows."""

import re
from urllib.parse import quote, unquote

_MARKER = re.compile(r"\s*<!-- tidegate:([A-Za-z0-9_.~%-]{1,512}) -->[ \t]*(?=\r?\n|\Z)")


def with_marker(text: str, marker: str) -> str:
    if not marker:
        return text
    # Within an HTML comment two hyphens could end it.
    safe = quote(marker, safe="").replace("--", "-%2D")
    comment = f"<!-- tidegate:{safe} -->"
    return f"{text}\n\n{comment}" if text else comment


def split_marker(text: str | None) -> tuple[str, str]:
    """The text without markers, and the last marker or ''."""
    if not text or "<!-- tidegate:" not in text:
        return text or "", ""
    markers = _MARKER.findall(text)
    return (_MARKER.sub("", text), unquote(markers[-1])) if markers else (text, "")

"""Our marker in texts of ALM. Its servers drop HTML comments, so it is a word in the text: small
and white in descriptions, plain in the line above a comment."""

import re
from urllib.parse import quote, unquote

from schemas.rich_text import Paragraph, RichText, Text

PATTERN = r"\[tidegate:([\w%.~-]{1,600})\]"
_WORD = re.compile(rf"\s*{PATTERN}\s*", re.ASCII)


def word(marker: str) -> str:
    return f"[tidegate:{quote(marker, safe='')}]"


def read(quoted: str) -> str:
    return unquote(quoted)


def hidden(marker: str) -> str:
    """The last line of a memo."""
    return (
        '<div align="left"><font color="#ffffff"><span style="font-size:1pt">'
        f"{word(marker)}</span></font></div>"
    )


def split(rich: RichText) -> tuple[RichText, str]:
    """The text without the marker, and the marker or ''."""
    if not rich.blocks:
        return rich, ""
    last = rich.blocks[-1]
    if not isinstance(last, Paragraph):
        return rich, ""
    if not all(isinstance(part, Text) for part in last.content):
        return rich, ""
    found = _WORD.fullmatch("".join(part.text for part in last.content if isinstance(part, Text)))
    return (RichText(rich.blocks[:-1]), read(found[1])) if found else (rich, "")

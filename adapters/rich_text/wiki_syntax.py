"""What the reader and the writer of wiki markup must agree on."""

import re

from schemas.rich_text import Mark

SIGNS: dict[str, Mark] = {
    "*": "strong",
    "_": "emphasis",
    "-": "strike",
    "+": "underline",
    "^": "superscript",
    "~": "subscript",
    "??": "emphasis",
    "{{": "code",
}
MARK_SIGNS: dict[Mark, str] = {
    "strong": "*",
    "emphasis": "_",
    "strike": "-",
    "underline": "+",
    "superscript": "^",
    "subscript": "~",
}
HEADING = re.compile(r"[ \t]*h([1-6])\.[ \t]+(.*)")
QUOTE_LINE = re.compile(r"[ \t]*bq\.[ \t]+(.*)")
LIST_LINE = re.compile(r"[ \t]*((?:[*#]|-(?!-))[*#-]*)[ \t]+(\S.*)")
DIVIDER = re.compile(r"[ \t]*-{4,5}[ \t]*")
TABLE_LINE = re.compile(r"[ \t]*\|(?=.)")
EMOTICON = re.compile(r"\((?:[xyi/!?*+-]|on|off|\*[rgby])\)|[:;]-?[()DPp](?![A-Za-z])")
IMAGE_NAME = re.compile(
    r"[^|!\n]*\.[A-Za-z][A-Za-z0-9]{1,4}|(?!data:)[A-Za-z][A-Za-z0-9+.-]*:[^|!\n]+"
)
"""What may stand between exclamation marks: a file name with an extension, or a URL."""
LINK = r"\[(?:\\[^\n]|[^\[\]\\\n])++\]"

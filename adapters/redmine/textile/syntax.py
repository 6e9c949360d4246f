"""What the reader and the writer of Textile must agree on."""

import re

from schemas.rich_text import Mark

SIGNS: dict[str, Mark | None] = {
    "*": "strong",
    "**": "strong",
    "_": "emphasis",
    "__": "emphasis",
    "??": "emphasis",
    "-": "strike",
    "+": "underline",
    "^": "superscript",
    "~": "subscript",
    "%": None,
}
MARK_SIGNS: dict[Mark, str] = {
    "strong": "*",
    "emphasis": "_",
    "strike": "-",
    "underline": "+",
    "superscript": "^",
    "subscript": "~",
    "code": "@",
}
SIGN_CHARACTERS = "*_-+^~%?"

_ATTRIBUTES = r"(?:\([^()\n\"]{1,200}\)|\{[^{}\n\"]{1,200}\}|\[[a-z_-]{1,20}\])"
_ALIGNED = rf"(?:[<>=()^~-]|{_ATTRIBUTES}){{0,12}}"
SIGN_ATTRIBUTES = rf"(?:{_ATTRIBUTES}){{1,3}}"

LIST_LINE = re.compile(rf"[ ]*([*#]+)(?:{_ATTRIBUTES}){{0,3}} +(\S.*)")
PREFIX = re.compile(rf"(p|bq|h[1-6]|fn[0-9]{{1,4}}|table)({_ALIGNED})\.(?::\S+)? ")
DIVIDER = re.compile(r" ?(?:(?:- ?){3,}|(?:_ ?){3,}|\*{3,}) *")
CELL_MARK = re.compile(rf"(_?)(?:\\[0-9]{{1,2}}|/[0-9]{{1,2}}){{0,2}}{_ALIGNED}\. ?")
REFERENCE = re.compile(r"\[[^\[\n]{1,200}\]\S")
TARGET = re.compile(r"(?:/|[A-Za-z]+://|www\.|mailto:)[\w/]\S*")
"""What may follow a link's quotes and colon."""
_BEHIND = r"[^\w=/;()\s*+^~%?@\"!<\[{&:|-]*"
AFTER_TARGET = re.compile(rf"{_BEHIND}\)?{_BEHIND}@?(?:\s|$)")
"""Signs that Redmine leaves to the sentence, and that are not written as entities."""
LOGIN = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,58}[A-Za-z0-9])?"
IMAGE_NAME = re.compile(r"(?!data:)[^\s(!|<>\"&]{1,2000}")
ATTACHMENT_NAME = r"[\w.%+-]{1,200}\.\w{1,10}"


_TRAILING = re.compile(r"[^\w=/;()-]+$")


def target_end(url: str) -> int:
    """Where Redmine ends a target: signs after it, and a bracket that closes nothing in it, belong
    to the sentence around."""
    url = _TRAILING.sub("", url)
    while url.endswith(")") and url.count(")") > url.count("("):
        url = _TRAILING.sub("", url[:-1])
    return len(url)


def closed(href: str) -> str:
    """The same target, without signs at its end that would be left to the sentence."""
    end = target_end(href)
    return href[:end] + "".join(f"%{byte:02X}" for byte in href[end:].encode())


def may_precede(character: str) -> bool:
    """Before a sign that begins a mark; '' is the edge of a line."""
    return not character or character.isspace() or character in "(>" + SIGN_CHARACTERS


def may_follow(character: str) -> bool:
    """After a sign that ends a mark."""
    return not character or character.isspace() or (character.isascii() and not character.isalnum())

"""Rich text as Jira Cloud keeps it: a document, which older parts of it show as wiki markup."""

import functools
from collections.abc import Iterator
from typing import Any

from adapters.rich_text import adf, wiki

_KNOWN = frozenset(
    {
        *("doc", "paragraph", "text", "heading", "bulletList", "orderedList", "listItem"),
        *("taskList", "taskItem", "table", "tableRow", "tableCell", "tableHeader", "panel"),
        *("expand", "nestedExpand", "media", "mediaSingle", "mediaGroup", "mediaInline"),
        *("mention", "codeBlock", "blockquote", "rule", "hardBreak", "date", "status", "emoji"),
        *("inlineCard", "blockCard", "embedCard", "decisionList", "decisionItem", "caption"),
        *("layoutSection", "layoutColumn", "placeholder", "extension", "inlineExtension"),
        "bodiedExtension",
    }
)

_FILES = ("media", "mediaInline")


class Document(str):
    """The text is wiki markup; two are equal when their documents are."""

    __slots__ = ("nodes",)

    nodes: dict[str, Any]

    def __new__(cls, nodes: dict[str, Any]) -> "Document":
        words = wiki.render(adf.parse(nodes))
        if not words and any(node.get("type") in _FILES for node in _walk(nodes)):
            words = "!file!"
        made = super().__new__(cls, words)
        made.nodes = nodes
        return made

    def __eq__(self, other: object) -> bool:
        return self.nodes == other.nodes if isinstance(other, Document) else super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def nodes(text: str | None) -> dict[str, Any] | None:
    """What version 3 of the API shows of a text, whoever wrote it."""
    if text is None:
        return None
    return text.nodes if isinstance(text, Document) else _converted(text)


def is_document(value: Any) -> bool:
    """As far as the real one looks before it keeps a document."""
    return (
        isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and all(map(_is_sound, _walk(value)))
    )


def _is_sound(node: Any) -> bool:
    if not isinstance(node, dict) or node.get("type") not in _KNOWN:
        return False
    text = node.get("text")
    worded = node["type"] != "text" or (isinstance(text, str) and bool(text))
    return worded and isinstance(node.get("content", []), list)


def _walk(node: Any) -> Iterator[Any]:
    open_ = [node]
    while open_:
        here = open_.pop()
        yield here
        content = here.get("content") if isinstance(here, dict) else None
        if isinstance(content, list):
            open_.extend(content)


@functools.lru_cache(maxsize=256)
def _converted(text: str) -> dict[str, Any]:
    return adf.render(wiki.parse(text))

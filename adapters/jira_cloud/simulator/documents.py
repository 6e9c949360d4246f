"""Rich text as Jira Cloud keeps it: a document, which older parts of it show as wiki markup."""

import functools
from typing import Any

from adapters.rich_text import adf, wiki


class Document(str):
    """The text is wiki markup; two are equal when their documents are."""

    __slots__ = ("nodes",)

    nodes: dict[str, Any]

    def __new__(cls, nodes: dict[str, Any]) -> "Document":
        made = super().__new__(cls, wiki.render(adf.parse(nodes)))
        made.nodes = nodes
        return made

    def __eq__(self, other: object) -> bool:
        return self.nodes == other.nodes if isinstance(other, Document) else super().__eq__(other)

    __hash__ = str.__hash__


def nodes(text: str | None) -> dict[str, Any] | None:
    """What version 3 of the API shows of a text, whoever wrote it."""
    if text is None:
        return None
    return text.nodes if isinstance(text, Document) else _converted(text)


def is_document(value: Any) -> bool:
    """As far as the real one looks before it tries to make sense of it."""
    return (
        isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
    )


@functools.lru_cache(maxsize=256)
def _converted(text: str) -> dict[str, Any]:
    return adf.render(wiki.parse(text))

"""The markups that texts are kept in, each as a way there and back."""

from collections.abc import Callable
from typing import Any

import msgspec

from adapters.redmine import textile
from adapters.rich_text import adf, html, markdown, wiki
from adapters.rich_text.losses import losses
from schemas.rich_text import RichText


class Markup(msgspec.Struct, frozen=True):
    title: str
    parse: Callable[[Any], RichText]
    render: Callable[[RichText], Any]
    losses: Callable[[RichText], tuple[str, ...]]

    def through(self, tree: RichText) -> RichText:
        """What is read there after it was written there."""
        return self.parse(self.render(tree))


MARKUPS = {
    "wiki": Markup("Jira's wiki markup", wiki.parse, wiki.render, lambda t: losses(t, "wiki")),
    "adf": Markup("ADF", adf.parse, adf.render, lambda t: losses(t, "adf")),
    "html": Markup("HTML", html.parse, html.render, lambda t: losses(t, "html")),
    "markdown": Markup(
        "Markdown", markdown.parse, markdown.render, lambda t: losses(t, "markdown")
    ),
    "textile": Markup("Textile", textile.parse, textile.render, textile.losses),
}

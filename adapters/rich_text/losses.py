"""What a tree would lose in a markup that cannot say it."""

from typing import Literal

from adapters.rich_text import markdown_fit, wiki_fit
from adapters.rich_text.canonical import normalise
from schemas.rich_text import RichText

Markup = Literal["wiki", "html", "markdown"]


def losses(rich: RichText, markup: Markup) -> tuple[str, ...]:
    """Names what `render` gives up, sorted; () when all arrives. HTML says everything."""
    if markup == "html":
        return ()
    fitting = wiki_fit if markup == "wiki" else markdown_fit
    _, lost = fitting.fit(normalise(rich))
    return tuple(sorted(lost))

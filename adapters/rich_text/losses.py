"""What a tree would lose in a markup that cannot say it."""

from typing import Literal

from adapters.rich_text import adf_fit, markdown_fit, wiki_fit
from adapters.rich_text.canonical import normalise
from schemas.rich_text import RichText

Markup = Literal["wiki", "html", "markdown", "adf"]

_FIT = {"wiki": wiki_fit.fit, "markdown": markdown_fit.fit, "adf": adf_fit.fit}


def losses(rich: RichText, markup: Markup) -> tuple[str, ...]:
    """Names what `render` gives up, sorted; () when all arrives. HTML says everything."""
    if markup == "html":
        return ()
    _, lost = _FIT[markup](normalise(rich))
    return tuple(sorted(lost))

"""Markdown to the canonical tree and back, within GitHub's limit and beside the event loop."""

from collections.abc import Awaitable, Callable
from functools import partial

from adapters.github.errors import invalid
from adapters.github.markers import with_marker
from adapters.rich_text import markdown
from adapters.rich_text.beside import Conversions, convert, is_large
from adapters.rich_text.mapping import inlines, map_inlines
from schemas.errors import TrackerError
from schemas.rich_text import Image, Inline, Mention, RichText, Text, to_plain

LIMIT = 65_536
"""Characters of an issue's or comment's body."""

_CONVERSIONS = Conversions(markdown.parse, markdown.render)

FindLogins = Callable[[], Awaitable[frozenset[str]]]


async def parse(text: str) -> RichText:
    return await _CONVERSIONS.parse(text)


async def render(rich: RichText, marker: str, field: str, find_logins: FindLogins) -> str:
    """Only people whom `find_logins` tells are mentioned: a name from elsewhere may be the login
    of a stranger. VALIDATION when the text is too long for GitHub."""
    size = len(to_plain(rich))
    if size > LIMIT:
        raise _too_long(size, field)
    names = {part.name for part in inlines(rich) if isinstance(part, Mention)}
    logins = await find_logins() if names else frozenset()
    large = is_large(rich)
    fitted = await convert(partial(_for_github, logins), rich, large=large)
    text = with_marker(await _CONVERSIONS.render(fitted), marker)
    if len(text) > LIMIT:
        raise _too_long(len(text), field)
    return text


def _for_github(logins: frozenset[str], rich: RichText) -> RichText:
    def fitted(part: Inline) -> Inline:
        if isinstance(part, Mention):
            known = part.name.casefold() in logins
            return Mention(part.name) if known else Text("@" + part.name)
        if isinstance(part, Image) and not part.alt:
            # A file that GitHub does not hold shows as its name at least.
            return Image(part.source, part.source)
        return part

    return map_inlines(rich, fitted)


def _too_long(size: int, field: str) -> TrackerError:
    return invalid(
        f"A text of {size} characters is too long: GitHub holds {LIMIT}.",
        field,
        "Shorten it, or let the incoming rule shorten it or leave it out.",
    )

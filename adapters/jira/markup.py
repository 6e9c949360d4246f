"""Wiki markup to the canonical tree and back, with a memory for texts that come again."""

from functools import lru_cache

from adapters.rich_text import wiki
from schemas.rich_text import RichText

_SHORT = 4096

render = wiki.render


def parse(text: str | None) -> RichText:
    if not text:
        return RichText(())
    return _remembered(text) if len(text) <= _SHORT else wiki.parse(text)


@lru_cache(maxsize=1024)
def _remembered(text: str) -> RichText:
    # An issue's comments are parsed on every read, and hardly one of them has changed.
    return wiki.parse(text)

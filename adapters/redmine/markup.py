"""Texts to the canonical tree and back, off the event loop when they are large."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from adapters.redmine import marker, textile
from adapters.rich_text import markdown
from adapters.rich_text.losses import losses
from schemas.rich_text import RichText

TextFormat = Literal["textile", "markdown"]

_SHORT = 4096
_LARGE = 32_768
_HEAVY_BLOCKS = 400

_PARSE: dict[str, Callable[[str], RichText]] = {
    "textile": textile.parse,
    "markdown": markdown.parse,
}
_RENDER: dict[str, Callable[[RichText], str]] = {
    "textile": textile.render,
    "markdown": markdown.render,
}


class Markup:
    def __init__(self, text_format: TextFormat) -> None:
        self._format = text_format

    async def parse(self, text: str | None) -> tuple[RichText, str]:
        """The text without our marker, and the marker or ''."""
        bare, found = marker.split(text)
        if len(bare) > _LARGE:
            return await asyncio.to_thread(_PARSE[self._format], bare), found
        if len(bare) > _SHORT:
            return _PARSE[self._format](bare), found
        return _remembered(self._format, bare), found

    async def render(self, rich: RichText) -> str:
        if len(rich.blocks) > _HEAVY_BLOCKS or _is_large(rich):
            return await asyncio.to_thread(_RENDER[self._format], rich)
        return _RENDER[self._format](rich)

    def losses(self, rich: RichText) -> tuple[str, ...]:
        if self._format == "textile":
            return textile.losses(rich)
        return losses(rich, "markdown")


@lru_cache(maxsize=1024)
def _remembered(text_format: str, text: str) -> RichText:
    # An issue's comments are parsed on every read, and hardly one of them has changed.
    return _PARSE[text_format](text)


def _is_large(rich: RichText) -> bool:
    """Judged by the printed form of the first blocks: walking the whole tree is what takes time."""
    return sum(len(repr(block)) for block in rich.blocks) > 2 * _LARGE

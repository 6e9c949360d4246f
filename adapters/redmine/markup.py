"""Texts to the canonical tree and back, in the format that this Redmine is set to."""

from collections.abc import Mapping
from typing import Literal

from adapters.redmine import marker, textile
from adapters.rich_text import markdown
from adapters.rich_text.beside import Conversions
from adapters.rich_text.losses import losses
from schemas.rich_text import RichText

TextFormat = Literal["textile", "markdown"]

_CONVERSIONS: Mapping[TextFormat, Conversions] = {
    "textile": Conversions(textile.parse, textile.render),
    "markdown": Conversions(markdown.parse, markdown.render),
}


class Markup:
    def __init__(self, text_format: TextFormat) -> None:
        self._format = text_format
        self._conversions = _CONVERSIONS[text_format]

    async def parse(self, text: str | None) -> tuple[RichText, str]:
        """The text without our marker, and the marker or ''."""
        bare, found = marker.split(text)
        return await self._conversions.parse(bare), found

    async def render(self, rich: RichText) -> str:
        return await self._conversions.render(rich)

    def losses(self, rich: RichText) -> tuple[str, ...]:
        if self._format == "textile":
            return textile.losses(rich)
        return losses(rich, "markdown")

"""Memos: whole HTML documents, which the server cleans and lays out anew. So texts are compared as
trees, never as they are written."""

import asyncio
import re
from functools import lru_cache
from urllib.parse import quote, unquote

from adapters.alm import marker
from adapters.rich_text import html
from adapters.rich_text.mapping import inlines, map_inlines
from schemas.rich_text import Image, Inline, Mention, RichText, Text

_SHORT = 4096
_LARGE = 32_768
_HEAVY_BLOCKS = 400
_ATTACHED = re.compile(r"/attachments/([^/?#]+)(?:[?#].*)?$")


class Memos:
    """`api` is the address of the project. Of an image ALM keeps nothing but a whole address."""

    def __init__(self, api: str) -> None:
        self._api = api

    async def parse(self, text: str) -> tuple[RichText, str]:
        """The text without our marker, and the marker or ''."""
        if len(text) > _LARGE:
            rich = await asyncio.to_thread(html.parse, text)
        else:
            rich = html.parse(text) if len(text) > _SHORT else _remembered(text)
        return marker.split(self.with_names(rich))

    def with_names(self, rich: RichText) -> RichText:
        """Images by the names of their files."""
        return map_inlines(rich, self._named)

    async def render(self, rich: RichText, issue_path: str) -> str:
        """A part of a document. `issue_path` is '' for an issue that is still to be made: then
        images of files stay out of it."""
        ready = map_inlines(rich, lambda part: self._placed(part, issue_path))
        if len(ready.blocks) > _HEAVY_BLOCKS or _is_large(ready):
            return await asyncio.to_thread(html.render, ready)
        return html.render(ready)

    def _named(self, part: Inline) -> Inline:
        if isinstance(part, Image) and part.source.startswith(self._api):
            found = _ATTACHED.search(part.source)
            if found:
                return Image(unquote(found[1]), part.alt)
        return part

    def _placed(self, part: Inline, issue_path: str) -> Inline:
        if isinstance(part, Mention):
            return Text("@" + part.name)
        if isinstance(part, Image) and _is_file(part):
            if not issue_path:
                return Text(part.alt or part.source)
            place = f"{self._api}{issue_path}/attachments/{quote(part.source, safe='')}"
            return Image(place, part.alt)
        return part


def document(content: str) -> str:
    return f"<html><body>{content}</body></html>" if content else ""


def has_files(rich: RichText) -> bool:
    return any(isinstance(part, Image) and _is_file(part) for part in inlines(rich))


def _is_file(image: Image) -> bool:
    return "://" not in image.source and not image.source.startswith("data:")


@lru_cache(maxsize=1024)
def _remembered(text: str) -> RichText:
    # The same texts are parsed on every read, and hardly one of them has changed.
    return html.parse(text)


def _is_large(rich: RichText) -> bool:
    """Judged by the printed form of the blocks: walking the whole tree is what takes time."""
    return sum(len(repr(block)) for block in rich.blocks) > 2 * _LARGE

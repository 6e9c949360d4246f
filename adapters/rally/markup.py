"""Rally's HTML to the canonical tree and back: images by file name, mentions, our marker."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from html import escape, unescape
from urllib.parse import quote, unquote

from adapters.rally import marker
from adapters.rich_text import html
from adapters.rich_text.mapping import inlines, map_inlines
from schemas.rich_text import Image, Inline, Mention, RichText, Text

LIMIT = 32_768
"""Characters of HTML in one text."""

FindPerson = Callable[[str], Awaitable[str]]
"""A person's name to the ObjectUUID, or ''."""

_SHORT = 4096
_LARGE = 32_768
_IMAGE = re.compile(r'(<img\b[^<>]{0,2000}?\bsrc=")([^"<>]*)"', re.IGNORECASE)
_ADDRESS = re.compile(r"^(?:https?://[^/]+)?/+slm/attachment/\d+/([^?#]+)", re.IGNORECASE)
_MENTION = re.compile(
    r'<span\b[^<>]{0,500}?\bdata-mention="([^"<>]*)"[^<>]{0,500}>([^<>]*)</span>', re.IGNORECASE
)
_SHARED = re.compile(r'<a href="#" data-vss-mention="version:2\.0,([^"<>]*)">([^<>]*)</a>')


async def parse(text: object) -> tuple[RichText, str]:
    """The text without our marker, and the marker or ''."""
    if not isinstance(text, str) or not text:
        return RichText(()), ""
    bare, found = marker.split(text)
    if len(bare) > _LARGE:
        return await asyncio.to_thread(_parse, bare), found
    if len(bare) > _SHORT:
        return _parse(bare), found
    return _remembered(bare), found


async def render(
    rich: RichText,
    signed: str = "",
    files: Mapping[str, str] | None = None,
    find_person: FindPerson | None = None,
) -> str:
    """`files` is by name, and gives attachments' ids."""
    people: dict[str, str] = {}
    for part in inlines(rich):
        if isinstance(part, Mention) and part.name not in people:
            people[part.name] = await find_person(part.name) if find_person else ""
    work = _write if len(repr(rich.blocks[:40])) < 2 * _LARGE and len(rich.blocks) < 400 else None
    if work is not None:
        written = work(rich, files or {}, people)
    else:
        written = await asyncio.to_thread(_write, rich, files or {}, people)
    return marker.sign(written, signed)


def names_files(rich: RichText) -> bool:
    """Whether it shows images that are attachments of its own issue."""
    return any(isinstance(part, Image) and _is_file(part.source) for part in inlines(rich))


def shows(text: object, filename: str) -> bool:
    """Whether the HTML names this file without an address: it was written before the file came."""
    wanted = escape(filename)
    return isinstance(text, str) and "<img" in text and f'src="{wanted}"' in text


def placed(text: str, filename: str, attachment_id: str) -> str:
    wanted, place = escape(filename), escape(address(attachment_id, filename))
    return text.replace(f'src="{wanted}"', f'src="{place}"')


def address(attachment_id: str, filename: str) -> str:
    return f"/slm/attachment/{attachment_id}/{quote(filename, safe='')}"


def losses(rich: RichText) -> tuple[str, ...]:
    size = len(html.render(rich))
    return (f"a text of more than {LIMIT:,} characters of HTML: {size:,}",) if size > LIMIT else ()


def _parse(text: str) -> RichText:
    if "data-mention" in text:
        text = _MENTION.sub(r'<a href="#" data-vss-mention="version:2.0,\1">\2</a>', text)
    if "<img" in text:
        text = _IMAGE.sub(_to_name, text)
    return html.parse(text)


@lru_cache(maxsize=1024)
def _remembered(text: str) -> RichText:
    # An issue's comments are parsed on every read, and hardly one of them has changed.
    return _parse(text)


def _to_name(found: re.Match[str]) -> str:
    place = _ADDRESS.match(unescape(found[2]))
    return f'{found[1]}{escape(unquote(place[1]))}"' if place else found[0]


def _write(rich: RichText, files: Mapping[str, str], people: Mapping[str, str]) -> str:
    def fitted(part: Inline) -> Inline:
        if isinstance(part, Image) and part.source in files:
            return Image(address(files[part.source], part.source), part.alt)
        if isinstance(part, Mention):
            uuid = people.get(part.name, "")
            return Mention(part.name, uuid) if uuid else Text("@" + part.name)
        return part

    text = html.render(map_inlines(rich, fitted))
    if "data-vss-mention" not in text:
        return text
    span = r'<span class="mention" contenteditable="false" data-mention="\1">\2</span>'
    return _SHARED.sub(span, text)


def _is_file(source: str) -> bool:
    return "://" not in source and not source.startswith(("/", "data:"))

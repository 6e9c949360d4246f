"""Images inside texts: the address of an attachment reads as its file name, and back."""

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from urllib.parse import quote

import msgspec

from adapters.rich_text.mapping import map_inlines
from schemas.issue import Attachment
from schemas.rich_text import Image, Inline, RichText

_SOURCE = re.compile(r'(<img\b[^<>]{0,2000}?\bsrc=")([^"<>]*)"', re.IGNORECASE)
_GUID = re.compile(r"/attachments/([0-9a-fA-F-]{36})", re.IGNORECASE)


def attachment_id(url: str) -> str:
    found = _GUID.search(url)
    return found.group(1).lower() if found else ""


def to_names(text: str, names: Mapping[str, str]) -> str:
    """`names` is by attachment id. Files that do not hang on the item keep their address."""
    return _replace(text, lambda source: names.get(attachment_id(source)))


def to_addresses(text: str, attachments: tuple[Attachment, ...], api: str) -> str:
    addresses = _addresses(attachments, api)
    return _replace(text, addresses.get) if addresses else text


def tree_to_names(rich: RichText, names: Mapping[str, str]) -> RichText:
    """For texts in Markdown."""
    return _exchange(rich, lambda source: names.get(attachment_id(source)))


def tree_to_addresses(rich: RichText, attachments: tuple[Attachment, ...], api: str) -> RichText:
    return _exchange(rich, _addresses(attachments, api).get)


def _addresses(attachments: tuple[Attachment, ...], api: str) -> dict[str, str]:
    """By name; of several files with one name the first."""
    place = f"{api}/_apis/wit/attachments"
    return {
        one.filename: f"{place}/{one.id}?fileName={quote(one.filename, safe='')}"
        for one in reversed(attachments)
    }


def _exchange(rich: RichText, change: Callable[[str], str | None]) -> RichText:
    def put(part: Inline) -> Inline:
        changed = change(part.source) if isinstance(part, Image) else None
        return part if changed is None else msgspec.structs.replace(part, source=changed)

    return map_inlines(rich, put)


def _replace(text: str, change: Callable[[str], str | None]) -> str:
    if "<img" not in text:
        return text

    def put(found: re.Match[str]) -> str:
        changed = change(unescape(found.group(2)))
        return found.group(0) if changed is None else f'{found.group(1)}{escape(changed)}"'

    return _SOURCE.sub(put, text)

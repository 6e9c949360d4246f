"""Images inside HTML fields: the address of an attachment reads as its file name, and back."""

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from urllib.parse import quote

from schemas.issue import Attachment

_SOURCE = re.compile(r'(<img\b[^<>]{0,2000}?\bsrc=")([^"<>]*)"', re.IGNORECASE)
_GUID = re.compile(r"/attachments/([0-9a-fA-F-]{36})", re.IGNORECASE)


def attachment_id(url: str) -> str:
    found = _GUID.search(url)
    return found.group(1).lower() if found else ""


def to_names(text: str, names: Mapping[str, str]) -> str:
    """`names` is by attachment id. Files that do not hang on the item keep their address."""
    return _replace(text, lambda source: names.get(attachment_id(source)))


def to_addresses(text: str, attachments: tuple[Attachment, ...], api: str) -> str:
    place = f"{api}/_apis/wit/attachments"
    addresses = {
        one.filename: f"{place}/{one.id}?fileName={quote(one.filename, safe='')}"
        for one in reversed(attachments)
    }
    return _replace(text, addresses.get) if addresses else text


def _replace(text: str, change: Callable[[str], str | None]) -> str:
    if "<img" not in text:
        return text

    def put(found: re.Match[str]) -> str:
        changed = change(unescape(found.group(2)))
        return found.group(0) if changed is None else f'{found.group(1)}{escape(changed)}"'

    return _SOURCE.sub(put, text)

"""The `Link` header, by which GitHub tells the next page."""

import re

_LINK = re.compile(r"<([^<>]*)>\s*((?:;[^,<]*)*)")
_NEXT = re.compile(r';\s*rel\s*=\s*"?next"?(?=\s*(?:;|$))')


def next_page(header: str) -> str:
    """Its address; '' on the last page."""
    for address, attributes in _LINK.findall(header):
        if _NEXT.search(attributes):
            return str(address)
    return ""

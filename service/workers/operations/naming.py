"""How a connection is called where nobody chose a name that is free."""

import re
from collections.abc import Callable

LONGEST = 255
_SUFFIX = 8


def free_name(wanted: str, taken: Callable[[str], bool]) -> str:
    """The wanted name, which may be another node's words, as a plain one that is not taken."""
    base = plain(wanted)[: LONGEST - _SUFFIX] or "connection"
    name, number = base, 2
    while taken(name):
        name, number = f"{base}-{number}", number + 1
    return name


def plain(words: str) -> str:
    """As the API would take it: it stands in paths and in logs."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip("-._")

"""How a connection is called where nobody chose a name that is free, and how nothing is called."""

import re
from collections.abc import Callable

from schemas.errors import InputError

LONGEST = 255
_TAKEN = ("accept", "alm", "probe", "testalm")
"""Words that stand in the API's paths where a name could stand."""
_SUFFIX = 8


def free_name(wanted: str, taken: Callable[[str], bool]) -> str:
    """The wanted name, which may be another node's words, as a plain one that is not taken."""
    base = plain(wanted)[: LONGEST - _SUFFIX] or "connection"
    name, number = base, 2
    while name in _TAKEN or taken(name):
        name, number = f"{base}-{number}", number + 1
    return name


def plain(words: str) -> str:
    """As the API would take it: it stands in paths and in logs."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip("-._")


def check_name(name: str) -> None:
    """Raises `InputError` for what would hide behind a path of the API."""
    if name in _TAKEN:
        raise InputError(
            f"{name!r} is a word of the API.", remedy="Choose another name.", field="name"
        )

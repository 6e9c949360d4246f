"""What people did, as they would tell it afterwards."""

import msgspec

from tests.e2e.chaos.trackers import Side


class Said(msgspec.Struct):
    """A comment; `words` are unique to each of its texts."""

    issue: str
    side: Side
    words: list[str]
    id: str = ""
    withdrawn: bool = False


class Filed(msgspec.Struct):
    issue: str
    side: Side
    sha256: str
    withdrawn: bool = False


class Labelled(msgspec.Struct):
    issue: str
    withdrawn: bool = False


class Book(msgspec.Struct):
    """By token, name or label: each is unique in the whole campaign."""

    issues: dict[str, Side] = {}
    """Where each was written."""
    titles: dict[str, tuple[str, Side]] = {}
    """Summary -> issue, side where a person wrote it."""
    comments: list[Said] = []
    files: dict[str, Filed] = {}
    labels: dict[str, Labelled] = {}
    edits: int = 0

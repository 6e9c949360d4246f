"""What a person may have meant who wrote a word that is not there."""

import difflib
from collections.abc import Iterable

_ALIKE = 0.6
_MOST = 1_000
"""Words that are looked at; a list that is longer tells nothing at a glance."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Upper and lower case are the same; '' when nothing is near."""
    folded = {each.casefold(): each for each, _ in zip(known, range(_MOST), strict=False)}
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=_ALIKE)
    return folded[found[0]] if found else ""


def meant(word: str, known: Iterable[str]) -> str:
    """A question to put behind what is told."""
    near = nearest(word, known)
    return f" Did you mean {near!r}?" if near else ""

"""How what is wanted differs from what is there: each field by its place."""

from collections.abc import Iterator
from typing import Any, Literal

from schemas.configuration import Alteration
from schemas.redaction import MASK, masked

Place = tuple[str, ...]


def act_of(before: object | None) -> Literal["create", "change"]:
    return "create" if before is None else "change"


def differing(at: Place, before: Any, after: Any) -> Iterator[Alteration]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from differing((*at, name), before.get(name), after.get(name))
        return
    if isinstance(after, dict) and before is None and after:
        yield from differing(at, {}, after)
        return
    if isinstance(before, dict) and after is None and before:
        yield from differing(at, before, {})
        return
    yield Alteration(at, before, after)


def other_secrets(at: Place, before: Any, after: Any) -> Iterator[Alteration]:
    """Those that are others now, and look the same."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for name in sorted(before.keys() & after.keys()):
        one, other = before[name], after[name]
        if one == other:
            continue
        shown = masked({name: one})[name], masked({name: other})[name]
        if shown[0] == shown[1] and MASK in str(shown[0]):
            yield Alteration((*at, name), *shown)
        else:
            yield from other_secrets((*at, name), one, other)

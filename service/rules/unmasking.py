"""A masked text that comes back: each mask stands for what was behind it here."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

import msgspec

from schemas.values import Value
from service.rules.masking import MASK, Masks

_LONGEST = 4_000
"""Words; of a longer text, masks are told apart by their order alone."""
_WORDS = re.compile(re.escape(MASK) + r"|\w+|[^\w\s]|\s+")
_BETWEEN = "\x00"


class Unmasked(msgspec.Struct, frozen=True):
    value: Value
    lost: bool
    """Something of the original has no place in it any more."""


def is_masked(value: Value) -> bool:
    return any(MASK in text for text in _texts(value))


def unmasked(masks: Masks, wanted: Value, original: Value) -> Unmasked:
    """`wanted`, made from the masked `original`, with the originals back in their places."""
    shown = masks.value(original)
    if wanted == shown:
        return Unmasked(original, lost=False)
    if shown == original:
        return Unmasked(wanted, lost=False)
    hidden = _hidden(masks, original, shown)
    if not hidden or isinstance(wanted, tuple):
        return Unmasked(wanted, lost=True)
    chosen = _chosen(list(_texts(shown)), list(_texts(wanted)), hidden)
    value = _put_back(wanted, iter(chosen))
    if masks.value(value) != masks.value(wanted):
        # Beside other words the pattern would not find it any more: it would leave.
        return Unmasked(wanted, lost=True)
    said = "\n".join(_texts(value))
    return Unmasked(value, lost=not all(each in said for each in hidden))


def elements_behind(masks: Masks, elements: tuple[str, ...], held: tuple[str, ...]) -> list[str]:
    """Of a set: the elements here for which these stand."""
    return [each for each in held if masks.text(each) in elements]


def _hidden(masks: Masks, original: Value, shown: Value) -> list[str]:
    """What was masked, in the order of the text; empty where that cannot be told."""
    before, after = list(_texts(original)), list(_texts(shown))
    if len(before) != len(after):
        return []
    found: list[str] = []
    for text, masked in zip(before, after, strict=True):
        spans = masks.spans(text)
        if masked != masks.without(text, spans):
            return []
        found += [text[begin:end] for begin, end in spans]
    return found


def _chosen(shown: list[str], wanted: list[str], hidden: list[str]) -> list[str]:
    """For each mask of the wanted text what takes its place, by the words around it."""
    before, after = _words(shown), _words(wanted)
    places = [at for at, word in enumerate(after) if word == MASK]
    found: dict[int, int] = {}
    if len(places) != len(hidden) and max(len(before), len(after)) <= _LONGEST:
        order = {at: n for n, at in enumerate(n for n, w in enumerate(before) if w == MASK)}
        for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                if block.a + step in order:
                    found[block.b + step] = order[block.a + step]
    elif len(places) == len(hidden):
        found = {at: n for n, at in enumerate(places)}
    return [hidden[found[at]] if at in found else MASK for at in places]


def _words(texts: list[str]) -> list[str]:
    return _WORDS.findall(_BETWEEN.join(texts))


def _texts(node: Any) -> Iterator[str]:
    """Every text of a value, in its order."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _texts(each)
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            if name != "marks":
                yield from _texts(getattr(node, name))


def _put_back(node: Any, chosen: Iterator[str]) -> Any:
    if isinstance(node, str):
        first, *others = node.split(MASK)
        return first + "".join(next(chosen) + other for other in others)
    if isinstance(node, tuple):
        return tuple(_put_back(each, chosen) for each in node)
    if not isinstance(node, msgspec.Struct):
        return node
    names = [name for name in node.__struct_fields__ if name != "marks"]
    return msgspec.structs.replace(
        node, **{name: _put_back(getattr(node, name), chosen) for name in names}
    )

"""Texts merged by paragraphs: section 10."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Text = str | dict[str, Any]
Winner = Literal["ours", "theirs", "park"]
_MOST = 400


class Common(NamedTuple):
    """What both sides last had."""

    held: Text
    """As this side's tracker wrote it."""
    said: Text
    """As the other side told it, or was told it."""
    told: bool = False
    """This side told it; what the other's tracker made of it is not known."""


class Merged(NamedTuple):
    text: Text | None
    """None: a person is asked."""
    conflict: bool


class _Change(NamedTuple):
    begin: int
    end: int
    """Of the common text, what it covers."""
    side: int
    into: list[Any]


def merged(common: Common, ours: Text, theirs: Text, winner: Winner) -> Merged | None:
    """None: the policy decides on the whole."""
    before = [paragraphs(common.held), paragraphs(common.said)]
    after = [paragraphs(ours), paragraphs(theirs)]
    sizes = [len(each) for each in before + after]
    if type(ours) is not type(theirs) or len(before[0]) != len(before[1]):
        return None
    if min(sizes) < 1 or max(sizes) > _MOST:
        return None
    changes = [change for side in (0, 1) for change in _changes(side, before[side], after[side])]
    outcome, at, conflict = [], 0, False
    for group in sorted(_groups(changes), key=_stretch):
        begin, end = _stretch(group)
        versions = [_version(before[side], begin, end, group, side) for side in (0, 1)]
        shared = before[1][begin:end] if common.told else None
        side, clash = _stands(versions, shared, {each.side for each in group}, winner)
        outcome += before[0][at:begin] + versions[side]
        at, conflict = end, conflict or clash
    if conflict and winner == "park":
        return Merged(None, conflict)
    return Merged(_text(ours, outcome + before[0][at:]), conflict)


def paragraphs(text: Text) -> list[Any]:
    if isinstance(text, str):
        return text.split("\n\n") if "\n\n" in text else []
    found: list[Any] = []
    for block in text["blocks"]:
        if block["type"] == "list":
            found += [{**block, "items": [item]} for item in block["items"]]
        else:
            found.append(block)
    return found


def _text(like: Text, parts: list[Any]) -> Text:
    if isinstance(like, str):
        return "\n\n".join(parts)
    blocks: list[Any] = []
    for part in parts:
        last = blocks[-1] if blocks else {"type": ""}
        both = part["type"] == last["type"] == "list"
        if both and part.get("ordered", False) == last.get("ordered", False):
            blocks[-1] = {**last, "items": last["items"] + part["items"]}
        else:
            blocks.append(part)
    return {"type": "rich", "blocks": blocks}


def _changes(side: int, before: list[Any], after: list[Any]) -> Iterator[_Change]:
    at, to = 0, 0
    ends = (len(before), len(after), 0)
    for begin, there, size in [*_runs(before, after, 0, len(before), 0, len(after)), ends]:
        if begin - at == there - to:
            for n in range(begin - at):
                yield _Change(at + n, at + n + 1, side, [after[to + n]])
        else:
            yield _Change(at, begin, side, after[to:there])
        at, to = begin + size, there + size


def _runs(
    before: list[Any], after: list[Any], low: int, high: int, left: int, right: int
) -> Iterator[tuple[int, int, int]]:
    """Where the same paragraphs stand in both: in the one, in the other, and how many."""
    best = (0, 0, 0)
    sizes: dict[int, int] = {}
    for i in range(low, high):
        fresh: dict[int, int] = {}
        for j in range(left, right):
            if before[i] == after[j]:
                fresh[j] = size = sizes.get(j - 1, 0) + 1
                begin = (-size, i + 1 - size, j + 1 - size)
                best = min(best, begin)
        sizes = fresh
    size, i, j = -best[0], best[1], best[2]
    if size:
        yield from _runs(before, after, low, i, left, j)
        yield i, j, size
        yield from _runs(before, after, i + size, high, j + size, right)


def _meet(one: _Change, other: _Change) -> bool:
    if one.side == other.side:
        return False
    if one.begin == one.end and other.begin == other.end:
        return one.begin == other.begin
    if one.begin == one.end:
        return other.begin < one.begin < other.end
    if other.begin == other.end:
        return one.begin < other.begin < one.end
    return one.begin < other.end and other.begin < one.end


def _groups(changes: list[_Change]) -> list[list[_Change]]:
    groups: list[list[_Change]] = []
    for change in changes:
        met = [group for group in groups if any(_meet(change, each) for each in group)]
        groups = [group for group in groups if group not in met]
        groups.append([*(each for group in met for each in group), change])
    return groups


def _version(before: list[Any], begin: int, end: int, group: list[_Change], side: int) -> list[Any]:
    made, at = [], begin
    for change in sorted(each for each in group if each.side == side):
        made += before[at : change.begin] + change.into
        at = change.end
    return made + before[at:end]


def _stretch(group: list[_Change]) -> tuple[int, int]:
    return min(each.begin for each in group), max(each.end for each in group)


def _stands(
    versions: list[list[Any]], told: list[Any] | None, sides: set[int], winner: Winner
) -> tuple[int, bool]:
    """Whose version does, and whether the policy had to say so."""
    if len(sides) == 1:
        return sides.pop(), False
    named = int(winner == "theirs")
    ours, theirs = map(_words_of_each, versions)
    if ours == theirs:
        return named, False
    if told is not None and theirs == _words_of_each(told):
        return 0, False
    return named, True


def _words_of_each(parts: list[Any]) -> list[tuple[str, list[str]]]:
    return [(" ".join(_words(part).split()), list(_behind(part))) for part in parts]


def _behind(part: Any) -> Iterator[str]:
    """Addresses and ticks."""
    if isinstance(part, str):
        return
    if part.get("href", "") not in ("", part.get("text")):
        yield part["href"]
    if part.get("checked"):
        yield "x"
    for within in ("content", "blocks", "items", "rows", "cells"):
        for each in part.get(within, ()):
            yield from _behind(each)


def _words(part: Any) -> str:
    match part:
        case str():
            return part
        case {"type": "text" | "code_block", "text": text}:
            return text
        case {"type": "image", "source": source}:
            return part.get("alt") or source
        case {"type": "mention", "name": name}:
            return "@" + name
        case {"content": content}:
            return "".join(map(_words, content))
        case {"blocks": within} | {"items": within} | {"rows": within} | {"cells": within}:
            return " ".join(map(_words, within))
    return " "

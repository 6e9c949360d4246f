"""Edits of one kind over many issues: how fast they arrive, and what they cost."""

import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from tests.bench.field import Cost, Field, Meter, Node, Pair, gather
from tests.bench.people import Worker

Kind = Literal["summary", "comment", "label", "status"]
KINDS: tuple[Kind, ...] = ("summary", "comment", "label", "status")
_STATUSES = {"harbor": ("In Progress", "Active"), "lagoon": ("Active", "In Progress")}
"""By the node where it is set: the name there, and what the other side makes of it."""


class NotArrived(Exception):
    """A change did not come through."""


class Storm(msgspec.Struct, frozen=True):
    """`changes` edits, each of another issue."""

    changes: int
    seconds: float
    """From the first edit to the last arrival, by the trackers' clocks."""
    cost: Cost

    @property
    def per_second(self) -> float:
        return self.changes / self.seconds


async def storm(
    field: Field,
    kind: Kind,
    pairs: Sequence[Pair],
    towards: Callable[[int], Node],
    *,
    tag: str,
    concurrency: int = 16,
) -> Storm:
    """`towards` names the node whose tracker is edited, by the number of the pair."""

    async def edit(number: int) -> None:
        node = towards(number)
        person, key = field.workplace(pairs[number], node)
        await _edit(person, key, kind, f"{tag} {number}", node)

    async with Meter(field) as meter:
        began = time.time()
        await gather((edit(number) for number in range(len(pairs))), concurrency)
        await field.quiet()
    arrivals: list[float] = []

    async def look(number: int) -> None:
        node = towards(number)
        person, key = field.workplace(pairs[number], _other(node))
        if not await _arrived(person, key, kind, f"{tag} {number}", node):
            raise NotArrived(f"{kind}: {tag} {number} from {node} did not reach {key}")
        arrivals.append((await person.glance(key))[1] / 1000)

    await gather(look(number) for number in range(len(pairs)))
    return Storm(len(pairs), max(arrivals) - began, meter.cost)


def _other(node: Node) -> Node:
    return "lagoon" if node == "harbor" else "harbor"


async def _edit(person: Worker, key: str, kind: Kind, text: str, node: Node) -> None:
    match kind:
        case "summary":
            await person.rename(key, text)
        case "comment":
            await person.comment(key, text)
        case "label":
            await person.label(key, text.replace(" ", "-"))
        case "status":
            await person.move(key, _STATUSES[node][0])


async def _arrived(person: Worker, key: str, kind: Kind, text: str, node: Node) -> bool:
    seen = await person.look(key)
    match kind:
        case "summary":
            return seen.summary == text
        case "comment":
            return any(text in comment for comment in seen.comments)
        case "label":
            return text.replace(" ", "-") in seen.labels
        case "status":
            return seen.status == _STATUSES[node][1]

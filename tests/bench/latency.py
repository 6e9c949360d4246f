"""How long one change takes, one at a time."""

import asyncio
from collections.abc import Sequence

import msgspec

from tests.bench.field import PATIENCE, Cost, Field, Meter, Node, Pair

_LOOK = 0.005


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds between the moments that the two trackers noted."""

    samples: int
    p50: float
    p99: float
    worst: float
    cost: Cost


async def latency(field: Field, node: Node, count: int, *, tag: str) -> Latency:
    """Of changes made in the tracker of `node`. Pairs take turns, so that none is at rest still."""
    took: list[float] = []
    async with Meter(field) as meter:
        for number in range(count):
            pair = field.pairs[number % len(field.pairs)]
            took.append(await _once(field, pair, node, f"{tag} {number}"))
        await field.quiet()
    took.sort()
    return Latency(count, _at(took, 0.5), _at(took, 0.99), took[-1], meter.cost)


async def _once(field: Field, pair: Pair, node: Node, summary: str) -> float:
    person, key = field.workplace(pair, node)
    other, far_key = field.workplace(pair, "lagoon" if node == "harbor" else "harbor")
    await person.rename(key, summary)
    async with asyncio.timeout(PATIENCE):
        while True:
            seen, arrived = await other.glance(far_key)
            if seen == summary:
                break
            await asyncio.sleep(_LOOK)
    return float(arrived - (await person.glance(key))[1])


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

"""All that one run measures for one way to run, and what is to be reached."""

import asyncio
from collections.abc import Callable

import msgspec

from tests.bench import ceiling, ignored
from tests.bench.ceiling import Rate
from tests.bench.edits import KINDS, Kind, Storm, storm
from tests.bench.engines import Engine
from tests.bench.field import PATIENCE, Field, Node
from tests.bench.latency import Latency, latency
from tests.bench.process_tree import Memory, cpu_ms, memory

Tell = Callable[[str], None]
SLOW_SECONDS = 0.1
NODES: tuple[Node, Node] = ("harbor", "lagoon")


class Size(msgspec.Struct, frozen=True):
    issues: int
    """Under sync; a storm edits each once."""
    rounds: int
    samples: int
    """Of latency, each way."""
    events: int
    """To be ignored, of each kind and node."""
    ceiling: int
    idle_seconds: float


FULL = Size(issues=400, rounds=3, samples=250, events=1_000, ceiling=3_000, idle_seconds=10)
QUICK = Size(issues=120, rounds=1, samples=60, events=300, ceiling=1_000, idle_seconds=3)


class Idle(msgspec.Struct, frozen=True):
    memory: Memory
    cpu_percent: float


class Ignored(msgspec.Struct, frozen=True):
    """CPU milliseconds per event."""

    strange: float
    known: float


class Figures(msgspec.Struct, frozen=True):
    idle: dict[Node, Idle]
    both_ways: list[Storm]
    one_way: dict[Node, Storm]
    """By the node whose tracker was edited."""
    kinds: dict[Kind, Storm]
    latency: dict[Node, Latency]
    """By the node whose tracker was edited: harbor's reach the public side."""
    ignored: dict[Node, Ignored]
    quick_edits: dict[Node, int]
    """Messages for ten edits of one issue."""
    slow_trackers: Storm
    broker_ceiling: Rate | None
    tracker_ceiling: Rate


async def measure(field: Field, engine: Engine, size: Size, tell: Tell) -> Figures:
    tell("Idle …")
    idle = {node: await _idle(field, node, size.idle_seconds) for node in NODES}
    tell("Edits from both sides …")
    await _both(field, "summary", "warm")
    both = [await _both(field, "summary", f"round {number}") for number in range(size.rounds)]
    tell("Edits from one side …")
    one_way = {node: await _one_way(field, node) for node in NODES}
    tell("Other kinds of edits …")
    kinds: dict[Kind, Storm] = {}
    for kind in KINDS:
        if kind != "summary":
            kinds[kind] = await _both(field, kind, f"the {kind}")
    tell("One change at a time …")
    delays = {node: await latency(field, node, size.samples, tag=f"from {node}") for node in NODES}
    tell("Events that nobody cares about …")
    unheard = {
        node: Ignored(
            await ignored.strange(field, node, size.events),
            await ignored.known(field, node, size.events),
        )
        for node in NODES
    }
    tell("Ten quick edits of one issue …")
    quick = {node: await _quick_edits(field, node) for node in NODES}
    tell("Trackers that take 100 ms for each call …")
    slow = await _slow(field)
    tell("The ceiling …")
    bare = await ceiling.broker(engine.broker_url, size.ceiling) if engine.broker_url else None
    reads = await ceiling.tracker(field, size.ceiling)
    return Figures(idle, both, one_way, kinds, delays, unheard, quick, slow, bare, reads)


async def _idle(field: Field, node: Node, seconds: float) -> Idle:
    before = cpu_ms(field.pid(node))
    await asyncio.sleep(seconds)
    used = cpu_ms(field.pid(node)) - before
    return Idle(memory(field.pid(node)), round(used / seconds / 10, 2))


async def _both(field: Field, kind: Kind, tag: str) -> Storm:
    return await storm(field, kind, field.pairs, lambda number: NODES[number % 2], tag=tag)


async def _one_way(field: Field, node: Node) -> Storm:
    return await storm(field, "summary", field.pairs, lambda _: node, tag=f"all from {node}")


async def _slow(field: Field) -> Storm:
    for person in (field.alice, field.bob):
        await person.set_latency(SLOW_SECONDS)
    try:
        return await storm(
            field,
            "summary",
            field.pairs,
            lambda number: NODES[number % 2],
            tag="slowly",
            concurrency=80,
        )
    finally:
        for person in (field.alice, field.bob):
            await person.set_latency(0)


async def _quick_edits(field: Field, node: Node) -> int:
    pair = field.pairs[0 if node == "harbor" else 1]
    before = await _version(field, node, pair.jira if node == "harbor" else pair.azure)
    person, key = field.workplace(pair, node)
    other, far_key = field.workplace(pair, "lagoon" if node == "harbor" else "harbor")
    for number in range(1, 11):
        await person.rename(key, f"Quick {number} at {node}")
    async with asyncio.timeout(PATIENCE):
        while (await other.glance(far_key))[0] != f"Quick 10 at {node}":
            await asyncio.sleep(0.02)
    await field.quiet()
    return await _version(field, node, key) - before


async def _version(field: Field, node: Node, key: str) -> int:
    """How many messages the twin has sent."""
    twins = await field.admin(node).ask("GET", f"/api/v2/twins?issue={key}")
    version: int = twins["results"][0]["version"]
    return version

"""What each adapter's usual calls cost: HTTP requests, and CPU of this process alone."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from adapters.port import ByteStream
from schemas.issue import ALL_PARTS, AttachmentDraft, CommentDraft, FieldChange, IssueDraft
from schemas.rich_text import plain
from tests.bench.far_tracker import Far, far_away, port_of
from tests.contract.trackers.harness import Site
from tests.pairs.systems import SITES

BLOCK = bytes(100_000)
WARM = 5


class Cost(msgspec.Struct, frozen=True):
    calls: float
    """Each; an average where some need more."""
    cpu_ms: float


Costs = dict[str, Cost]


async def measure(samples: int) -> dict[str, Costs]:
    return {system: await _of(system, samples) for system in SITES}


async def _of(system: str, samples: int) -> Costs:
    async with SITES[system]() as site:
        near = await port_of(site.open())
        async with far_away({near: system}, {}) as far:
            return await _costs(site, far[system], samples)


async def _costs(site: Site, far: Far, samples: int) -> Costs:
    tracker = site.open()
    numbers = iter(range(1_000_000))

    async def create() -> Any:
        number = next(numbers)
        fields = {"summary": f"Issue {number}", "description": plain("Some words")}
        values = site.values
        return await tracker.create(
            IssueDraft(values.project, values.type, fields, f"{number:032}")
        )

    issue = await create()
    one: str = issue.ref.id

    async def read() -> None:
        await tracker.read(one, ALL_PARTS)

    async def update() -> None:
        nonlocal issue
        issue = await tracker.update(issue, FieldChange({"summary": f"Summary {next(numbers)}"}))

    async def comment() -> None:
        draft = CommentDraft(plain("Some words"), f"c-{next(numbers)}")
        await tracker.add_comment(one, draft)

    async def attach() -> None:
        draft = AttachmentDraft(f"{next(numbers)}.bin", len(BLOCK), "text/plain", "")
        await tracker.add_attachment(one, draft, _block)

    found = {"read": await _cost(read, far, samples), "create": await _cost(create, far, samples)}
    found |= {"update": await _cost(update, far, samples)}
    found |= {"comment": await _cost(comment, far, samples)}
    if tracker.capabilities.attachment_upload:
        found["attachment"] = await _cost(attach, far, samples)
    await tracker.close()
    return found


async def _cost(work: Callable[[], Awaitable[Any]], far: Far, samples: int) -> Cost:
    for _ in range(WARM):
        await work()
    calls, began = far.total, time.process_time()
    for _ in range(samples):
        await work()
    used = time.process_time() - began
    return Cost(round((far.total - calls) / samples, 2), round(used * 1000 / samples, 2))


async def _block() -> ByteStream:
    async def blocks() -> AsyncIterator[bytes]:
        yield BLOCK

    return blocks()


def show(found: dict[str, Costs], console: Console) -> None:
    kinds = ("read", "create", "update", "comment", "attachment")
    made = Table(title="Adapters: HTTP calls, and CPU in ms")
    made.add_column("system")
    for kind in kinds:
        made.add_column(kind, justify="right")
    for system, costs in found.items():
        cells = (f"{c.calls:g} · {c.cpu_ms:.1f}" if (c := costs.get(k)) else "-" for k in kinds)
        made.add_row(system, *cells)
    console.print(made)

"""The bus port: a doorbell, durable once `publish` has returned."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from schemas.events import Event

Handler = Callable[[Sequence[Event]], Awaitable[None]]
"""Takes a batch. Returning settles it; an exception puts it back, and after the delivery limit into
the dead-letter queue."""


class Bus(Protocol):
    async def publish(self, *events: Event) -> None:
        """Returns when all are on disk. Raises `BusUnavailable` when that took too long."""
        ...

    def consume(
        self, handler: Handler, *, concurrency: int, batch: int = 50
    ) -> AbstractAsyncContextManager[None]:
        """While entered, up to `concurrency` batches are handled at a time. Leaving waits for those
        under way and takes no new ones."""
        ...

    async def check(self) -> str:
        """'' when the bus can be used, else what is wrong."""
        ...

    async def depth(self) -> int:
        """Messages that wait."""
        ...

    async def dead(self) -> int:
        """Messages in the dead-letter queue."""
        ...

    async def close(self) -> None: ...

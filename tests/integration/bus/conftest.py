"""A broker that the tests may break, and buses on it that give up quickly."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
import pytest

from schemas.events import Event, IssueChanged
from service.bus import BusOptions, MeasuredBus, open_bus
from tests.support.broker import Broker

QUICK = BusOptions(
    delivery_limit=20,
    publish_timeout=1,
    connect_timeout=5,
    probe_interval=30,
    probe_timeout=1,
    reconnect_base=0.05,
    reconnect_cap=0.2,
    redelivery_base=0.01,
    redelivery_cap=0.05,
)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    """Always a private one: a shared broker is not ours to kill."""
    with Broker() as made:
        yield made


@pytest.fixture
def prefix() -> str:
    return f"chaos-{uuid.uuid4().hex[:12]}"


Open = Callable[..., AbstractAsyncContextManager[MeasuredBus]]


@pytest.fixture
def open_on(prefix: str, tmp_path: Path) -> Open:
    def opened(url: str, **changes: object) -> AbstractAsyncContextManager[MeasuredBus]:
        return open_bus(
            url,
            now=lambda: 1_700_000_000_000,
            random=random.Random(1).random,
            data_dir=tmp_path,
            options=msgspec.structs.replace(QUICK, **({"prefix": prefix} | changes)),
        )

    return opened


class Inbox:
    def __init__(self) -> None:
        self.issues: list[str] = []
        self._grown = asyncio.Condition()

    async def __call__(self, events: Sequence[Event]) -> None:
        async with self._grown:
            self.issues += [event.issue for event in events if isinstance(event, IssueChanged)]
            self._grown.notify_all()

    async def until(self, issues: set[str], patience: float = 60) -> None:
        async with asyncio.timeout(patience), self._grown:
            await self._grown.wait_for(lambda: issues <= set(self.issues))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    async def wait(condition: Callable[[], Awaitable[bool]], patience: float = 60) -> None:
        async with asyncio.timeout(patience):
            while not await condition():
                await asyncio.sleep(0.05)

    return wait

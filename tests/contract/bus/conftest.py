"""Two grounds on which the same behaviour is shown: a broker and a folder."""

import asyncio
import os
import random
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import aio_pika
import msgspec
import pytest

from schemas.events import Event, IssueChanged
from service.bus import BusOptions, MeasuredBus, open_bus
from tests.support.broker import ENVIRONMENT, Broker

NOW = 1_700_000_000_000
FAST = BusOptions(
    delivery_limit=3,
    redelivery_base=0.01,
    redelivery_cap=0.02,
    reconnect_base=0.05,
    reconnect_cap=0.2,
    connect_timeout=5,
    probe_interval=5,
)


class Ground(Protocol):
    """Where events are kept; buses are opened on it and closed again."""

    def open(self, **changes: object) -> AbstractAsyncContextManager[MeasuredBus]: ...

    async def insert(self, body: bytes) -> None:
        """Puts raw bytes among the events while no bus is open."""
        ...

    async def dead_letters(self) -> list[tuple[bytes, str]]:
        """Body and reason of each, once no bus is open."""
        ...

    async def dispose(self) -> None: ...


class EmbeddedGround:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, **changes: object) -> AbstractAsyncContextManager[MeasuredBus]:
        return open_bus(
            "embedded:",
            now=lambda: NOW,
            random=random.Random(1).random,
            data_dir=self._folder,
            options=msgspec.structs.replace(FAST, **changes),
        )

    async def insert(self, body: bytes) -> None:
        with sqlite3.connect(self._folder / "bus.sqlite") as connection:
            connection.execute("INSERT INTO event (body) VALUES (?)", (body,))
        connection.close()

    async def dead_letters(self) -> list[tuple[bytes, str]]:
        connection = sqlite3.connect(self._folder / "bus.sqlite")
        rows = connection.execute("SELECT body, reason FROM dead ORDER BY id").fetchall()
        connection.close()
        return rows

    async def dispose(self) -> None:
        return


class RabbitGround:
    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self.prefix = f"test-{uuid.uuid4().hex[:12]}"

    def open(self, **changes: object) -> AbstractAsyncContextManager[MeasuredBus]:
        changes = {"prefix": self.prefix} | changes
        return open_bus(
            self._url,
            now=lambda: NOW,
            random=random.Random(1).random,
            data_dir=self._folder,
            options=msgspec.structs.replace(FAST, **changes),
        )

    async def insert(self, body: bytes) -> None:
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange(f"{self.prefix}.changes")
            message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await exchange.publish(message, routing_key="issue.program")

    async def dead_letters(self) -> list[tuple[bytes, str]]:
        found = []
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(f"{self.prefix}.dead")
            while (message := await queue.get(fail=False)) is not None:
                found.append((message.body, str(message.headers.get("x-tidegate-reason"))))
        return found

    async def dispose(self) -> None:
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            for name in ("work", "dead"):
                await channel.queue_delete(f"{self.prefix}.{name}")
            for name in ("changes", "dead"):
                await channel.exchange_delete(f"{self.prefix}.{name}")


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    """One broker for all tests of a session: it takes seconds to start."""
    if given := os.environ.get(ENVIRONMENT):
        yield given
        return
    with Broker() as broker:
        yield broker.url


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
async def ground(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ground]:
    made: Ground
    if request.param == "embedded":
        made = EmbeddedGround(tmp_path)
    else:
        made = RabbitGround(request.getfixturevalue("amqp_url"), tmp_path)
    # Queues and tables exist from here on, as after a node's first start.
    async with made.open():
        pass
    yield made
    await made.dispose()


class Inbox:
    """A handler that remembers, and lets a test wait for what it expects."""

    def __init__(self) -> None:
        self.batches: list[list[Event]] = []
        self._grown = asyncio.Condition()

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch]

    async def __call__(self, events: Sequence[Event]) -> None:
        async with self._grown:
            self.batches.append(list(events))
            self._grown.notify_all()

    async def until(self, count: int, patience: float = 15) -> None:
        async with asyncio.timeout(patience), self._grown:
            await self._grown.wait_for(lambda: len(self.events) >= count)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def make_event(number: int) -> IssueChanged:
    return IssueChanged(connector="jira", issue=f"DEMO-{number}", source="webhook", at=NOW)


@pytest.fixture
def event() -> Callable[[int], IssueChanged]:
    return make_event


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    async def wait(condition: Callable[[], Awaitable[bool]], patience: float = 15) -> None:
        """For what only a broker knows and nobody announces."""
        async with asyncio.timeout(patience):
            while not await condition():
                await asyncio.sleep(0.02)

    return wait

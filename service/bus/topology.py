"""Exchanges, queues and bindings on the broker."""

import re
from collections.abc import Awaitable
from typing import TypeVar

import msgspec
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelPreconditionFailed
from pamqp.common import FieldTable

from schemas.errors import ConfigurationError
from service.bus.amqp import ConnectionLost, amqp
from service.bus.options import BusOptions

_INEQUIVALENT = re.compile(r"inequivalent arg '([^']+)'")
T = TypeVar("T")


class Topology(msgspec.Struct, frozen=True):
    changes: str
    """The exchange that takes events."""
    work: str
    dead_exchange: str
    dead: str
    work_arguments: FieldTable

    @classmethod
    def named(cls, options: BusOptions) -> "Topology":
        prefix = options.prefix
        return cls(
            changes=f"{prefix}.changes",
            work=f"{prefix}.work",
            dead_exchange=f"{prefix}.dead",
            dead=f"{prefix}.dead",
            work_arguments={
                "x-queue-type": "quorum",
                # Explicit: the default is none before RabbitMQ 4 and 20 since.
                "x-delivery-limit": options.delivery_limit,
                "x-dead-letter-exchange": f"{prefix}.dead",
                # Holds only together with reject-publish; else it silently is at-most-once.
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
                "x-max-length-bytes": options.max_length_bytes,
            },
        )

    async def declare(self, channel: AbstractChannel) -> None:
        """Idempotent. `ConfigurationError` when a name is taken by something else."""
        for name in (self.changes, self.dead_exchange):
            exchange = channel.declare_exchange(name, ExchangeType.TOPIC, durable=True)
            await _declared("exchange", name, exchange)
        dead = await _declared(
            "queue",
            self.dead,
            channel.declare_queue(self.dead, durable=True, arguments={"x-queue-type": "quorum"}),
        )
        await amqp(dead.bind(self.dead_exchange, "#"))
        work = await _declared(
            "queue",
            self.work,
            channel.declare_queue(self.work, durable=True, arguments=dict(self.work_arguments)),
        )
        await amqp(work.bind(self.changes, "#"))


async def _declared(kind: str, name: str, declaration: Awaitable[T]) -> T:
    try:
        return await amqp(declaration)
    except ConnectionLost as lost:
        if not isinstance(lost.__cause__, ChannelPreconditionFailed):
            raise
        text = str(lost.__cause__.args[0])
        found = _INEQUIVALENT.search(text)
        argument = found.group(1) if found else "its type"
        raise ConfigurationError(
            f"The {kind} {name} exists on the broker with another value of {argument}: {text}",
            remedy=f"Empty and delete the {kind} {name} (it is made anew), "
            "or choose another prefix or virtual host.",
        ) from lost

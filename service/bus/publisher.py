"""Publishing with confirms."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq import Channel, spec
from pamqp.common import FieldTable

from schemas.errors import BusUnavailable
from schemas.events import Event
from service.bus.amqp import ConnectionLost, amqp
from service.bus.connection import Link
from service.bus.envelope import pack, routing_key
from service.bus.figures import Counters
from service.bus.options import BusOptions
from service.bus.topology import Topology

_CHUNK = 500
_PERSISTENT = 2


class Parcel(msgspec.Struct, frozen=True):
    exchange: str
    key: str
    body: bytes
    headers: FieldTable | None = None


class Publisher:
    """Returns from a publish only when the broker has confirmed that all of it is on disk.

    What a lost connection leaves unknown is sent again: an event that comes twice costs nothing.
    """

    def __init__(
        self,
        link: Link,
        topology: Topology,
        *,
        now: Callable[[], int],
        options: BusOptions,
        counters: Counters,
    ) -> None:
        self._link = link
        self._topology = topology
        self._now = now
        self._options = options
        self._counters = counters

    async def publish(self, events: Sequence[Event]) -> None:
        exchange = self._topology.changes
        parcels = [Parcel(exchange, routing_key(event), pack(event)) for event in events]
        self._counters.published += len(parcels)
        for start in range(0, len(parcels), _CHUNK):
            await self._send(parcels[start : start + _CHUNK])

    async def bury(self, body: bytes, *, key: str, reason: str) -> None:
        """A copy into the dead-letter queue, with the reason in a header."""
        headers: FieldTable = {
            "x-tidegate-reason": reason,
            "x-tidegate-routing-key": key,
            "x-tidegate-at": self._now(),
        }
        await self._send([Parcel(self._topology.dead_exchange, key, body, headers)])

    async def _send(self, parcels: list[Parcel]) -> None:
        try:
            async with asyncio.timeout(self._options.publish_timeout):
                while parcels:
                    channel = await self._link.channel()
                    parcels = await self._attempt(channel, parcels)
        except TimeoutError:
            self._link.suspect()
            raise await self._unavailable() from None

    async def _attempt(self, channel: Channel, parcels: list[Parcel]) -> list[Parcel]:
        """Answers those that have to be sent again, on another channel."""
        if len(parcels) == 1:
            results: list[bool] = [await self._confirmed(channel, parcels[0])]
        else:
            # Each awaits its own confirm, so that the broker can confirm many with one write.
            results = await asyncio.gather(
                *[self._confirmed(channel, parcel) for parcel in parcels]
            )
        return [parcel for parcel, done in zip(parcels, results, strict=True) if not done]

    async def _confirmed(self, channel: Channel, parcel: Parcel) -> bool:
        properties = spec.Basic.Properties(
            content_type="application/json", delivery_mode=_PERSISTENT, headers=parcel.headers
        )
        try:
            result = await amqp(
                channel.basic_publish(
                    parcel.body,
                    exchange=parcel.exchange,
                    routing_key=parcel.key,
                    properties=properties,
                    mandatory=True,
                    wait=False,
                )
            )
        except PublishError:
            self._counters.returned += 1
            self._link.drop(channel, f"no queue is bound to {parcel.exchange}")
            return False
        except DeliveryError as cause:
            raise BusUnavailable(
                f"RabbitMQ refuses more events: the queue {self._topology.work} is full.",
                remedy="Find out why events are not handled, or allow the queue more bytes.",
            ) from cause
        except ConnectionLost as lost:
            self._link.drop(channel, str(lost))
            return False
        if not isinstance(result, spec.Basic.Ack):
            raise BusUnavailable(
                f"RabbitMQ answered a publish with {type(result).__name__}.",
                remedy="Look into the broker's log.",
            )
        self._counters.confirmed += 1
        return True

    async def _unavailable(self) -> BusUnavailable:
        reason = self._link.problem
        if not reason and await self._link.blocked():
            reason = "it blocks publishing because of a memory or disk alarm"
        return BusUnavailable(
            f"RabbitMQ did not confirm within {self._options.publish_timeout:g} s: "
            + (reason or "no answer"),
            remedy="Check that the broker runs and can be reached; the sender tries again.",
        )

"""What one channel has delivered, and settling it."""

import asyncio

from aiormq import Channel

from service.bus.amqp import ConnectionLost, amqp


class Session:
    """Settles on the channel that delivered, and does nothing once it is closed.

    Then the broker delivers what was unsettled again by itself.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.consumer_tag = ""
        # In the order of the tags, since that is how they are delivered.
        self._unsettled: dict[int, None] = {}
        self._writing = asyncio.Lock()

    @property
    def closed(self) -> bool:
        return self.channel.is_closed

    @property
    def unsettled(self) -> int:
        return 0 if self.closed else len(self._unsettled)

    def delivered(self, tag: int) -> None:
        self._unsettled[tag] = None

    async def accept(self, tags: list[int]) -> None:
        """Acknowledges ascending `tags`, with one frame when nothing before them is unsettled."""
        # One writer at a time: acknowledging a tag twice would close the channel.
        async with self._writing:
            for tag in tags:
                del self._unsettled[tag]
            lowest = next(iter(self._unsettled), None)
            if lowest is None or lowest > tags[-1]:
                await self._ack(tags[-1], multiple=True)
            else:
                for tag in tags:
                    await self._ack(tag, multiple=False)

    async def refuse(self, tag: int) -> None:
        """Puts one back, as a failed delivery: a reject counts on every version of the broker."""
        async with self._writing:
            del self._unsettled[tag]
            if not self.closed:
                try:
                    await amqp(self.channel.basic_reject(tag, requeue=True, wait=False))
                except ConnectionLost:
                    return

    async def hand_back(self) -> None:
        """Puts all that is left back, as never tried."""
        async with self._writing:
            if not self._unsettled or self.closed:
                return
            last = next(reversed(self._unsettled))
            self._unsettled.clear()
            try:
                await amqp(self.channel.basic_nack(last, multiple=True, requeue=True))
            except ConnectionLost:
                return

    async def _ack(self, tag: int, *, multiple: bool) -> None:
        if self.closed:
            return
        try:
            await amqp(self.channel.basic_ack(tag, multiple=multiple, wait=False))
        except ConnectionLost:
            return

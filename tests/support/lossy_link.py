"""A link between two networks that delays packets and loses some, where the kernel has no netem.

Two TUN devices whose packets pass through this process: the kernels' own TCP at both ends sees real
losses and repeats what was lost.
"""

import asyncio
import fcntl
import os
import random
import struct
import uuid
from collections import Counter
from typing import Self

_TUNSETIFF = 0x400454CA
_TUN, _NO_HEADER = 0x0001, 0x1000
_LARGEST = 65_536


class LossyLink:
    """`delay` in seconds each way; `loss` is the share of packets that vanish, each way."""

    def __init__(self, *, delay: float, loss: float, seed: int = 1) -> None:
        self._delay = delay
        self._loss = loss
        self._random = random.Random(seed)
        mark = uuid.uuid4().hex[:6]
        self.ends = (f"tg{mark}x", f"tg{mark}y")
        self.passed: Counter[str] = Counter()
        """Packets by the end at which they came in."""
        self.lost: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._files = tuple(map(_open, self.ends))
        one, other = self._files
        for number, (here, there) in enumerate(((one, other), (other, one))):
            self._loop.add_reader(here, self._take, self.ends[number], here, there)
        return self

    async def __aexit__(self, *_: object) -> None:
        """The devices go with their files."""
        for file in self._files:
            self._loop.remove_reader(file)
            os.close(file)
        self._files = ()

    def _take(self, end: str, here: int, there: int) -> None:
        packet = os.read(here, _LARGEST)
        if self._random.random() < self._loss:
            self.lost[end] += 1
            return
        self.passed[end] += 1
        self._loop.call_later(self._delay, self._give, there, packet)

    def _give(self, there: int, packet: bytes) -> None:
        if there in self._files:
            os.write(there, packet)

    def __str__(self) -> str:
        passed, lost = self.passed.total(), self.lost.total()
        return f"{passed + lost} packets, {lost} of them lost ({lost / (passed + lost):.1%})"


def _open(name: str) -> int:
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH", name.encode(), _TUN | _NO_HEADER))
    except OSError:
        os.close(file)
        raise
    return file

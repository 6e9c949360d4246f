"""What a bus has done since it was opened."""

from typing import Protocol

import msgspec

from service.bus.port import Bus


class BusFigures(msgspec.Struct, frozen=True):
    published: int
    """Handed to `publish`."""
    confirmed: int
    """Known to be on disk."""
    returned: int
    """Came back because no queue was bound."""
    redelivered: int
    dead: int
    """Put into the dead-letter queue by this process."""
    reconnects: int


class Counters(msgspec.Struct):
    published: int = 0
    confirmed: int = 0
    returned: int = 0
    redelivered: int = 0
    dead: int = 0
    reconnects: int = 0

    def freeze(self) -> BusFigures:
        return BusFigures(**msgspec.structs.asdict(self))


class MeasuredBus(Bus, Protocol):
    def figures(self) -> BusFigures: ...

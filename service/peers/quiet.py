"""For where nobody counts what passes."""

from typing import Literal

from service.peers.port import Refused, Traffic


class _Unwatched:
    def exchanged(self, peer: str, sent: int, received: int) -> None:
        pass

    def carried(self, peer: str, direction: Literal["in", "out"], *, resumed: bool) -> None:
        pass

    def refused(self, reason: Refused) -> None:
        pass


UNWATCHED: Traffic = _Unwatched()

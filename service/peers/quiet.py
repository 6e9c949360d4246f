"""For where nobody counts or limits what passes."""

from typing import Literal

from service.peers.port import Allowance, Traffic


class _Unwatched:
    def exchanged(self, peer: str, sent: int, received: int) -> None:
        pass

    def carried(self, peer: str, direction: Literal["in", "out"], *, resumed: bool) -> None:
        pass

    def refused(self, peer: str, reason: str) -> None:
        pass


class _Unlimited:
    def take(self, caller: str) -> float:
        return 0.0

    def give_back(self, caller: str) -> None:
        pass


UNWATCHED: Traffic = _Unwatched()
UNLIMITED: Allowance = _Unlimited()

"""Bad weather of any simulated tracker that serves from `adapters.simulation.Server`."""

from collections.abc import Mapping
from typing import Any

from adapters.simulation import Server
from tests.contract.trackers.harness import Loss, Write

Places = Mapping[Write, tuple[str, str]]
"""By what is written, the method and a part of the path of the call."""


class SimulatedWeather:
    def __init__(self, simulator: Server, places: Places, refusal: object = None) -> None:
        """`refusal` is what the tracker says with a 500, where it says anything."""
        self._simulator = simulator
        self._places = places
        self._refusal = refusal

    def lose_answer(self, write: Write, how: Loss) -> None:
        method, path = self._places[write]
        lost = {"method": method, "path": path, "body": self._refusal}
        self._fail(status=500, after=True, drop=how == "cut", **lost)

    def throttle(self, seconds: int) -> None:
        self._fail(status=429, headers={"Retry-After": str(seconds)})

    def break_down(self, times: int) -> None:
        self._fail(status=503, times=times)

    def answer_garbage(self) -> None:
        self._fail(status=200, raw=b"<html>Log in</html>")

    def slow(self, seconds: float) -> None:
        self._simulator.latency = seconds

    def _fail(self, **fault: Any) -> None:
        self._simulator.fail_next(self._simulator.faults.kind(**fault))

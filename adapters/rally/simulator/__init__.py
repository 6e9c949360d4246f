"""A stateful Rally for tests, the tour and playing."""

from adapters.rally.simulator.config import SimulatorConfig
from adapters.rally.simulator.server import RallySimulator, run
from adapters.simulation import Fault

__all__ = ["Fault", "RallySimulator", "SimulatorConfig", "run"]

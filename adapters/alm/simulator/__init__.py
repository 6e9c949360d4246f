"""A stateful ALM for tests, the tour and playing."""

from adapters.alm.simulator.config import SimulatorConfig
from adapters.alm.simulator.server import AlmSimulator, run
from adapters.simulation import Fault

__all__ = ["AlmSimulator", "Fault", "SimulatorConfig", "run"]

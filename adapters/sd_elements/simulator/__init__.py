"""A stateful SD Elements for tests, the tour and playing."""

from adapters.sd_elements.simulator.config import SimulatorConfig
from adapters.sd_elements.simulator.server import SdElementsSimulator, run

__all__ = ["SdElementsSimulator", "SimulatorConfig", "run"]

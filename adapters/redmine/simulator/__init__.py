"""A stateful Redmine for tests, the tour and playing."""

from adapters.redmine.simulator.config import SimulatorConfig
from adapters.redmine.simulator.faults import Fault, RateLimit
from adapters.redmine.simulator.server import RedmineSimulator, run

__all__ = [
    "Fault",
    "RateLimit",
    "RedmineSimulator",
    "SimulatorConfig",
    "run",
]

"""A stateful GitHub, as far as issues go, for tests, the tour and playing."""

from adapters.github.simulator.config import AppConfig, SimulatorConfig, Webhook
from adapters.github.simulator.faults import Fault, RateLimit
from adapters.github.simulator.server import GitHubSimulator, run

__all__ = [
    "AppConfig",
    "Fault",
    "GitHubSimulator",
    "RateLimit",
    "SimulatorConfig",
    "Webhook",
    "run",
]

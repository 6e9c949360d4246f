"""A stateful Jira Data Center for tests, the tour and playing."""

from adapters.jira.simulator.config import SimulatorConfig, Webhook
from adapters.jira.simulator.faults import Fault, RateLimit
from adapters.jira.simulator.server import JiraSimulator, run

__all__ = [
    "Fault",
    "JiraSimulator",
    "RateLimit",
    "SimulatorConfig",
    "Webhook",
    "run",
]

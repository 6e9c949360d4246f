"""What the simulated trackers have in common: faults on demand, counts, a loopback server."""

from adapters.simulation.faults import Fault, Faults
from adapters.simulation.refusal import Refused
from adapters.simulation.serving import FAULTS, Guard, Server, guarded, json_reply, system_now

__all__ = [
    "FAULTS",
    "Fault",
    "Faults",
    "Guard",
    "Refused",
    "Server",
    "guarded",
    "json_reply",
    "system_now",
]

"""What the simulated trackers have in common: faults on demand, counts, a loopback server."""

from adapters.simulation.faults import Fault, Faults
from adapters.simulation.gate import FAULTS, Guard, guarded, template
from adapters.simulation.refusal import Refused
from adapters.simulation.replies import json_reply
from adapters.simulation.serving import Now, Server, system_now, until_cancelled

__all__ = [
    "FAULTS",
    "Fault",
    "Faults",
    "Guard",
    "Now",
    "Refused",
    "Server",
    "guarded",
    "json_reply",
    "system_now",
    "template",
    "until_cancelled",
]

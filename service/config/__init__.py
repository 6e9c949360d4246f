"""The daemon's settings: one TOML file, every key also by environment."""

from service.config.load import load_config
from service.config.model import (
    Bus,
    Config,
    Limits,
    Listen,
    Log,
    Node,
    Peers,
    Rules,
    Scan,
    Store,
    Trackers,
)

__all__ = [
    "Bus",
    "Config",
    "Limits",
    "Listen",
    "Log",
    "Node",
    "Peers",
    "Rules",
    "Scan",
    "Store",
    "Trackers",
    "load_config",
]

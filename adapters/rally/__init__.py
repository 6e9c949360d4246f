"""Rally, its web services API 2.0: defects, user stories and tasks."""

from adapters.rally.capabilities import CAPABILITIES, SYSTEM
from adapters.rally.params import RallyParams, parse_params
from adapters.rally.tracker import RallyTracker

__all__ = ["CAPABILITIES", "SYSTEM", "RallyParams", "RallyTracker", "parse_params"]

"""SD Elements: the tasks of a project as issues, REST v2."""

from adapters.sd_elements.capabilities import CAPABILITIES, SYSTEM
from adapters.sd_elements.params import SdElementsParams, parse_params
from adapters.sd_elements.tracker import SdElementsTracker

__all__ = ["CAPABILITIES", "SYSTEM", "SdElementsParams", "SdElementsTracker", "parse_params"]

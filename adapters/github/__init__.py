"""GitHub issues, on github.com and GitHub Enterprise Server."""

from adapters.github.capabilities import CAPABILITIES, SYSTEM
from adapters.github.params import GitHubParams, parse_params
from adapters.github.tracker import GitHubTracker

__all__ = ["CAPABILITIES", "SYSTEM", "GitHubParams", "GitHubTracker", "parse_params"]

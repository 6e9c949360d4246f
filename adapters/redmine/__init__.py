"""Redmine, its REST API."""

from adapters.redmine.capabilities import CAPABILITIES, SYSTEM
from adapters.redmine.params import RedmineParams, parse_params
from adapters.redmine.tracker import RedmineTracker

__all__ = ["CAPABILITIES", "SYSTEM", "RedmineParams", "RedmineTracker", "parse_params"]

"""Jira Data Center and Server, REST v2."""

from adapters.jira.capabilities import CAPABILITIES, SYSTEM
from adapters.jira.params import JiraParams, parse_params
from adapters.jira.tracker import JiraTracker

__all__ = ["CAPABILITIES", "SYSTEM", "JiraParams", "JiraTracker", "parse_params"]

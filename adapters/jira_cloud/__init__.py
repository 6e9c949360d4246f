"""Jira Cloud, REST v3."""

from adapters.jira_cloud.capabilities import CAPABILITIES, SYSTEM
from adapters.jira_cloud.params import CloudParams, parse_params
from adapters.jira_cloud.tracker import JiraCloudTracker

__all__ = ["CAPABILITIES", "SYSTEM", "CloudParams", "JiraCloudTracker", "parse_params"]

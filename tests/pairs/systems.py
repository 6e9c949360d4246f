"""The systems that are paired, each with its simulator; a further one is a line here."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import combinations

from tests.contract.trackers import (
    alm_site,
    azure_devops_site,
    github_site,
    jira_cloud_site,
    jira_site,
    rally_site,
    redmine_site,
    sd_elements_site,
)
from tests.contract.trackers.harness import Site

SITES: dict[str, Callable[[], AbstractAsyncContextManager[Site]]] = {
    "jira": jira_site.simulated,
    "jira-cloud": jira_cloud_site.simulated,
    "azure-devops": azure_devops_site.simulated,
    "github": github_site.simulated,
    "rally": rally_site.simulated,
    "alm": alm_site.defects,
    "sd-elements": sd_elements_site.simulated,
    "redmine": redmine_site.simulated,
}
PAIRS = tuple(combinations(SITES, 2))
SPARE_TEXT = {
    "jira": "customfield_10015",
    "jira-cloud": "customfield_10015",
    "azure-devops": "Custom.Notes",
    "alm": "user-14",
}
"""A second custom text field, which takes what the tracker has no kind of field for."""

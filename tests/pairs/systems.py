"""The systems that are paired, each with its simulator; a further one is a line here."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import combinations

import msgspec

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
from tests.contract.trackers.harness import Site, Values

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
PARENT_TYPES = {
    "jira": "Epic",
    "jira-cloud": "Epic",
    "azure-devops": "User Story",
    "github": "Feature",
    "rally": "User Story",
    "redmine": "Feature",
}
"""Of an issue under which those of the story hang; elsewhere it is of their own type."""


def values_of(site: Site) -> Values:
    """Those of the suite; at Rally defects, which have more fields than user stories."""
    if site.name != "rally":
        return site.values
    more = {"priority": "Normal", "due": "2032-01-31"}
    return msgspec.structs.replace(
        site.values,
        type="Defect",
        statuses=("Submitted", "Open"),
        fields={**site.values.fields, **more},
    )


LINK_KINDS = {"rally": ("duplicates",)}
"""Where issues of the story's type have fewer kinds than the manifest tells of all types."""
SPARE_TEXT = {
    "jira": "customfield_10015",
    "jira-cloud": "customfield_10015",
    "azure-devops": "Custom.Notes",
    "alm": "user-14",
}
"""A second custom text field, which takes what the tracker has no kind of field for."""

"""Azure DevOps Services and Server behind the tracker port."""

from adapters.azure_devops.capabilities import CAPABILITIES, SYSTEM
from adapters.azure_devops.params import AzureDevOpsParams, parse_params
from adapters.azure_devops.tracker import AzureDevOpsTracker

__all__ = ["CAPABILITIES", "SYSTEM", "AzureDevOpsParams", "AzureDevOpsTracker", "parse_params"]

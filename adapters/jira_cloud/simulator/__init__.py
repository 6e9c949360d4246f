"""A stateful Jira Cloud for tests, the tour and playing."""

from adapters.jira.simulator import Fault, Webhook
from adapters.jira_cloud.simulator.config import CloudConfig, account_id
from adapters.jira_cloud.simulator.server import JiraCloudSimulator, run

__all__ = ["CloudConfig", "Fault", "JiraCloudSimulator", "Webhook", "account_id", "run"]

"""The simulated Jira Cloud."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from adapters.jira_cloud import JiraCloudTracker, parse_params
from adapters.jira_cloud.simulator import CloudConfig, JiraCloudSimulator
from tests.contract.trackers import jira_site
from tests.contract.trackers.harness import Site
from tests.contract.trackers.jira_site import JiraHands
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support.clock import Clock

VALUES = msgspec.structs.replace(jira_site.VALUES, parent_type="", longest_text=32_000)
_PLACES: Places = {
    "issue": ("POST", "/rest/api/3/issue"),
    "update": ("PUT", "/rest/api/3/issue/{key}"),
    "comment": ("POST", "/comment"),
    "attachment": ("POST", "/attachments"),
    "worklog": ("POST", "/worklog"),
    "link": ("POST", "/issueLink"),
}


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    """Its search is behind, as it is at the real one."""
    clock = Clock()
    config = CloudConfig(index_lag=5)
    async with (
        aiohttp.ClientSession() as session,
        JiraCloudSimulator(config, now=clock) as simulator,
    ):

        def opened(**settings: Any) -> JiraCloudTracker:
            login = {"email": config.email, "token": config.token}
            given = {"url": simulator.url, **login, "projects": ["SIM"], **settings}
            params = parse_params({"webhook_secret": "hush", **given})
            return JiraCloudTracker("jira-cloud", params, session, clock, clock.pause)

        yield Site(
            name="jira-cloud",
            values=VALUES,
            clock=clock,
            hands=JiraHands(simulator),
            weather=SimulatedWeather(simulator, _PLACES),
            open=opened,
            wrong_credentials={"token": "nobody-has-this-token"},
            small_pages={"page_size": 2},
        )

"""The simulated Jira Data Center."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapters.jira import JiraTracker, parse_params
from adapters.jira.simulator import JiraSimulator, SimulatorConfig
from schemas.rich_text import plain
from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support.clock import Clock

VALUES = Values(
    project="SIM",
    type="Bug",
    statuses=("To Do", "In Progress"),
    resolved=("Done", "Won't Do"),
    fields={
        "priority": "High",
        "assignee": User(name="Alice"),
        "reporter": User(name="Bob"),
        "labels": ("billing", "urgent"),
        "components": ("Backend",),
        "fix_versions": ("1.0", "2.0"),
        "affected_versions": ("1.0",),
        "environment": plain("A ship"),
        "due": "2032-01-31",
        "estimate": 5400,
        "remaining": 1800,
        "customfield_10001": "ACME & Söhne",
        "customfield_10002": 1.5,
        "customfield_10003": "S2",
        "customfield_10004": ("blue", "red"),
        "customfield_10005": User(name="Bob"),
        "customfield_10006": plain("Notes of the release"),
        "customfield_10007": "2026-01-31",
        "customfield_10008": "2026-01-31T12:30:00.000Z",
        "customfield_10009": ("Chromium", "Firefox"),
        "customfield_10010": "Europe / Berlin",
        "customfield_10011": ("Alice", "Bob"),
        "customfield_10012": "https://example.com/specification?part=2",
    },
    sets={
        "labels": ("one", "two"),
        "components": ("Backend", "Frontend"),
        "affected_versions": ("1.0", "2.0"),
        "customfield_10004": ("blue", "red"),
        "customfield_10009": ("Firefox", "Safari"),
        "customfield_10011": ("Alice", "Bob"),
    },
    person=User(name="Alice", email="alice@example.com"),
    parent_type="Epic",
    discovers=True,
)
_PLACES: Places = {
    "issue": ("POST", "/rest/api/2/issue"),
    "update": ("PUT", "/rest/api/2/issue/{key}"),
    "comment": ("POST", "/comment"),
    "attachment": ("POST", "/attachments"),
    "worklog": ("POST", "/worklog"),
    "link": ("POST", "/issueLink"),
}


class JiraHands:
    def __init__(self, simulator: JiraSimulator) -> None:
        self._state = simulator.state
        self._alice = simulator.state.person("alice")

    async def write_issue(self, summary: str) -> str:
        fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": summary}
        return self._state.create({"fields": fields}, self._alice).id

    async def rename(self, issue_id: str, summary: str) -> None:
        issue = self._state.issue(issue_id)
        self._state.edit(issue, {"fields": {"summary": summary}}, self._alice)

    async def comment(self, issue_id: str, text: str) -> None:
        self._state.add_comment(self._state.issue(issue_id), {"body": text}, self._alice)

    async def delete(self, issue_id: str) -> None:
        self._state.delete(self._state.issue(issue_id), self._alice)


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    clock = Clock()
    config = SimulatorConfig()
    async with aiohttp.ClientSession() as session, JiraSimulator(config, now=clock) as simulator:

        def opened(**settings: Any) -> JiraTracker:
            given = {"url": simulator.url, "token": config.token, "projects": ["SIM"], **settings}
            params = parse_params({"webhook_secret": "hush", **given})
            return JiraTracker("jira", params, session, clock, clock.pause)

        yield Site(
            name="jira",
            values=VALUES,
            clock=clock,
            hands=JiraHands(simulator),
            weather=SimulatedWeather(simulator, _PLACES),
            open=opened,
            wrong_credentials={"token": "nobody-has-this-token"},
            small_pages={"page_size": 2},
        )

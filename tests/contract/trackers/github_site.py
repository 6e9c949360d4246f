"""The simulated GitHub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapters.github import GitHubTracker, parse_params
from adapters.github.simulator import GitHubSimulator, SimulatorConfig
from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support.clock import Clock

PROJECT = "sim/project"
VALUES = Values(
    project=PROJECT,
    type="Bug",
    statuses=("open", "closed"),
    fields={
        "priority": "High",
        "assignee": User(name="Alice Archer", id="alice"),
        "labels": ("billing", "urgent"),
        "milestone": "2.0",
        "field_73": "ACME & Söhne",
        "field_74": 3,
        "field_75": "2026-01-31",
        "field_76": "S1",
        "field_77": ("Blue", "Red"),
    },
    sets={"labels": ("one", "two")},
    several={"labels": ("A label that is much longer than GitHub allows any label to be",)},
    resolved=("closed", "not_planned"),
    person=User(name="Alice Archer", id="alice"),
    discovers=True,
    longest_text=65_000,
)
_PLACES: Places = {
    "issue": ("POST", "/issues"),
    "update": ("PATCH", "/issues/"),
    "comment": ("POST", "/comments"),
    "link": ("POST", "/dependencies/blocked_by"),
}


class GitHubHands:
    def __init__(self, simulator: GitHubSimulator) -> None:
        self._state = simulator.state
        self._place = simulator.state.repository(PROJECT)
        self._alice = simulator.state.users["alice"]

    async def write_issue(self, summary: str) -> str:
        made = self._state.create(self._place, {"title": summary}, self._alice)
        return f"{self._place.id}-{made.number}"

    async def rename(self, issue_id: str, summary: str) -> None:
        self._state.edit(self._issue(issue_id), {"title": summary}, self._alice)

    async def comment(self, issue_id: str, text: str) -> None:
        self._state.add_comment(self._issue(issue_id), text, self._alice)

    async def delete(self, issue_id: str) -> None:
        self._state.delete(self._issue(issue_id), self._alice)

    def _issue(self, issue_id: str) -> Any:
        return self._state.issue(self._place, int(issue_id.partition("-")[2]))


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    clock = Clock()
    config = SimulatorConfig()
    async with aiohttp.ClientSession() as session, GitHubSimulator(config, now=clock) as simulator:

        def opened(**settings: Any) -> GitHubTracker:
            given = {"url": simulator.url, "token": config.token, "projects": [PROJECT]}
            params = parse_params({"write_rate": 0, **given, **settings})
            return GitHubTracker("github", params, session, clock, clock.pause)

        yield Site(
            name="github",
            values=VALUES,
            clock=clock,
            hands=GitHubHands(simulator),
            weather=SimulatedWeather(simulator, _PLACES),
            open=opened,
            wrong_credentials={"token": "nobody-has-this-token"},
            small_pages={"page_size": 2},
        )

"""The simulated SD Elements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapters.sd_elements import SdElementsTracker, parse_params
from adapters.sd_elements.simulator import SdElementsSimulator, SimulatorConfig
from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support.clock import Clock

PROJECT = "1"
BOB = User(name="Bob Example", email="bob@example.com", id="bob@example.com")
VALUES = Values(
    project=PROJECT,
    type="Task",
    statuses=("Incomplete", "Complete"),
    fields={
        "priority": "8",
        "phase": "Testing",
        "labels": ("billing", "urgent"),
        "assignee": BOB,
        "references": ("https://jira.example/browse/A-1",),
    },
    sets={
        "labels": ("one", "two"),
        "references": ("https://jira.example/browse/A-1", "https://jira.example/browse/A-2"),
    },
    person=User(name="Alice Example", email="alice@example.com", id="alice@example.com"),
    discovers=True,
)
_PLACES: Places = {
    "issue": ("POST", "/tasks/"),
    "update": ("PATCH", "/tasks/{task}/"),
    "comment": ("POST", "/notes/"),
}


class SdElementsHands:
    def __init__(self, simulator: SdElementsSimulator) -> None:
        self._state = simulator.state
        self._alice = simulator.state.users["alice"]

    async def write_issue(self, summary: str) -> str:
        return self._state.create(PROJECT, {"title": summary}, self._alice).id

    async def rename(self, issue_id: str, summary: str) -> None:
        self._state.change(self._state.tasks[issue_id], {"title": summary}, self._alice)

    async def comment(self, issue_id: str, text: str) -> None:
        self._state.add_note(self._state.tasks[issue_id], {"text": text}, self._alice)

    async def delete(self, issue_id: str) -> None:
        self._state.remove(self._state.tasks[issue_id])


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    clock = Clock()
    config = SimulatorConfig(library_tasks=0)
    async with (
        aiohttp.ClientSession() as session,
        SdElementsSimulator(config, now=clock) as simulator,
    ):

        def opened(**settings: Any) -> SdElementsTracker:
            given = {"url": simulator.url, "token": config.token, "projects": [PROJECT]}
            params = parse_params({"alm_connection": 7, **given, **settings})
            return SdElementsTracker("sd-elements", params, session, clock, clock.pause)

        yield Site(
            name="sd-elements",
            values=VALUES,
            clock=clock,
            hands=SdElementsHands(simulator),
            weather=SimulatedWeather(simulator, _PLACES),
            open=opened,
            wrong_credentials={"token": "nobody-has-this-token"},
            small_pages={"page_size": 2},
        )

"""The simulated Azure DevOps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapters.azure_devops import AzureDevOpsTracker, parse_params
from adapters.azure_devops.simulator import AzureDevOpsSimulator, SimulatorConfig
from adapters.azure_devops.simulator.edit import PatchOperation, create_item, edit_item
from adapters.azure_devops.simulator.faults import Mode
from adapters.azure_devops.simulator.process import SAM
from schemas.rich_text import Paragraph, RichText, Text
from schemas.values import User
from tests.contract.trackers.harness import Loss, Site, Values, Write
from tests.support.clock import Clock

PROJECT = "Tidegate"
VALUES = Values(
    project=PROJECT,
    type="Task",
    statuses=("New", "Active"),
    fields={
        "priority": "1",
        "assignee": User(name="Sam Okafor"),
        "labels": ("billing", "urgent"),
        "area": "Tidegate / Team A / Web",
        "iteration": "Tidegate / Sprint 1",
        "due": "2032-01-31",
        "estimate": 5400,
        "remaining": 1200,
        "spent": 4200,
        "Microsoft.VSTS.Scheduling.StoryPoints": 2.5,
        "Custom.Team": "Größe & שלום",
        "Custom.Impact": RichText((Paragraph((Text("Much "), Text("harm", ("strong",)))),)),
        "Custom.Cost": 12.5,
        "Custom.Approved": True,
        "Custom.GoLive": "2026-01-31T12:30:00.000Z",
        "Custom.Tier": "Silver",
        "Custom.Contact": User(name="Zoë Müller", email="zoe@example.com"),
    },
    sets={"labels": ("one", "two")},
    resolved=("Closed", "Cut"),
    several={"labels": ("a;b", "A", "a")},
    person=User(name="Sam Okafor", email="sam@example.com"),
    discovers=True,
)
_PLACES: dict[Write, tuple[str, str]] = {
    "issue": ("POST", "/_apis/wit/workitems/$"),
    "update": ("PATCH", "/_apis/wit/workitems/"),
    "comment": ("POST", "/comments"),
    "attachment": ("PATCH", "/_apis/wit/workitems/"),
    "link": ("PATCH", "/_apis/wit/workitems/"),
}


class AzureDevOpsHands:
    def __init__(self, simulator: AzureDevOpsSimulator) -> None:
        self._state = simulator.state

    async def write_issue(self, summary: str) -> str:
        operations = [PatchOperation("add", "/fields/System.Title", summary)]
        return str(create_item(self._state, PROJECT, "Task", operations, by=SAM).id)

    async def rename(self, issue_id: str, summary: str) -> None:
        operations = [PatchOperation("add", "/fields/System.Title", summary)]
        edit_item(self._state, self._state.item(int(issue_id)), operations, by=SAM)

    async def comment(self, issue_id: str, text: str) -> None:
        self._state.comment(self._state.item(int(issue_id)), text, SAM)

    async def delete(self, issue_id: str) -> None:
        self._state.delete(self._state.item(int(issue_id)), SAM)


class AzureDevOpsWeather:
    def __init__(self, simulator: AzureDevOpsSimulator) -> None:
        self._simulator = simulator

    def lose_answer(self, write: Write, how: Loss) -> None:
        method, path = _PLACES[write]
        mode: Mode = "drop_after" if how == "cut" else "answer_after"
        self._simulator.fail_next(method=method, path=path, mode=mode)

    def throttle(self, seconds: int) -> None:
        self._simulator.fail_next(status=429, headers={"Retry-After": str(seconds)})

    def break_down(self, times: int) -> None:
        self._simulator.fail_next(status=503, times=times)

    def answer_garbage(self) -> None:
        self._simulator.fail_next(status=200, body=b"<html>Sign in</html>")

    def slow(self, seconds: float) -> None:
        self._simulator.latency = seconds


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    clock = Clock()
    async with (
        aiohttp.ClientSession() as session,
        AzureDevOpsSimulator(SimulatorConfig(report_page=3), now=clock) as simulator,
    ):

        def opened(**settings: Any) -> AzureDevOpsTracker:
            given = {"url": simulator.url, "token": simulator.config.token, "project": PROJECT}
            params = parse_params({"webhook_secret": "hush", **given, **settings})
            return AzureDevOpsTracker("azure-devops", params, session, clock, clock.pause)

        yield Site(
            name="azure-devops",
            values=VALUES,
            clock=clock,
            hands=AzureDevOpsHands(simulator),
            weather=AzureDevOpsWeather(simulator),
            open=opened,
            wrong_credentials={"token": "nobody-has-this-token"},
            small_pages={"page_size": 2},
        )

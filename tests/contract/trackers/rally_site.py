"""The simulated Rally for the suite. Its user stories stand in for all three types: they alone
have both parents and links of their own type."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapters.rally import RallyTracker, parse_params
from adapters.rally.simulator import RallySimulator, SimulatorConfig
from schemas.rich_text import plain
from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support.clock import Clock

API = "/slm/webservice/v2.0"
VALUES = Values(
    project="Harbour",
    type="User Story",
    statuses=("Defined", "In-Progress"),
    link_kinds=("follows", "precedes"),
    fields={
        "labels": ("backend", "größe & co"),
        "milestone": "Autumn",
        "fix_versions": ("1.0",),
        "iteration": "Sprint 1",
        "area": "Pier",
        "Notes": plain("Seen by two"),
        "assignee": User(name="Alice Example"),
        "Blocked": True,
        "BlockedReason": 'Waits for "them"',
        "Ready": True,
        "Expedite": True,
        "PlanEstimate": 5,
        "c_Customer": "ACME & Söhne",
        "c_Impact": plain("It hurts"),
        "c_Score": 1.5,
        "c_Count": 7,
        "c_Released": True,
        "c_Wanted": "2026-01-31",
        "c_Team": "Green",
        "c_Areas": ("Dock", "Hull"),
        "c_Tester": User(name="Bob Example"),
        "c_Page": "https://example.com/a?b=c",
    },
    sets={"labels": ("one", "two"), "c_Areas": ("Dock", "Engine")},
    person=User(name="Alice Example", email="alice@example.com"),
    discovers=True,
    longest_text=32_000,
)
_PLACES: Places = {
    "issue": ("POST", "/hierarchicalrequirement/create"),
    "update": ("POST", "/hierarchicalrequirement/{oid}"),
    "comment": ("POST", "/conversationpost/create"),
    "attachment": ("POST", "/attachment/create"),
    "worklog": ("POST", "/timeentryvalue/create"),
    "link": ("POST", "/{way}"),
}


class RallyHands:
    """Over the web services, with the key of a person who is an editor."""

    def __init__(self, simulator: RallySimulator, session: aiohttp.ClientSession) -> None:
        self._simulator = simulator
        self._session = session

    async def write_issue(self, summary: str) -> str:
        projects = self._simulator.state.of_type["Project"].values()
        oid = next(one.oid for one in projects if one.name == "Harbour")
        body = {"HierarchicalRequirement": {"Name": summary, "Project": f"/project/{oid}"}}
        answer = await self.call("POST", "/hierarchicalrequirement/create", body)
        return str(answer["CreateResult"]["Object"]["_ref"]).rpartition("/")[2]

    async def rename(self, issue_id: str, summary: str) -> None:
        body = {"HierarchicalRequirement": {"Name": summary}}
        await self.call("POST", f"/hierarchicalrequirement/{issue_id}", body)

    async def comment(self, issue_id: str, text: str) -> None:
        artifact = f"/hierarchicalrequirement/{issue_id}"
        body = {"ConversationPost": {"Artifact": artifact, "Text": text}}
        await self.call("POST", "/conversationpost/create", body)

    async def delete(self, issue_id: str) -> None:
        await self.call("DELETE", f"/hierarchicalrequirement/{issue_id}")

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"ZSESSIONID": "alice-token"}
        url = self._simulator.url + API + path
        async with self._session.request(method, url, json=body, headers=headers) as answer:
            told = await answer.json()
            result = next(iter(told.values()))
            assert (answer.status, result["Errors"]) == (200, []), (method, path, told)
            return told


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    clock = Clock()
    config = SimulatorConfig()
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        RallySimulator(config, now=clock) as simulator,
    ):

        def opened(**settings: Any) -> RallyTracker:
            given = {
                "url": simulator.url,
                "token": config.token,
                "projects": ["Harbour"],
                **settings,
            }
            return RallyTracker("rally", parse_params(given), session, clock, clock.pause)

        yield Site(
            name="rally",
            values=VALUES,
            clock=clock,
            hands=RallyHands(simulator, session),
            weather=SimulatedWeather(simulator, _PLACES),
            open=opened,
            wrong_credentials={"token": "nobody-has-this-key"},
            small_pages={"page_size": 2},
        )

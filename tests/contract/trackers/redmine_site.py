"""The simulated and the real Redmine, which are one and the same for the suite."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapters.redmine import RedmineTracker, parse_params
from adapters.redmine.simulator import RedmineSimulator, SimulatorConfig
from schemas.rich_text import plain
from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support import redmine
from tests.support.clock import Clock

VALUES = Values(
    project="sim",
    type="Bug",
    statuses=("New", "In Progress"),
    fields={
        "priority": "High",
        "assignee": User(name="Alice Example"),
        "components": ("Backend",),
        "fix_versions": ("1.0",),
        "due": "2032-01-31",
        "start_date": "2032-01-01",
        "private": True,
        "estimate": 5400,
        "done_ratio": 40,
        "cf_1": "ACME & Söhne",
        "cf_2": 1.5,
        "cf_3": "S2",
        "cf_4": ("Blue", "Red"),
        "cf_5": User(name="Bob Example"),
        "cf_6": True,
        "cf_7": plain("A story"),
        "cf_8": 7,
        "cf_9": "2026-01-31",
        "cf_10": "https://example.com/docs?a=b",
        "cf_12": "Beta",
    },
    sets={"cf_4": ("Green", "Red")},
    several={"components": ("Backend", "Frontend"), "fix_versions": ("1.0", "2.0")},
    person=User(name="Alice Example", email="alice@example.com"),
    discovers=True,
)
KINDS = {"cf_7": "rich_text"}
"""What Redmine does not tell: that the field holds formatted text."""
_PLACES: Places = {
    "issue": ("POST", "/issues.json"),
    "update": ("PUT", "/issues/"),
    "comment": ("PUT", "/issues/"),
    "attachment": ("PUT", "/issues/"),
    "worklog": ("POST", "/time_entries.json"),
    "link": ("POST", "/relations.json"),
}


class RedmineHands:
    """Over REST, with the key of a person who is no administrator."""

    def __init__(self, url: str, key: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._headers = {"X-Redmine-API-Key": key}
        self._session = session

    async def write_issue(self, summary: str) -> str:
        values = {"project_id": "sim", "tracker_id": 1, "subject": summary}
        answer = await self.call("POST", "/issues.json", {"issue": values})
        return str(answer["issue"]["id"])

    async def rename(self, issue_id: str, summary: str) -> None:
        await self.call("PUT", f"/issues/{issue_id}.json", {"issue": {"subject": summary}})

    async def comment(self, issue_id: str, text: str) -> None:
        await self.call("PUT", f"/issues/{issue_id}.json", {"issue": {"notes": text}})

    async def delete(self, issue_id: str) -> None:
        await self.call("DELETE", f"/issues/{issue_id}.json")

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        async with self._session.request(
            method, self._url + path, json=body, headers=self._headers
        ) as answer:
            text = await answer.text()
            assert answer.status < 300, (method, path, answer.status, text)
            return await answer.json() if text else None


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    clock = Clock()
    config = SimulatorConfig()
    async with (
        aiohttp.ClientSession() as session,
        RedmineSimulator(config, now=clock) as simulator,
    ):
        yield _site(
            "redmine",
            simulator.url,
            config.token,
            "alice-token",
            session,
            clock,
            SimulatedWeather(simulator, _PLACES),
        )


@asynccontextmanager
async def real(url: str) -> AsyncIterator[Site]:
    clock = Clock(lambda: time.time_ns() // 1_000_000)
    async with aiohttp.ClientSession() as session:
        alice = redmine.PERSON_KEYS["alice"]
        yield _site("redmine-real", url, redmine.ADMIN_KEY, alice, session, clock, None)


def _site(
    name: str,
    url: str,
    key: str,
    person_key: str,
    session: aiohttp.ClientSession,
    clock: Clock,
    weather: SimulatedWeather | None,
) -> Site:
    def opened(**settings: Any) -> RedmineTracker:
        given = {"url": url, "token": key, "projects": ["sim"], "custom_kinds": KINDS}
        params = parse_params({**given, **settings})
        return RedmineTracker(name, params, session, clock, clock.pause)

    return Site(
        name=name,
        values=VALUES,
        clock=clock,
        hands=RedmineHands(url, person_key, session),
        weather=weather,
        open=opened,
        wrong_credentials={"token": "nobody-has-this-key"},
        small_pages={"page_size": 2},
    )

"""The simulated ALM, once with defects and once with requirements under version control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapters.alm import AlmTracker, parse_params
from adapters.alm.ids import parse as parse_id
from adapters.alm.simulator import AlmSimulator, SimulatorConfig, edits
from schemas.rich_text import plain
from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support.clock import Clock

USER_FIELDS = {
    "due": "2032-01-31",
    "user-01": "ACME & Söhne",
    "user-02": plain("Some notes"),
    "user-03": 1.5,
    "user-04": "2026-01-31",
    "user-06": ("Blue", "Red"),
    "user-09": "Europe / Paris",
    "user-10": True,
    "user-11": "2026-07-31T12:00:00.000Z",
    "user-12": ("Alice Example", "Bob Example"),
    "user-13": "Green",
}
DEFECTS = Values(
    project="sim",
    type="Defect",
    statuses=("New", "Open"),
    fields={
        "priority": "3-High",
        "assignee": User(name="Alice Example"),
        "reporter": User(name="Bob Example"),
        "components": ("Frontend & Söhne",),
        "affected_versions": ("1.0",),
        "fix_versions": ("1.1",),
        "milestone": "Autumn & Winter",
        "estimate": 43_200,
        "spent": 14_400,
        "severity": "4-Very High",
        "closing-date": "2026-02-28",
        "reproducible": False,
        "user-08": User(name="Bob Example"),
        **USER_FIELDS,
    },
    sets={"user-06": ("Green", "Red")},
    person=User(name="Alice Example", email="alice@example.com"),
    discovers=True,
)
REQUIREMENTS = Values(
    project="sim",
    type="Requirement / Functional",
    statuses=("Not Reviewed", "Reviewed"),
    fields={
        "priority": "3-High",
        "assignee": User(name="Alice Example"),
        "reporter": User(name="Bob Example"),
        "components": ("Backend",),
        "fix_versions": ("Autumn & Winter", "Spring"),
        **USER_FIELDS,
    },
    sets={"user-06": ("Green", "Red"), "fix_versions": ("Autumn & Winter", "Spring")},
    person=User(name="Alice Example", email="alice@example.com"),
    parent_type="Requirement / Group",
    discovers=True,
)


class AlmHands:
    """Alice at ALM's own client, which checks out and in by itself."""

    def __init__(self, simulator: AlmSimulator, kind: str) -> None:
        self._state = simulator.state
        self._kind = kind

    async def write_issue(self, summary: str) -> str:
        values = {"name": [summary]}
        if self._kind == "defect":
            day = self._state.local(self._state.now())[:10]
            values |= {"severity": ["1-Low"], "detected-by": ["alice"], "creation-time": [day]}
        else:
            values |= {"type-id": ["3"]}
        made = edits.create(self._state, self._kind, values, "alice")
        made.checked_out_by = ""
        return f"{self._kind}-{made.id}"

    async def rename(self, issue_id: str, summary: str) -> None:
        entity = self._entity(issue_id)
        entity.checked_out_by = "alice"
        edits.update(self._state, entity, {"name": [summary]}, "alice")
        entity.checked_out_by = ""

    async def comment(self, issue_id: str, text: str) -> None:
        entity = self._entity(issue_id)
        entity.checked_out_by = "alice"
        edits.comment(self._state, entity, text, "alice")
        entity.checked_out_by = ""

    async def delete(self, issue_id: str) -> None:
        self._state.delete(self._entity(issue_id))

    def _entity(self, issue_id: str) -> Any:
        issue = parse_id(issue_id, "defect")
        return self._state.entity(issue.type, int(issue.number))


def _weather(simulator: AlmSimulator, kind: str) -> SimulatedWeather:
    places: Places = {
        "issue": ("POST", f"/{kind}s"),
        "update": ("PUT", f"/{kind}s/{{id}}"),
        "comment": ("PUT", f"/{kind}s/{{id}}"),
        "attachment": ("POST", "/attachments"),
        "link": ("POST", "/defect-links"),
    }
    said = {"Id": "qccore.general-error", "Title": "An internal error occurred."}
    return SimulatedWeather(simulator, places, said)


@asynccontextmanager
async def defects() -> AsyncIterator[Site]:
    """By API key, in JSON, with a field for our marker."""
    settings = {
        "client_id": SimulatorConfig().client_id,
        "secret": SimulatorConfig().secret,
        "entities": ["defect"],
        "marker_field": "user-07",
    }
    wrong = {"secret": "nobody-has-this-key"}
    async with _site("alm", "defect", DEFECTS, SimulatorConfig(), settings, wrong) as site:
        yield site


@asynccontextmanager
async def requirements() -> AsyncIterator[Site]:
    """By password, in XML, under version control, with the marker in the description."""
    config = SimulatorConfig(versioned=True, time_zone="America/New_York")
    settings = {
        "user": config.user,
        "password": config.password,
        "entities": ["requirement"],
        "format": "xml",
        "fields": {"due": "user-05", "assignee": "user-08"},
    }
    wrong = {"password": "nobody-has-this-word"}
    name = "alm-requirements"
    async with _site(name, "requirement", REQUIREMENTS, config, settings, wrong) as site:
        yield site


@asynccontextmanager
async def _site(
    name: str,
    kind: str,
    values: Values,
    config: SimulatorConfig,
    settings: dict[str, Any],
    wrong: dict[str, Any],
) -> AsyncIterator[Site]:
    clock = Clock(start=1_790_000_000_000)  # ALM keeps whole seconds
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        AlmSimulator(config, now=clock) as simulator,
    ):

        def opened(**more: Any) -> AlmTracker:
            given = {
                "url": simulator.address,
                "project": "sim",
                "fields": {"due": "user-05"},
                "defaults": {"severity": "2-Medium"},
                **settings,
                **more,
            }
            return AlmTracker(name, parse_params(given), session, clock, clock.pause)

        yield Site(
            name=name,
            values=values,
            clock=clock,
            hands=AlmHands(simulator, kind),
            weather=_weather(simulator, kind),
            open=opened,
            wrong_credentials=wrong,
            small_pages={"page_size": 2},
        )

"""The notebook as the conformance suite wants it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from tidegate_notebook.params import parse_params
from tidegate_notebook.simulator import PEOPLE, Notebook
from tidegate_notebook.tracker import NotebookTracker

from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.contract.trackers.weather import Places, SimulatedWeather
from tests.support.clock import Clock

ALICE = User(name="Alice", id="alice")
VALUES = Values(
    project="notes",
    type="Note",
    statuses=("open", "done"),
    fields={"assignee": ALICE, "labels": ("billing", "urgent")},
    sets={"labels": ("one", "two")},
    person=ALICE,
    discovers=True,
)
_PLACES: Places = {
    "issue": ("POST", "/api/notes"),
    "update": ("PATCH", "/api/notes/{note}"),
    "comment": ("POST", "/remarks"),
}


class Hands:
    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    async def write_issue(self, summary: str) -> str:
        return self._notebook.write({"title": summary}).id

    async def rename(self, issue_id: str, summary: str) -> None:
        self._notebook.edit(self._notebook.notes[issue_id], {"title": summary})

    async def comment(self, issue_id: str, text: str) -> None:
        self._notebook.remark(self._notebook.notes[issue_id], text, PEOPLE["alice"])

    async def delete(self, issue_id: str) -> None:
        self._notebook.remove(self._notebook.notes[issue_id])


@asynccontextmanager
async def simulated() -> AsyncIterator[Site]:
    clock = Clock()
    async with aiohttp.ClientSession() as session, Notebook(now=clock) as notebook:

        def opened(**settings: Any) -> NotebookTracker:
            given = {"url": notebook.url, "token": notebook.token, "projects": ["notes"]}
            params = parse_params({**given, **settings})
            return NotebookTracker("notebook", params, session, clock, clock.pause)

        yield Site(
            name="notebook",
            values=VALUES,
            clock=clock,
            hands=Hands(notebook),
            weather=SimulatedWeather(notebook, _PLACES),
            open=opened,
            wrong_credentials={"token": "nobody-has-this-token"},
            small_pages={"page_size": 2},
        )

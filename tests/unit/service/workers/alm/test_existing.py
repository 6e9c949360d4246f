"""Issues that stand for a task: what a search says that is not so any more, and a busy tracker."""

from typing import Any

from adapters.port import SearchPage
from adapters.sd_elements.survey import SurveyedTask
from schemas.errors import Fault, TrackerError
from schemas.issue import Issue, IssueRef
from service.workers.alm import catalogue, params
from service.workers.alm.existing import Existing
from service.workers.alm.rules import Names

TASK = SurveyedTask(
    IssueRef("1-T1", "1-T1", ""), "T1", "requirements", 9, frozenset(), None, "TODO", 0, 0
)
GONE, THERE = IssueRef("1", "A-1", ""), IssueRef("2", "A-2", "")


class Tracker:
    """Its index knows an issue that is gone; it limits its callers once with each call."""

    def __init__(self) -> None:
        self.busy = {"search", "1", "2"}

    def _pause(self, what: str) -> None:
        if what in self.busy:
            self.busy.discard(what)
            raise TrackerError(Fault.THROTTLED, "Slowly.", retry_after=7.0)

    async def search(self, query: str, projects: Any, *, cursor: str = "", issue: str = "") -> Any:
        self._pause("search")
        return SearchPage((THERE,)) if cursor else SearchPage((GONE,), "next")

    async def read(self, issue_id: str, parts: Any) -> Issue:
        self._pause(issue_id)
        if issue_id == GONE.id:
            raise TrackerError(Fault.GONE, "It was deleted.")
        return Issue(THERE, 1, 1, "A", {"summary": "T1:  Words", "description": None})


async def test_what_is_gone_is_passed_over_and_a_busy_tracker_is_waited_for() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    system = catalogue.find("jira")
    settings = params.settings_of(system, {"alm_project": "A"})
    tracker: Any = Tracker()
    found = await Existing(tracker, "A", settings, Names(), sleep).of([TASK])
    assert {task: issue.ref for task, issue in found.items()} == {"1-T1": THERE}
    assert slept == [7.0, 7.0, 7.0]

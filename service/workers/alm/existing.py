"""Issues that stand for a task already: one that its reference names, or one whose title is made as
the task's would be."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import structlog

from adapters.port import Searching, Tracker
from adapters.sd_elements.survey import SurveyedTask
from schemas.errors import Fault, TrackerError
from schemas.issue import Issue, IssueRef, Part
from schemas.rich_text import RichText, to_plain
from service.workers.alm import titles
from service.workers.alm.lookup import Lookup
from service.workers.alm.params import Settings
from service.workers.alm.rules import SOURCE, TESTING, Names, filled, titled

log = structlog.get_logger()

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")

_FIELDS = frozenset({Part.FIELDS})
_ABSENT = (Fault.NOT_FOUND, Fault.GONE, Fault.VALIDATION)
_TASK = re.compile(r"[^\s/]+-[A-Z]+\d+(?=[/)?#]|$)")
_BREATH = 1.0
"""Seconds, where a tracker that limits its callers does not tell for how long."""


class Existing:
    def __init__(
        self, tracker: Tracker, project: str, settings: Settings, names: Names, sleep: Sleep
    ) -> None:
        self._tracker = tracker
        self._project = project
        self._settings = settings
        self._names = names
        self._sleep = sleep
        conditions = filled(settings.lookup_fields, settings, names)
        if settings.system.id == "rally" and settings.parent:
            conditions |= {"WorkProduct.FormattedID": settings.parent}
        self._lookup = Lookup(settings.system, settings.issue_type, conditions)

    def at_once(self, tasks: int, side_by_side: int) -> int:
        return self._lookup.at_once(tasks, side_by_side)

    async def of(self, tasks: Sequence[SurveyedTask]) -> dict[str, Issue]:
        """By the task's id; of as many tasks as `at_once` says."""
        found: dict[str, Issue] = {}
        for task in tasks:
            issue = await self._referred(task)
            if issue is not None:
                found[task.ref.id] = issue
        rest = [task for task in tasks if task.ref.id not in found]
        return found | (await self._titled(rest) if rest else {})

    async def _referred(self, task: SurveyedTask) -> Issue | None:
        wanted = str(self._settings.references or "")
        for connection, reference in task.references:
            if wanted not in ("", connection):
                continue
            try:
                ref = await self._patiently(partial(self._tracker.resolve, reference))
                return await self._read(ref)
            except TrackerError as error:
                if error.fault not in _ABSENT:
                    raise
        return None

    async def _titled(self, tasks: Sequence[SurveyedTask]) -> dict[str, Issue]:
        around = {task.ref.id: self._around(task) for task in tasks}
        found: dict[str, Issue] = {}
        queries = self._queries(tasks, around)
        for ref in [ref for query in queries for ref in await self._search(query)]:
            issue = await self._indexed(ref)
            fitting = [t for t in tasks if issue and self._fits(issue, t, *around[t.ref.id])]
            if issue is None or not fitting:
                continue
            task = fitting[0]
            if task.ref.id in found:
                log.warning("alm.several_issues", task=task.ref.key, left=ref.key)
            found.setdefault(task.ref.id, issue)
        return found

    def _queries(
        self, tasks: Sequence[SurveyedTask], around: Mapping[str, tuple[str, str]]
    ) -> Iterator[str]:
        """One, or one for each kind of thing that tasks become."""
        for tests in (False, True):
            of_kind = [t for t in tasks if (self._settings.tests and t.phase == TESTING) is tests]
            words = [self._fixed(task, *around[task.ref.id]) for task in of_kind]
            if words:
                yield self._lookup.query(words, tests=tests)

    async def _search(self, query: str) -> list[IssueRef]:
        tracker = self._tracker
        if not isinstance(tracker, Searching):
            return []
        found: list[IssueRef] = []
        cursor = ""
        while True:
            page = await self._patiently(
                partial(tracker.search, query, (self._project,), cursor=cursor)
            )
            found += page.issues
            cursor = page.cursor
            if not cursor:
                return found

    def _around(self, task: SurveyedTask) -> tuple[str, str]:
        before, behind = titles.around(
            self._settings.title_format, task.short, titled(self._settings, self._names)
        )
        if self._settings.system.id == "hp_alm":
            before, behind = before.replace(":", "-"), behind.replace(":", "-")
        return _even(before), _even(behind)

    def _fixed(self, task: SurveyedTask, before: str, behind: str) -> str:
        """That part of the title which names the task."""
        return before if task.short in before else behind

    def _fits(self, issue: Issue, task: SurveyedTask, before: str, behind: str) -> bool:
        """A search finds what is like it; this is whether it is it."""
        title = _even(str(issue.fields.get("summary") or ""))
        if not (title.startswith(before) and title.endswith(behind)):
            return False
        labels = issue.fields.get("labels")
        if isinstance(labels, tuple) and self._settings.duplicate in labels:
            return False
        return _source(issue) in ("", task.ref.id)

    async def _indexed(self, ref: IssueRef) -> Issue | None:
        """None: the index of the tracker is behind, and there is no such issue any more."""
        try:
            return await self._read(ref)
        except TrackerError as error:
            if error.fault not in _ABSENT:
                raise
            return None

    async def _read(self, ref: IssueRef) -> Issue:
        return await self._patiently(partial(self._tracker.read, ref.id, _FIELDS))

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """A tracker that limits its callers is waited for."""
        while True:
            try:
                return await call()
            except TrackerError as error:
                if error.fault is not Fault.THROTTLED:
                    raise
                await self._sleep(error.retry_after or _BREATH)


def _even(text: str) -> str:
    return " ".join(text.split())


def _source(issue: Issue) -> str:
    """The task that an issue says it was made for; '' where it says nothing."""
    described = issue.fields.get("description")
    words = to_plain(described) if isinstance(described, RichText) else str(described or "")
    _, told, address = words.rpartition(SOURCE)
    found = _TASK.findall(address.split()[0]) if told and address.split() else []
    return found[-1] if found else ""

"""The scan: the tasks of each project, page by page; those with a newer date or another number of
notes are told. The list takes no date, so an unchanged task costs its place in a page, no more."""

from collections.abc import AsyncIterator, Callable

import msgspec

from adapters.port import ChangesPage
from adapters.sd_elements import answers, moments
from adapters.sd_elements.client import SdElementsClient, all_of
from adapters.sd_elements.paths import tasks_path
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.values import Millis


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    at: Millis
    """Tasks that changed before are known."""
    newest: Millis = 0
    """The newest change of the rounds that are over."""
    round_newest: Millis = 0
    """Of the round under way."""
    project: str = ""
    """Where a round that is not at its end goes on; '' begins one."""
    page: int = 1
    told: dict[str, Millis] = {}
    """Handed out within the overlap: task id -> its date."""
    notes: dict[str, int] = {}
    """Of tasks that have any."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cursor).decode


class Scan:
    def __init__(
        self, connector: str, client: SdElementsClient, now: Callable[[], Millis], overlap: float
    ) -> None:
        self._connector = connector
        self._client = client
        self._now = now
        self._overlap = int(overlap * 1000)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        if cursor is None:
            return ChangesPage((), _text(Cursor(self._now())), True)
        state = _read(cursor)
        wanted = projects or await self.projects()
        if not wanted:
            return ChangesPage((), cursor, True)
        project = state.project if state.project in wanted else wanted[0]
        number = state.page if state.project in wanted else 1
        page = await self._page(project, number)
        fresh = [task for task in page.results if self._is_news(state, task)]
        state = self._noted(state, page.results)
        following = wanted[wanted.index(project) + 1 :]
        if page.next:
            state = msgspec.structs.replace(state, project=project, page=number + 1)
        elif following:
            state = msgspec.structs.replace(state, project=following[0], page=1)
        else:
            return ChangesPage(self._events(project, fresh), _text(self._ended(state)), True)
        return ChangesPage(self._events(project, fresh), _text(state), False)

    def _is_news(self, state: Cursor, task: answers.Task) -> bool:
        if task.note_count != state.notes.get(task.id, 0):
            return True
        at = moments.parse_or_zero(task.updated)
        return at >= state.at - self._overlap and state.told.get(task.id) != at

    def _noted(self, state: Cursor, tasks: tuple[answers.Task, ...]) -> Cursor:
        dates = {task.id: moments.parse_or_zero(task.updated) for task in tasks}
        notes = {task.id: task.note_count for task in tasks}
        known = {**state.notes, **notes}
        floor = state.at - self._overlap
        recent = {task: at for task, at in {**state.told, **dates}.items() if at >= floor}
        return msgspec.structs.replace(
            state,
            round_newest=max([state.round_newest, *dates.values()]),
            told=recent,
            notes={task: count for task, count in known.items() if count},
        )

    def _ended(self, state: Cursor) -> Cursor:
        # Pages shift when tasks come and go: each change is looked for in one more whole round.
        at = max(state.at, state.newest)
        floor = at - self._overlap
        told = {task: moment for task, moment in state.told.items() if moment >= floor}
        newest = max(state.newest, state.round_newest)
        return Cursor(at, newest, told=told, notes=state.notes)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        for project in projects or await self.projects():
            number, more = 1, True
            while more:
                page = await self._page(project, number)
                for event in self._events(project, page.results):
                    yield event
                number, more = number + 1, bool(page.next)

    async def projects(self) -> tuple[str, ...]:
        pages = self._client.pages("/projects/", answers.project_page, what="list the projects")
        return tuple(str(found.id) for found in await all_of(pages) if not found.archived)

    async def _page(self, project: str, number: int) -> answers.TaskPage:
        pages = self._client.pages(
            tasks_path(project), answers.task_page, what="list the tasks", first=number
        )
        return await anext(pages)

    def _events(
        self, project: str, tasks: list[answers.Task] | tuple[answers.Task, ...]
    ) -> tuple[IssueChanged, ...]:
        return tuple(
            IssueChanged(
                connector=self._connector,
                issue=task.id,
                # Its date proves nothing of its notes.
                version=None,
                project=project,
                source="scan",
                at=self._now(),
            )
            for task in tasks
        )


def _text(cursor: Cursor) -> str:
    return _encode(cursor).decode()


def _read(cursor: str) -> Cursor:
    try:
        return _decode(cursor)
    except msgspec.DecodeError as error:
        raise TrackerError(
            Fault.CONFIGURATION,
            "The kept position of the SD Elements scan cannot be read.",
            remedy="Start the scan anew, and run a full scan once.",
        ) from error

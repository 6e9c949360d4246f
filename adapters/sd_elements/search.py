"""Searching by filters, `priority__gte=7&phase=X3&status=Incomplete`, over the tasks of a project.

The server filters by the least priority alone, and may take no notice of a filter that it does not
know; so all others are judged here, over the whole list.
"""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

from adapters.port import SearchPage
from adapters.query_text import wrong
from adapters.sd_elements import answers, mapping
from adapters.sd_elements.catalogue import Catalogue
from adapters.sd_elements.client import SdElementsClient
from adapters.sd_elements.paths import tasks_path

_TITLE = "SD Elements"
_LEAST = "priority__gte"


class FilterSearch:
    def __init__(self, base: str, client: SdElementsClient) -> None:
        self._base = base
        self._client = client

    async def page(
        self, query: str, projects: tuple[str, ...], catalogue: Catalogue, cursor: str, issue: str
    ) -> SearchPage:
        """A cursor is a project's place and a page."""
        wanted = filters(query)
        place, number = (int(part) for part in (cursor or "0 1").split(" "))
        if place >= len(projects):
            return SearchPage(())
        asked = {"include": "tags"}
        if least := wanted.get(_LEAST):
            asked[_LEAST] = max(least, key=int)
        pages = self._client.pages(
            tasks_path(projects[place]),
            answers.task_page,
            what="search tasks",
            query=asked,
            first=number,
        )
        page = await anext(pages)
        refs = tuple(
            mapping.reference(self._base, task)
            for task in page.results
            if (not issue or task.id == issue) and _fits(task, wanted, catalogue)
        )
        if page.next:
            return SearchPage(refs, f"{place} {number + 1}")
        return SearchPage(refs, f"{place + 1} 1" if place + 1 < len(projects) else "")


def filters(query: str) -> dict[str, tuple[str, ...]]:
    """Each filter with the values of which one has to fit."""
    found: dict[str, tuple[str, ...]] = {}
    text = query.strip().lstrip("?")
    for name, value in parse_qsl(text, keep_blank_values=True):
        at = max(text.find(name), 0)
        if name not in (*_HELD, _LEAST, "title"):
            raise wrong(_TITLE, f"{name[:60]!r} is no filter", at)
        if name in (_LEAST, "priority") and not value.isdecimal():
            raise wrong(_TITLE, f"{name} is a number", at)
        found[name] = (*found.get(name, ()), value.casefold())
    if not found:
        raise wrong(_TITLE, "it has no filter, such as priority__gte=7", 0)
    return found


def _fits(task: answers.Task, wanted: dict[str, tuple[str, ...]], catalogue: Catalogue) -> bool:
    for name, values in wanted.items():
        if name == "title":
            fits = all(value in task.title.casefold() for value in values)
        elif name == _LEAST:
            fits = all(int(task.priority) >= int(value) for value in values)
        else:
            held = {text.casefold() for text in _HELD[name](task, catalogue) if text}
            fits = not held.isdisjoint(values)
        if not fits:
            return False
    return True


def _status(task: answers.Task, catalogue: Catalogue) -> Iterator[str]:
    held = task.status if isinstance(task.status, str) else task.status.id
    yield held
    for status in catalogue.statuses:
        if held in (status.id, status.name, status.slug):
            yield from (status.id, status.name, status.slug)


def _phase(task: answers.Task, catalogue: Catalogue) -> Iterator[str]:
    held = task.phase if isinstance(task.phase, str) else task.phase.id
    yield held
    for phase in catalogue.phases:
        if held in (phase.id, phase.name, phase.slug):
            yield from (phase.id, phase.name, phase.slug)


def _assigned(task: answers.Task, catalogue: Catalogue) -> Iterator[str]:
    held = task.assigned_to
    yield from (held,) if isinstance(held, str) else held or ()


_HELD: dict[str, Callable[[answers.Task, Catalogue], Iterator[str]]] = {
    "status": _status,
    "phase": _phase,
    "priority": lambda task, catalogue: iter((str(task.priority),)),
    "tag": lambda task, catalogue: iter(task.tags or ()),
    "verification": lambda task, catalogue: iter((task.verification_status or "none",)),
    "assigned_to": _assigned,
}

"""What a connector's tracker knows: its projects, and the types, fields and values of one."""

from typing import Protocol

from adapters.port import Discovery, Projects
from schemas.api import Page, ProjectQuery
from schemas.errors import InputError
from schemas.metadata import Choice, Metadata
from service.workers.operations.desk import Desk


class MetadataSource(Protocol):
    async def metadata(self, connector: str, project: str) -> Metadata:
        """Of the connector with that id. Raises `TrackerError`."""
        ...


class DiscoveryOperations:
    """Asks the tracker itself, where nothing keeps its answers."""

    def __init__(self, desk: Desk, source: MetadataSource | None = None) -> None:
        self._desk = desk
        self._source = source

    async def projects(self, connector: str, query: ProjectQuery) -> Page[Choice]:
        tracker = self._desk.connector(connector).tracker
        if not isinstance(tracker, Projects):
            raise _untold(connector, "which projects it has")
        search = query.search.casefold()
        found = [
            each
            for each in await tracker.projects()
            if search in f"{each.name}\n{each.id}".casefold()
        ]
        return Page(len(found), tuple(found[query.offset : query.offset + query.page_size]))

    async def metadata(self, connector: str, project: str) -> Metadata:
        opened = self._desk.connector(connector)
        if self._source is not None:
            return await self._source.metadata(opened.record.id, project)
        if not isinstance(opened.tracker, Discovery):
            raise _untold(connector, "what its projects know")
        return await opened.tracker.metadata(project)


def _untold(connector: str, what: str) -> InputError:
    return InputError(
        f"The tracker of {connector!r} does not tell {what}.",
        status=409,
        remedy="Write the names as its users see them.",
    )

"""What a connector's tracker knows: its projects, and the types, fields and values of one."""

from schemas.api import Page, ProjectQuery
from schemas.errors import InputError
from schemas.metadata import Choice, Metadata
from service.workers.operations.desk import Desk


class DiscoveryOperations:
    """Asks the tracker once a minute at most, whoever asks here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def projects(self, connector: str, query: ProjectQuery) -> Page[Choice]:
        opened = self._desk.connector(connector)
        known = await self._desk.worker.known.projects(opened, young=True)
        if known is None:
            raise _untold(connector, "which projects it has")
        search = query.search.casefold()
        found = [each for each in known if search in f"{each.name}\n{each.id}".casefold()]
        return Page(len(found), tuple(found[query.offset : query.offset + query.page_size]))

    async def metadata(self, connector: str, project: str) -> Metadata:
        opened = self._desk.connector(connector)
        known = await self._desk.worker.known.metadata(opened, project, young=True)
        if known is None:
            raise _untold(connector, "what its projects know")
        return known


def _untold(connector: str, what: str) -> InputError:
    return InputError(
        f"The tracker of {connector!r} does not tell {what}.",
        status=409,
        remedy="Write the names as its users see them.",
    )

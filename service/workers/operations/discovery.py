"""What a connector's tracker knows: its projects, and the types, fields and values of one."""

from schemas.api import Page
from schemas.connector_api import MetadataQuery, ProjectQuery
from schemas.errors import InputError
from schemas.metadata import Choice, Metadata
from service.workers.operations.desk import Desk
from service.workers.roster import OpenConnector


class DiscoveryOperations:
    """From what is kept for a while; `fresh` asks the tracker again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def projects(self, connector: str, query: ProjectQuery) -> Page[Choice]:
        opened = self._opened(connector, fresh=query.fresh)
        known = await self._desk.known.projects(opened)
        if known is None:
            raise _untold(connector, "which projects it has")
        search = query.search.casefold()
        found = [each for each in known if search in f"{each.name}\n{each.id}".casefold()]
        return Page(len(found), tuple(found[query.offset : query.offset + query.page_size]))

    async def metadata(self, connector: str, query: MetadataQuery) -> Metadata:
        opened = self._opened(connector, fresh=query.fresh)
        found = await self._desk.known.metadata(opened, query.project)
        if found is None:
            raise _untold(connector, "what its projects know")
        return found

    def _opened(self, connector: str, *, fresh: bool) -> OpenConnector:
        opened = self._desk.connector(connector)
        if fresh:
            self._desk.known.forget(opened.record.id)
        return opened


def _untold(connector: str, what: str) -> InputError:
    return InputError(
        f"The tracker of {connector!r} does not tell {what}.",
        status=409,
        remedy="Write the names as its users see them.",
    )

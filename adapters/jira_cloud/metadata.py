"""The projects of a Jira Cloud, told in pages."""

import msgspec

from adapters.jira import answers, wire
from adapters.jira.metadata import Catalogue
from schemas.metadata import Choice

_PAGE = 50
_WHAT = "list the projects"


class _Projects(msgspec.Struct, frozen=True, rename="camel"):
    values: tuple[answers.Project, ...] = ()
    is_last: bool = True


_projects = msgspec.json.Decoder(_Projects)


class CloudCatalogue(Catalogue):
    async def projects(self) -> tuple[Choice, ...]:
        found: list[Choice] = []
        while True:
            query = {"startAt": str(len(found)), "maxResults": str(_PAGE)}
            body = await self._client.get("/project/search", query, what=_WHAT)
            page = wire.read(_projects, body, _WHAT)
            found += [Choice(each.name, each.key) for each in page.values]
            if page.is_last or not page.values:
                return tuple(found)

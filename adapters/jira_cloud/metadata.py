"""What a project of Jira Cloud knows, told in pages of its own shapes."""

from typing import TypeVar

import msgspec

from adapters.jira import answers, wire
from adapters.jira.client import segment
from adapters.jira.metadata import Catalogue, Screens
from schemas.metadata import Choice

T = TypeVar("T")

_PAGE = 50
_WHAT = "list what projects know"


class _Types(msgspec.Struct, frozen=True, rename="camel"):
    issue_types: tuple[answers.IssueType, ...] = ()
    total: int = 0


class _Fields(msgspec.Struct, frozen=True):
    fields: tuple[answers.CreateField, ...] = ()
    total: int = 0


class _Projects(msgspec.Struct, frozen=True, rename="camel"):
    values: tuple[answers.Project, ...] = ()
    is_last: bool = True


_types = msgspec.json.Decoder(_Types)
_fields = msgspec.json.Decoder(_Fields)
_projects = msgspec.json.Decoder(_Projects)


class CloudCatalogue(Catalogue):
    async def projects(self) -> tuple[Choice, ...]:
        found: list[Choice] = []
        while True:
            page = await self._page("/project/search", len(found), _projects)
            found += [Choice(each.name, each.key) for each in page.values]
            if page.is_last or not page.values:
                return tuple(found)

    async def _screens(self, project: str) -> Screens:
        path = f"/issue/createmeta/{segment(project)}/issuetypes"
        types: list[answers.IssueType] = []
        while True:
            page = await self._page(path, len(types), _types)
            types += page.issue_types
            if not page.issue_types or len(types) >= page.total:
                break
        return {each: await self._screen(f"{path}/{segment(each.id)}") for each in types}

    async def _screen(self, path: str) -> tuple[answers.CreateField, ...]:
        found: list[answers.CreateField] = []
        while True:
            page = await self._page(path, len(found), _fields)
            found += page.fields
            if not page.fields or len(found) >= page.total:
                return tuple(found)

    async def _page(self, path: str, start: int, decoder: msgspec.json.Decoder[T]) -> T:
        query = {"startAt": str(start), "maxResults": str(_PAGE)}
        body = await self._client.get(path, query, what=_WHAT)
        return wire.read(decoder, body, _WHAT)

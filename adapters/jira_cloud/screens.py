"""What can be written in the issues of a Jira Cloud project, told in pages of its own shapes."""

from typing import TypeVar

import msgspec

from adapters.jira import answers, wire
from adapters.jira.client import segment
from adapters.jira.scan import quoted
from adapters.jira.screens import ByType, Screens
from adapters.jira_cloud.marker import page_decoder

T = TypeVar("T")

_PAGE = 50
_NEWEST = 100
_WHAT = "list what can be written in an issue"


class _Types(msgspec.Struct, frozen=True, rename="camel"):
    issue_types: tuple[answers.IssueType, ...] = ()
    total: int = 0


class _Fields(msgspec.Struct, frozen=True):
    fields: tuple[answers.CreateField, ...] = ()
    total: int = 0


_types = msgspec.json.Decoder(_Types)
_fields = msgspec.json.Decoder(_Fields)


class CloudScreens(Screens):
    async def _for_new(self, project: str) -> ByType:
        path = f"/issue/createmeta/{segment(project)}/issuetypes"
        types = await self._types(path)
        return {each: await self._fields(f"{path}/{segment(each.id)}") for each in types}

    async def _types(self, path: str) -> tuple[answers.IssueType, ...]:
        found: list[answers.IssueType] = []
        while True:
            page = await self._page(path, len(found), _types)
            found += page.issue_types
            if not page.issue_types or len(found) >= page.total:
                return tuple(found)

    async def _fields(self, path: str) -> tuple[answers.CreateField, ...]:
        found: list[answers.CreateField] = []
        while True:
            page = await self._page(path, len(found), _fields)
            found += page.fields
            if not page.fields or len(found) >= page.total:
                return tuple(found)

    async def _newest_issues(self, project: str) -> tuple[answers.Issue, ...]:
        body = {
            "jql": f"project = {quoted(project)} ORDER BY created DESC",
            "maxResults": _NEWEST,
            "fields": ["issuetype"],
        }
        return wire.read(
            page_decoder, await self._client.ask("/search/jql", body, what=_WHAT), _WHAT
        ).issues

    async def _page(self, path: str, start: int, decoder: msgspec.json.Decoder[T]) -> T:
        query = {"startAt": str(start), "maxResults": str(_PAGE)}
        return wire.read(decoder, await self._client.get(path, query, what=_WHAT), _WHAT)

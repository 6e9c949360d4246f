"""What can be written in the issues of a project, by type: from the screens for new issues and for
edits."""

import msgspec

from adapters.jira import answers, wire
from adapters.jira.client import JiraClient, segment
from adapters.jira.scan import quoted
from schemas.errors import Fault, TrackerError

_PAGE = 200
_WHAT = "list what can be written in an issue"

ByType = dict[answers.IssueType, tuple[answers.CreateField, ...]]


class Screens:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    async def read(self, project: str) -> ByType:
        """Jira tells the screen for edits of an issue only, so the newest one of each type is
        asked. Where there is none, fields that stand on that screen alone stay unknown."""
        screens = await self._for_new(project)
        for name, issue_id in (await self._newest(project)).items():
            for type_, fields in screens.items():
                if type_.name == name:
                    screens[type_] = _joined(fields, await self._for_edits(issue_id))
        return screens

    async def _for_new(self, project: str) -> ByType:
        path = f"/issue/createmeta/{segment(project)}/issuetypes"
        try:
            types = await self._types(path)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            return await self._all_at_once(project)
        return {each: await self._fields(f"{path}/{segment(each.id)}") for each in types}

    async def _types(self, path: str) -> tuple[answers.IssueType, ...]:
        found: list[answers.IssueType] = []
        while True:
            body = await self._client.get(path, _page(len(found)), what=_WHAT)
            page = wire.read(wire.create_types, body, _WHAT)
            found += page.values
            if not page.values or len(found) >= page.total:
                return tuple(found)

    async def _fields(self, path: str) -> tuple[answers.CreateField, ...]:
        found: list[answers.CreateField] = []
        while True:
            body = await self._client.get(path, _page(len(found)), what=_WHAT)
            page = wire.read(wire.create_fields, body, _WHAT)
            found += page.values
            if not page.values or len(found) >= page.total:
                return tuple(found)

    async def _all_at_once(self, project: str) -> ByType:
        """As servers before 8.4 tell it."""
        query = {"projectKeys": project, "expand": "projects.issuetypes.fields"}
        body = await self._client.get("/issue/createmeta", query, what=_WHAT)
        return {
            answers.IssueType(type_.name, type_.id, type_.subtask): _keyed(type_.fields)
            for each in wire.read(wire.old_create_meta, body, _WHAT).projects
            for type_ in each.issuetypes
        }

    async def _newest(self, project: str) -> dict[str, str]:
        """Type -> id of the newest issue, as far as the newest ones show."""
        newest: dict[str, str] = {}
        for issue in await self._newest_issues(project):
            if issue.fields.issuetype is not None:
                newest.setdefault(issue.fields.issuetype.name, issue.id)
        return newest

    async def _newest_issues(self, project: str) -> tuple[answers.Issue, ...]:
        query = {
            "jql": f"project = {quoted(project)} ORDER BY created DESC",
            "maxResults": str(_PAGE),
            "fields": "issuetype",
        }
        body = await self._client.get("/search", query, what=_WHAT)
        return wire.read(wire.search_page, body, _WHAT).issues

    async def _for_edits(self, issue_id: str) -> tuple[answers.CreateField, ...]:
        path = f"/issue/{segment(issue_id)}/editmeta"
        try:
            body = await self._client.get(path, what=_WHAT)
        except TrackerError as error:
            if error.fault not in (Fault.NOT_FOUND, Fault.PERMISSION):
                raise
            # Gone, or hidden, since the search.
            return ()
        return _keyed(wire.read(wire.edit_fields, body, _WHAT).fields)


def _joined(
    new: tuple[answers.CreateField, ...], edits: tuple[answers.CreateField, ...]
) -> tuple[answers.CreateField, ...]:
    known = {field.field_id or field.key for field in new}
    more = (field for field in edits if field.field_id not in known)
    # Not demanded when an issue is made.
    return (*new, *(msgspec.structs.replace(field, required=False) for field in more))


def _keyed(fields: dict[str, answers.CreateField]) -> tuple[answers.CreateField, ...]:
    return tuple(msgspec.structs.replace(field, field_id=key) for key, field in fields.items())


def _page(start: int) -> dict[str, str]:
    return {"startAt": str(start), "maxResults": str(_PAGE)}

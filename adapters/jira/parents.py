"""What an issue hangs under: a sub-task under its parent, any other under its epic."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from adapters.jira import errors, wire
from adapters.jira.client import JiraClient, segment
from adapters.jira.fields import CustomFields
from schemas.errors import Fault, TrackerError
from schemas.values import Millis, Value

_LASTS = 60 * 60 * 1000
_REMEMBERED = 10_000


class PlacesParents(Protocol):
    """What reading and writing need to know of parents."""

    async def id_of(self, key: str) -> str: ...

    async def written(self, type_name: str, parent: Value) -> tuple[str, Any]: ...


class Parents:
    """An epic is told by its key, so its id is asked for once."""

    def __init__(self, client: JiraClient, fields: CustomFields, now: Callable[[], Millis]) -> None:
        self._client = client
        self._fields = fields
        self._now = now
        self._ids: OrderedDict[str, str] = OrderedDict()
        self._sub_tasks: frozenset[str] = frozenset()
        self._until: Millis = 0

    async def id_of(self, key: str) -> str:
        """The key itself when the issue is out of sight: it is a parent all the same."""
        if key not in self._ids:
            try:
                found = await self._issue(key)
            except TrackerError as error:
                if error.fault is not Fault.NOT_FOUND:
                    raise
                return key
            self._keep(key, found[0])
        return self._ids[key]

    async def written(self, type_name: str, parent: Value) -> tuple[str, Any]:
        """Jira's field and what to write to it."""
        if parent is not None and not isinstance(parent, str):
            raise errors.refused("parent", "its value is no id of an issue")
        if await self._is_sub_task(type_name):
            return "parent", {"id": parent} if parent else None
        field = (await self._fields.known()).parent
        if not field:
            raise errors.refused(
                "parent", f"this Jira has no epics, and {type_name!r} is no type of sub-tasks"
            )
        return field, await self._key(parent) if parent else None

    async def _is_sub_task(self, type_name: str) -> bool:
        if self._now() >= self._until:
            what = "list the types of issues"
            types = wire.read(
                wire.issue_types, await self._client.get("/issuetype", what=what), what
            )
            self._sub_tasks = frozenset(each.name.casefold() for each in types if each.subtask)
            self._until = self._now() + _LASTS
        return type_name.casefold() in self._sub_tasks

    async def _key(self, issue_id: str) -> str:
        """Read anew each time: a moved issue has another one."""
        try:
            number, key = await self._issue(issue_id)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            raise errors.refused("parent", f"there is no issue {issue_id!r}") from error
        self._keep(key, number)
        return key

    async def _issue(self, key_or_id: str) -> tuple[str, str]:
        what = "read the parent"
        path = f"/issue/{segment(key_or_id)}"
        body = await self._client.get(path, {"fields": "updated"}, what=what)
        found = wire.read(wire.issue, body, what)
        return found.id, found.key

    def _keep(self, key: str, issue_id: str) -> None:
        self._ids[key] = issue_id
        if len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)

"""Work items by id: the one place that asks for them, and what it learnt on the way."""

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from adapters.azure_devops import wire
from adapters.azure_devops.client import JSON_PATCH, AzureDevOpsClient, Call, segment
from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.operations import Operation, encode
from adapters.azure_devops.references import PROJECT
from schemas.errors import Fault, TrackerError

_REMEMBERED = 10_000
"""Items whose project we keep in mind; comments can only be reached through it."""


class Known(msgspec.Struct, frozen=True):
    project: str
    markdown_fields: frozenset[str]
    """Long texts that a person switched to Markdown; HTML would show as its source there."""


class Items:
    def __init__(self, client: AzureDevOpsClient) -> None:
        self._client = client
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def read(self, item_id: str) -> wire.WorkItem:
        """Raises GONE for an item in the recycle bin, NOT_FOUND for one that cannot be seen."""
        call = Call(
            what=f"read work item {item_id}",
            path=f"/_apis/wit/workitems/{number(item_id)}",
            query={"$expand": "all"},
        )
        try:
            item = await self._client.fetch(call, wire.work_item)
        except TrackerError as error:
            if error.fault is Fault.NOT_FOUND and await self._in_recycle_bin(item_id):
                raise tracker_error(Fault.GONE, f"work item {item_id} was deleted.") from error
            raise
        self.note(item)
        return item

    async def patch(
        self, item_id: str, operations: list[Operation], expand: str = "all"
    ) -> wire.WorkItem:
        call = Call(
            what=f"edit work item {item_id}",
            method="PATCH",
            path=f"/_apis/wit/workitems/{number(item_id)}",
            query={"$expand": expand},
            body=encode(operations),
            content_type=JSON_PATCH,
            write=True,
        )
        item = await self._client.fetch(call, wire.work_item)
        self.note(item)
        return item

    async def create(
        self, project: str, kind: str, operations: list[Operation], *, validate_only: bool = False
    ) -> wire.WorkItem:
        query = {"$expand": "all"} | ({"validateOnly": "true"} if validate_only else {})
        call = Call(
            what=f"create a {kind} in {project}",
            method="POST",
            path=f"/{segment(project)}/_apis/wit/workitems/${segment(kind)}",
            query=query,
            body=encode(operations),
            content_type=JSON_PATCH,
            write=not validate_only,
        )
        return await self._client.fetch(call, wire.work_item)

    async def ids_after(self, last: int, top: int, conditions: list[str]) -> tuple[int, ...]:
        """Ids above `last` in rising order, at most `top`; `conditions` are WIQL."""
        where = " AND ".join([f"[System.Id] > {last}", *conditions])
        words = ("SELECT [System.Id] FROM WorkItems WHERE", where, "ORDER BY [System.Id]")
        call = Call(
            what="query work items",
            method="POST",
            path="/_apis/wit/wiql",
            query={"timePrecision": "true", "$top": str(top)},
            body=wire.encode({"query": " ".join(words)}),
        )
        found = await self._client.fetch(call, wire.query_result)
        return tuple(one.id for one in found.work_items)

    async def batch(self, ids: Iterable[int]) -> tuple[wire.WorkItem, ...]:
        """With relations; items that vanished meanwhile are left out."""
        call = Call(
            what="read work items",
            method="POST",
            path="/_apis/wit/workitemsbatch",
            body=wire.encode({"ids": list(ids), "$expand": "relations", "errorPolicy": "omit"}),
        )
        found = await self._client.fetch(call, wire.items)
        return tuple(item for item in found.value if item is not None)

    def note(self, item: wire.WorkItem) -> None:
        project = item.fields.get(PROJECT)
        if not isinstance(project, str):
            return
        marked = frozenset(
            name for name, format_ in item.formats.items() if format_.lower() == "markdown"
        )
        key = str(item.id)
        self._known[key] = Known(project, marked)
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def project(self, item_id: str, *, fresh: bool = False) -> str:
        known = None if fresh else self._known.get(item_id)
        if known is None:
            item = await self.read(item_id)
            return str(item.fields.get(PROJECT, ""))
        return known.project

    def markdown_fields(self, item_id: str) -> frozenset[str]:
        known = self._known.get(item_id)
        return known.markdown_fields if known else frozenset()

    async def _in_recycle_bin(self, item_id: str) -> bool:
        call = Call(
            what=f"look for work item {item_id} in the recycle bin",
            path=f"/_apis/wit/recyclebin/{number(item_id)}",
        )
        try:
            await self._client.send(call)
        except TrackerError as error:
            if error.fault in (Fault.NOT_FOUND, Fault.PERMISSION, Fault.VALIDATION):
                return False
            raise
        return True


def number(text: str) -> str:
    """The id as it goes into a path; `#17` is fine too."""
    digits = text.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11):
        raise tracker_error(
            Fault.NOT_FOUND,
            f"{text[:40]!r} is not a work item number.",
            remedy="Give the number of the work item, like 17.",
        )
    return digits


def quoted(text: str) -> str:
    """A WIQL string."""
    return "'" + text.replace("'", "''") + "'"

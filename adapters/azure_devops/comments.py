"""The comments of a work item (a preview API, reachable through the item's project only)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.azure_devops import mapping, wire
from adapters.azure_devops.client import AzureDevOpsClient, Call, segment
from adapters.azure_devops.items import Items, number
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.http import Method
from adapters.rich_text import html
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment
from schemas.rich_text import RichText

T = TypeVar("T")

_DOING = {
    "GET": "read the comments",
    "POST": "add a comment",
    "PATCH": "edit a comment",
    "DELETE": "delete a comment",
}


class Comments:
    def __init__(self, client: AzureDevOpsClient, params: AzureDevOpsParams, items: Items) -> None:
        self._client = client
        self._params = params
        self._items = items

    async def read(self, item_id: str) -> tuple[Comment, ...]:
        """All, oldest first."""
        return await self._in_project(item_id, lambda project: self._read(project, item_id))

    async def exists(self, item_id: str, comment_id: str) -> bool:
        async def ask(project: str) -> wire.WireComment:
            call = self._call(project, item_id, comment_id, {"includeDeleted": "true"})
            return await self._client.fetch(call, wire.comment, "comments")

        try:
            found = await self._in_project(item_id, ask)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # The item itself was just read in `_in_project`, so it is the comment that is gone.
            return False
        return not found.is_deleted

    async def add(self, item_id: str, body: RichText) -> Comment:
        return await self._in_project(
            item_id, lambda project: self._write("POST", project, item_id, "", body)
        )

    async def edit(self, item_id: str, comment_id: str, body: RichText) -> Comment:
        return await self._in_project(
            item_id, lambda project: self._write("PATCH", project, item_id, comment_id, body)
        )

    async def delete(self, item_id: str, comment_id: str) -> None:
        async def ask(project: str) -> None:
            call = self._call(project, item_id, comment_id, {}, method="DELETE")
            await self._client.send(call, "comments")

        try:
            await self._in_project(item_id, ask)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise

    async def _read(self, project: str, item_id: str) -> tuple[Comment, ...]:
        found: list[Comment] = []
        query = {"$top": str(self._params.page_size), "order": "asc"}
        while True:
            call = self._call(project, item_id, "", query)
            page = await self._client.fetch(call, wire.comment_page, "comments")
            found += (mapping.comment(one) for one in page.comments if not one.is_deleted)
            if not page.continuation_token or not page.comments:
                return tuple(found)
            query = {**query, "continuationToken": page.continuation_token}

    async def _write(
        self, method: Method, project: str, item_id: str, comment_id: str, body: RichText
    ) -> Comment:
        call = self._call(
            project,
            item_id,
            comment_id,
            {"format": "html"},
            method=method,
            body=wire.encode({"text": html.render(body)}),
        )
        return mapping.comment(await self._client.fetch(call, wire.comment, "comments"))

    async def _in_project(self, item_id: str, act: Callable[[str], Awaitable[T]]) -> T:
        """An item may have moved to another project since we saw it: then ask again there."""
        project = await self._items.project(item_id)
        try:
            return await act(project)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            moved = await self._items.project(item_id, fresh=True)
            if moved == project:
                raise
        return await act(moved)

    def _call(
        self,
        project: str,
        item_id: str,
        comment_id: str,
        query: dict[str, str],
        *,
        method: Method = "GET",
        body: bytes | None = None,
    ) -> Call:
        place = f"/{segment(project)}/_apis/wit/workItems/{number(item_id)}/comments"
        return Call(
            what=f"{_DOING[method]} of work item {item_id}",
            method=method,
            path=place + (f"/{number(comment_id)}" if comment_id else ""),
            query=query,
            body=body,
            write=method != "GET",
        )

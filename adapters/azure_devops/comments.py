"""The comments of a work item (a preview API, reachable through the item's project only)."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.azure_devops import mapping, wire
from adapters.azure_devops.client import AzureDevOpsClient, Call, segment
from adapters.azure_devops.heavy import converted, size_of_texts, size_of_trees
from adapters.azure_devops.items import Items, number
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.http import Method
from adapters.rich_text import html, markdown
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment
from schemas.rich_text import RichText

T = TypeVar("T")

_HTML, _MARKDOWN = "html", "markdown"
_REMEMBERED = 10_000
"""Comments whose markup we keep in mind."""
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
        self._markups: OrderedDict[str, str] = OrderedDict()

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
            item_id, lambda project: self._write("POST", project, item_id, "", body, _HTML)
        )

    async def edit(self, item_id: str, comment_id: str, body: RichText) -> Comment:
        """In the markup that it was written in."""

        async def write(project: str) -> Comment:
            markup = self._markups.get(comment_id)
            if markup is None:
                call = self._call(project, item_id, comment_id, {})
                markup = self._noted(await self._client.fetch(call, wire.comment, "comments"))
            return await self._write("PATCH", project, item_id, comment_id, body, markup)

        return await self._in_project(item_id, write)

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
            found += await self._told([one for one in page.comments if not one.is_deleted])
            if not page.continuation_token or not page.comments:
                return tuple(found)
            query = {**query, "continuationToken": page.continuation_token}

    async def _write(
        self,
        method: Method,
        project: str,
        item_id: str,
        comment_id: str,
        body: RichText,
        markup: str,
    ) -> Comment:
        render = markdown.render if markup == _MARKDOWN else html.render
        text = await converted(lambda: render(body), size_of_trees((body,)))
        encoded = wire.encode({"text": text})
        call = self._call(
            project, item_id, comment_id, {"format": markup}, method=method, body=encoded
        )
        (written,) = await self._told([await self._client.fetch(call, wire.comment, "comments")])
        return written

    async def _told(self, comments: list[wire.WireComment]) -> list[Comment]:
        for one in comments:
            self._noted(one)
        size = size_of_texts(one.text for one in comments)
        return await converted(lambda: [mapping.comment(one) for one in comments], size)

    def _noted(self, comment: wire.WireComment) -> str:
        number = str(comment.id or comment.comment_id)
        markup = _MARKDOWN if comment.format.lower() == _MARKDOWN else _HTML
        self._markups[number] = markup
        self._markups.move_to_end(number)
        if len(self._markups) > _REMEMBERED:
            self._markups.popitem(last=False)
        return markup

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

"""Endpoints of comments."""

import msgspec
from aiohttp import web

from adapters.azure_devops.simulator import render
from adapters.azure_devops.simulator.api_items import item_number
from adapters.azure_devops.simulator.refusal import Refusal, answer, not_found
from adapters.azure_devops.simulator.state import CommentRecord, Item, State

PAGE = 200


class _Text(msgspec.Struct, frozen=True):
    text: str


_decode = msgspec.json.Decoder(_Text).decode


class CommentApi:
    def __init__(self, state: State, base: str) -> None:
        self._state = state
        self._base = base

    def routes(self) -> list[web.AbstractRouteDef]:
        place = "/{collection}/{project}/_apis/wit/workItems/{id}/comments"
        return [
            web.get(place, self.list),
            web.post(place, self.add),
            web.get(place + "/{comment}", self.read),
            web.patch(place + "/{comment}", self.edit),
            web.delete(place + "/{comment}", self.delete),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The token is the place in the order that was asked for."""
        item = self._item(request)
        alive = [one for one in item.comments if not one.deleted]
        if request.query.get("order", "desc").lower() != "asc":
            alive.reverse()
        start = item_number(request.query.get("continuationToken", "0"))
        size = min(item_number(request.query.get("$top", str(PAGE))), PAGE)
        shown = alive[start : start + size]
        body = {
            "totalCount": len(alive),
            "count": len(shown),
            "comments": [render.comment(item, one, self._base) for one in shown],
        }
        if start + size < len(alive):
            body["continuationToken"] = str(start + size)
        return answer(body)

    async def add(self, request: web.Request) -> web.Response:
        item = self._item(request)
        record = self._state.comment(item, await _text(request), markup=_markup(request))
        return answer(render.comment(item, record, self._base))

    async def read(self, request: web.Request) -> web.Response:
        item = self._item(request)
        hidden = request.query.get("includeDeleted", "").lower() != "true"
        record = self._comment(request, item, hidden=hidden)
        return answer(render.comment(item, record, self._base))

    async def edit(self, request: web.Request) -> web.Response:
        item = self._item(request)
        record = self._comment(request, item)
        self._state.edit_comment(item, record, await _text(request), markup=_markup(request))
        return answer(render.comment(item, record, self._base))

    async def delete(self, request: web.Request) -> web.Response:
        item = self._item(request)
        self._state.delete_comment(item, self._comment(request, item))
        return web.Response(status=200)

    def _item(self, request: web.Request) -> Item:
        item = self._state.item(item_number(request.match_info["id"]))
        if self._state.project(request.match_info["project"]) != item.project:
            raise not_found(item.id)
        return item

    def _comment(self, request: web.Request, item: Item, *, hidden: bool = True) -> CommentRecord:
        number = item_number(request.match_info["comment"])
        for record in item.comments:
            if record.id == number and not (record.deleted and hidden):
                return record
        raise Refusal(
            404, "WorkItemCommentNotFoundException", f"VS403650: Comment {number} does not exist."
        )


async def _text(request: web.Request) -> str:
    try:
        text = _decode(await request.read()).text
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, "VssPropertyValidationException", "A text is needed.") from error
    if not text.strip():
        raise Refusal(400, "WorkItemCommentEmptyException", "VS403652: The comment is empty.")
    return text


def _markup(request: web.Request) -> str:
    return "markdown" if request.query.get("format", "").lower() == "markdown" else "html"

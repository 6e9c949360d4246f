"""Endpoints of work items: read, create, patch, delete, restore, query, history."""

from typing import Any

import msgspec
from aiohttp import web

from adapters.azure_devops.simulator import render, wiql
from adapters.azure_devops.simulator.edit import create_item, decode_patch, edit_item
from adapters.azure_devops.simulator.refusal import Refusal, answer, not_found
from adapters.azure_devops.simulator.state import Item, State

BATCH = 200
PATCH_TYPE = "application/json-patch+json"


class ItemApi:
    def __init__(self, state: State, base: str) -> None:
        self._state = state
        self._base = base

    def routes(self) -> list[web.AbstractRouteDef]:
        routes: list[web.AbstractRouteDef] = []
        for root in ("/{collection}", "/{collection}/{project}"):
            wit = root + "/_apis/wit"
            routes += [
                web.get(wit + "/workitems/{id}", self.read),
                web.patch(wit + "/workitems/{id}", self.patch),
                web.delete(wit + "/workitems/{id}", self.delete),
                web.get(wit + "/workItems/{id}/updates", self.updates),
                web.get(wit + "/recyclebin/{id}", self.read_deleted),
                web.patch(wit + "/recyclebin/{id}", self.restore),
                web.post(wit + "/workitemsbatch", self.batch),
                web.post(wit + "/wiql", self.query),
            ]
        create = "/{collection}/{project}/_apis/wit/workitems/${type}"
        return [web.post(create, self.create), *routes]

    async def read(self, request: web.Request) -> web.Response:
        item = self._item(request)
        expand = request.query.get("$expand", "none").lower()
        only = request.query.get("fields")
        names = only.split(",") if only else None
        return answer(render.work_item(item, self._base, expand, names))

    async def create(self, request: web.Request) -> web.Response:
        operations = decode_patch(await _patch_body(request))
        project, kind = request.match_info["project"], request.match_info["type"]
        keep = not _flag(request, "validateOnly")
        item = create_item(self._state, project, kind, operations, keep=keep)
        return answer(render.work_item(item, self._base, _expand(request)))

    async def patch(self, request: web.Request) -> web.Response:
        item = self._item(request)
        operations = decode_patch(await _patch_body(request))
        edit_item(self._state, item, operations, keep=not _flag(request, "validateOnly"))
        return answer(render.work_item(item, self._base, _expand(request)))

    async def delete(self, request: web.Request) -> web.Response:
        item = self._item(request)
        self._state.delete(item)
        return answer(self._deleted(item))

    async def read_deleted(self, request: web.Request) -> web.Response:
        return answer(self._deleted(self._state.item(_number(request), deleted=True)))

    async def restore(self, request: web.Request) -> web.Response:
        item = self._state.item(_number(request), deleted=True)
        self._state.restore(item)
        return answer(self._deleted(item))

    async def updates(self, request: web.Request) -> web.Response:
        item = self._item(request)
        skip, top = _whole(request, "$skip", 0), _whole(request, "$top", BATCH)
        found = [render.update(item, one, self._base) for one in item.updates[skip : skip + top]]
        return answer({"count": len(found), "value": found})

    async def batch(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        ids = asked.get("ids") or []
        if not ids or len(ids) > BATCH:
            raise Refusal(400, "VssPropertyValidationException", "VS403474: 1 to 200 ids, please.")
        if asked.get("fields") and asked.get("$expand", "none") != "none":
            raise Refusal(
                400, "ConflictingParametersException", "The expand parameter excludes fields."
            )
        found: list[Any] = []
        for item_id in ids:
            item = self._state.items.get(item_id)
            if item is not None and not item.deleted:
                expand = str(asked.get("$expand", "none")).lower()
                found.append(render.work_item(item, self._base, expand, asked.get("fields")))
            elif asked.get("errorPolicy") != "omit":
                raise not_found(item_id)
        return answer({"count": len(found), "value": found})

    async def query(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        top = _whole(request, "$top", 0) or None
        alive = [item for item in self._state.items.values() if not item.deleted]
        found = wiql.select(
            alive, str(asked.get("query", "")), top=top, precise=_flag(request, "timePrecision")
        )
        references = [{"id": one.id, "url": render.item_url(one, self._base)} for one in found]
        column = {"referenceName": "System.Id", "name": "ID", "url": f"{self._base}/_apis/wit"}
        body = {
            "queryType": "flat",
            "queryResultType": "workItem",
            "asOf": self._state.moment(),
            "columns": [column],
            "workItems": references,
        }
        return answer(body)

    def _item(self, request: web.Request) -> Item:
        item = self._state.item(_number(request))
        project = request.match_info.get("project")
        if project and self._state.project(project) != item.project:
            raise not_found(item.id)
        return item

    def _deleted(self, item: Item) -> dict[str, Any]:
        fields = item.fields
        return {
            "id": item.id,
            "project": item.project,
            "name": fields.get("System.Title"),
            "type": fields.get("System.WorkItemType"),
            "deletedDate": fields.get("System.ChangedDate"),
            "url": f"{self._base}/_apis/wit/recyclebin/{item.id}",
        }


def item_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Refusal(400, "VssPropertyValidationException", f"The value '{text}' is not valid.")
    return int(text)


def _number(request: web.Request) -> int:
    return item_number(request.match_info["id"])


def _expand(request: web.Request) -> str:
    return request.query.get("$expand", "none").lower()


def _flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def _whole(request: web.Request, name: str, default: int) -> int:
    return item_number(request.query.get(name, str(default)))


async def _patch_body(request: web.Request) -> bytes:
    if request.content_type != PATCH_TYPE:
        raise Refusal(
            415,
            "VssRequestContentTypeNotSupportedException",
            f"The request indicated a Content-Type of '{request.content_type}' "
            f"for method type '{request.method}' which is not supported. "
            f"Valid content types for this method are: {PATCH_TYPE}.",
        )
    return await request.read()


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(
            400, "VssPropertyValidationException", "A value for the body is needed."
        ) from error

"""REST: attachments."""

import asyncio
from pathlib import Path
from urllib.parse import unquote

from aiohttp import BodyPartReader, StreamReader, web

from adapters.alm.simulator import catalogue, context, edits, query, shapes
from adapters.alm.simulator.context import PROJECT
from adapters.alm.simulator.model import Attachment, Entity, QcError, not_found
from adapters.alm.simulator.state import State

_CHUNK = 1 << 16
_BYTES = "application/octet-stream"


async def listed(request: web.Request) -> web.Response:
    state, entity = context.state(request), context.entity(request)
    rows = [shapes.file_row(state, item) for item in state.files_of(entity)]
    start = int(request.query.get("start-index", "1"))
    size = min(int(request.query.get("page-size", "100")), state.config.page_cap)
    query.order(request.query.get("order-by", ""))
    shown = shapes.projected(rows[start - 1 : start - 1 + size], request.query.get("fields", ""))
    return context.listed(request, shown, len(rows), "attachment")


async def upload(request: web.Request) -> web.Response:
    """A form whose last part is the file, or its bytes with the name in `Slug`. A form is answered
    by a list, the bytes by the attachment."""
    state, entity = context.state(request), context.entity(request)
    edits.may_change(state, entity, context.user(request))
    path = state.folder / f"file-{state.new_id('file')}"
    by_form = request.content_type.startswith("multipart/")
    name = await (_form(request, path) if by_form else _bare(request, path))
    made = attach(state, entity, name, path)
    row = shapes.file_row(state, made)
    if not by_form:
        return context.told(request, row, 201)
    answer = context.listed(request, [row], 1, "attachment")
    answer.set_status(201)
    return answer


def attach(state: State, entity: Entity, name: str, path: Path) -> Attachment:
    if any(item.name.casefold() == name.casefold() for item in state.files_of(entity)):
        path.unlink()
        title = f"An attachment named '{name}' exists already."
        raise QcError(409, "entity-already-exists", title)
    if not state.files_of(entity):
        state.touch(entity)
    number = state.new_id("attachment")
    owner = (entity.type, entity.id)
    made = Attachment(number, owner, name, path, path.stat().st_size, state.now())
    state.attachments[number] = made
    return made


async def show(request: web.Request) -> web.StreamResponse:
    """Its bytes only for whoever asks for bytes."""
    item = _file(request)
    if _BYTES in request.headers.get("Accept", ""):
        return web.FileResponse(item.path, headers={"Content-Type": _BYTES})
    return context.told(request, shapes.file_row(context.state(request), item))


async def delete(request: web.Request) -> web.Response:
    state, entity, item = context.state(request), context.entity(request), _file(request)
    edits.may_change(state, entity, context.user(request))
    del state.attachments[item.id]
    item.path.unlink()
    if not state.files_of(entity):
        state.touch(entity)
    return web.Response(status=200)


def _file(request: web.Request) -> Attachment:
    """By its name, or by its number where that is said."""
    wanted = unquote(request.match_info["file"])
    by_id = request.query.get("by-id") == "true"
    for item in context.state(request).files_of(context.entity(request)):
        if wanted == (str(item.id) if by_id else item.name):
            return item
    raise not_found(f"The attachment {wanted}")


async def _form(request: web.Request, path: Path) -> str:
    name, kept = "", False
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "filename":
            name = (await part.read()).decode()
        elif part.name == "file":
            if not name:
                raise QcError(400, "general-error", "The file has to be the last part.")
            await _keep(request, part, path)
            kept = True
    if not kept:
        raise QcError(400, "general-error", "There is no file.")
    return name


async def _bare(request: web.Request, path: Path) -> str:
    if request.content_type != _BYTES or not request.headers.get("Slug"):
        raise QcError(415, "general-error", "Unsupported media type.")
    await _keep(request, request.content, path)
    return request.headers["Slug"]


async def _keep(request: web.Request, source: BodyPartReader | StreamReader, path: Path) -> None:
    limit, size = context.state(request).config.largest_file, 0
    with path.open("wb") as file:
        while chunk := await _next(source):
            size += len(chunk)
            await asyncio.to_thread(file.write, chunk)
    if size > limit:
        await asyncio.to_thread(path.unlink)
        raise QcError(403, "operation-forbidden", "The file is larger than it may be.")


async def _next(source: BodyPartReader | StreamReader) -> bytes:
    if isinstance(source, BodyPartReader):
        return bytes(await source.read_chunk(_CHUNK))
    return bytes(await source.read(_CHUNK))


def routes() -> list[web.RouteDef]:
    found: list[web.RouteDef] = []
    for kind in catalogue.FIELDS:
        place = f"{PROJECT}/{kind}s/{{id}}/attachments"
        found += [
            web.get(place, listed),
            web.post(place, upload),
            web.get(place + "/{file}", show),
            web.delete(place + "/{file}", delete),
        ]
    return found

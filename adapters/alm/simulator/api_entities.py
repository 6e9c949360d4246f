"""REST: entities, their locks and versions, links, releases and folders."""

from collections.abc import Sequence

from aiohttp import web

from adapters.alm.simulator import catalogue, context, edits, query, shapes
from adapters.alm.simulator.context import PROJECT
from adapters.alm.simulator.model import Link, QcError, not_found
from adapters.alm.simulator.shapes import Row

_UNFILTERABLE = "Memo"


async def listed(request: web.Request) -> web.Response:
    kind, state = context.kind(request), context.state(request)
    memos = {field.name for field in catalogue.FIELDS[kind] if field.type == _UNFILTERABLE}
    rows = [shapes.row(state, entity) for entity in state.of_type(kind)]
    return _page(request, rows, kind, memos)


async def show(request: web.Request) -> web.Response:
    return context.told(request, shapes.row(context.state(request), context.entity(request)))


async def create(request: web.Request) -> web.Response:
    kind, state = context.kind(request), context.state(request)
    made = edits.create(state, kind, await context.fields(request), context.user(request))
    return context.told(request, shapes.row(state, made), 201)


async def edit(request: web.Request) -> web.Response:
    state, entity = context.state(request), context.entity(request)
    edits.update(state, entity, await context.fields(request), context.user(request))
    return context.told(request, shapes.row(state, entity))


async def delete(request: web.Request) -> web.Response:
    state, entity = context.state(request), context.entity(request)
    edits.may_change(state, entity, context.user(request))
    state.delete(entity)
    return web.Response(status=200)


async def lock(request: web.Request) -> web.Response:
    entity, user = context.entity(request), context.user(request)
    if entity.lock not in ("", user):
        title = f"The {entity.type} {entity.id} is locked by user '{entity.lock}'."
        raise QcError(403, "lock-failure", title)
    entity.lock = user
    return web.Response(status=200)


async def unlock(request: web.Request) -> web.Response:
    entity, user = context.entity(request), context.user(request)
    if entity.lock == user:
        entity.lock = ""
    return web.Response(status=200)


async def check_out(request: web.Request) -> web.Response:
    state, entity = context.state(request), context.entity(request)
    edits.check_out(state, entity, context.user(request))
    return context.told(request, shapes.row(state, entity))


async def check_in(request: web.Request) -> web.Response:
    state, entity = context.state(request), context.entity(request)
    edits.check_in(state, entity, context.user(request))
    return context.told(request, shapes.row(state, entity))


async def undo_check_out(request: web.Request) -> web.Response:
    state, entity = context.state(request), context.entity(request)
    edits.undo_check_out(state, entity, context.user(request))
    return context.told(request, shapes.row(state, entity))


async def audits(request: web.Request) -> web.Response:
    found = shapes.audits(context.state(request), context.entity(request))
    return context.xml(request, found)


async def links(request: web.Request) -> web.Response:
    context.known(request)
    state = context.state(request)
    rows = [shapes.link_row(state, link) for link in state.links.values()]
    return _page(request, rows, "defect-link", set())


async def link(request: web.Request) -> web.Response:
    context.known(request)
    state, given = context.state(request), await context.fields(request)
    read = {name: "".join(texts) for name, texts in given.items()}
    kind = read.get("second-endpoint-type", "")
    first, second = (read.get(f"{end}-endpoint-id", "") for end in ("first", "second"))
    if kind not in catalogue.FIELDS or not (first.isdigit() and second.isdigit()):
        raise QcError(400, "required-field-missing", "The field 'Second Endpoint' is required.")
    state.entity("defect", int(first))
    state.entity(kind, int(second))
    number = state.new_id("defect-link")
    made = Link(number, int(first), int(second), kind, context.user(request), state.now())
    state.links[number] = made
    return context.told(request, shapes.link_row(state, made), 201)


async def unlink(request: web.Request) -> web.Response:
    context.known(request)
    if context.state(request).links.pop(context.number(request), None) is None:
        raise not_found("The link")
    return web.Response(status=200)


async def releases(request: web.Request) -> web.Response:
    context.known(request)
    return _page(request, _named("release", catalogue.RELEASES, "1"), "release", set())


async def test_folders(request: web.Request) -> web.Response:
    context.known(request)
    return _page(request, _named("test-folder", catalogue.TEST_FOLDERS, "0"), "test-folder", set())


def _named(kind: str, known: dict[str, str], parent: str) -> list[Row]:
    return [
        (kind, {"id": [number], "name": [name], "parent-id": [parent]})
        for number, name in known.items()
    ]


def _page(
    request: web.Request, rows: Sequence[Row], kind: str, unfilterable: set[str]
) -> web.Response:
    asked = query.conditions(request.query.get("query", ""))
    for name, _, _ in asked:
        if name in unfilterable or (rows and name not in rows[0][1]):
            raise QcError(400, "unknown-field-name", f"The field '{name}' cannot be filtered by.")
    found = [row for row in rows if query.fits(row[1], asked)]
    for name, falling in reversed(query.order(request.query.get("order-by", ""))):
        found.sort(key=lambda row: query.key("".join(row[1].get(name, []))), reverse=falling)
    size = _whole(request, "page-size", 100)
    start = max(_whole(request, "start-index", 1), 1)
    size = min(size, context.state(request).config.page_cap)
    shown = shapes.projected(found[start - 1 : start - 1 + size], request.query.get("fields", ""))
    return context.listed(request, shown, len(found), kind)


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else default


def routes() -> list[web.RouteDef]:
    found = [
        web.get(PROJECT + "/defect-links", links),
        web.post(PROJECT + "/defect-links", link),
        web.delete(PROJECT + "/defect-links/{id}", unlink),
        web.get(PROJECT + "/releases", releases),
        web.get(PROJECT + "/test-folders", test_folders),
    ]
    for kind in catalogue.FIELDS:
        many, one = f"{PROJECT}/{kind}s", f"{PROJECT}/{kind}s/{{id}}"
        found += [
            web.get(many, listed),
            web.post(many, create),
            web.get(one, show),
            web.put(one, edit),
            web.delete(one, delete),
            web.post(one + "/lock", lock),
            web.delete(one + "/lock", unlock),
            web.post(one + "/versions/check-out", check_out),
            web.post(one + "/versions/check-in", check_in),
            web.post(one + "/versions/undo-check-out", undo_check_out),
            web.get(one + "/audits", audits),
        ]
    return found

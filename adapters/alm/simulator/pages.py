"""Pages on which a person sees, writes and edits the simulated entities."""

from aiohttp import web

from adapters.alm.simulator import api_files, catalogue, context, edits, html
from adapters.alm.simulator.model import Entity, QcError, Values
from adapters.alm.simulator.state import State

_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    newest = sorted(state.entities.values(), key=lambda item: item.modified, reverse=True)
    return _page("Entities", html.listed(state, newest))


async def show(request: web.Request) -> web.Response:
    entity = _entity(request)
    return _page(f"{entity.type} {entity.id}", html.entity(context.state(request), entity))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await _form(request)
    kind = form.get("kind", "defect")
    if kind not in catalogue.FIELDS:
        raise web.HTTPNotFound(text="There is no such type.")
    try:
        made = edits.create(state, kind, _new(state, kind, form), _actor(form))
    except QcError as refused:
        return _refused(refused)
    return _to(made)


async def edit(request: web.Request) -> web.Response:
    state, form, entity = context.state(request), await _form(request), _entity(request)
    known = {field.name: field for field in catalogue.FIELDS[entity.type] if field.editable}
    values: Values = {name: [form[name]] for name in known if name in form}
    try:
        edits.update(state, entity, values, _actor(form))
        if form.get("comment", "").strip():
            edits.comment(state, entity, form["comment"], _actor(form))
    except QcError as refused:
        return _refused(refused)
    return _to(entity)


async def hold(request: web.Request) -> web.Response:
    """As a person has the window of an entity open."""
    form, entity = await _form(request), _entity(request)
    entity.lock = "" if entity.lock else _actor(form)
    return _to(entity)


async def attach(request: web.Request) -> web.Response:
    state, entity = context.state(request), _entity(request)
    _same_site(request)
    form = await request.post()
    file = form.get("file")
    if isinstance(file, web.FileField) and file.filename:
        path = state.folder / f"file-{state.new_id('file')}"
        path.write_bytes(file.file.read())
        try:
            api_files.attach(state, entity, file.filename, path)
        except QcError as refused:
            return _refused(refused)
    return _to(entity)


def _new(state: State, kind: str, form: dict[str, str]) -> Values:
    values: Values = {
        "name": [form.get("name", "")],
        "description": [html.memo(form.get("description", ""))],
    }
    if kind == "defect":
        values["severity"] = [form.get("severity", "2-Medium")]
        values["detected-by"] = [_actor(form)]
        values["creation-time"] = [state.local(state.now())[:10]]
    elif kind == "requirement":
        values["type-id"] = ["0"]
    else:
        values |= {"subtype-id": ["MANUAL"], "parent-id": ["2"]}
    return values


async def _form(request: web.Request) -> dict[str, str]:
    _same_site(request)
    data = await request.post()
    return {key: value for key, value in data.items() if isinstance(value, str)}


def _same_site(request: web.Request) -> None:
    """Another page in the same browser must not write here; other programs may."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise web.HTTPForbidden(text="This form was sent from another site.")


def _entity(request: web.Request) -> Entity:
    key = (request.match_info["kind"], int(request.match_info["id"]))
    found = context.state(request).entities.get(key)
    if found is None:
        raise web.HTTPNotFound(text="There is no such entity.")
    return found


def _actor(form: dict[str, str]) -> str:
    wanted = form.get("actor", "alice")
    return wanted if wanted in [person[0] for person in catalogue.PEOPLE] else "alice"


def _to(entity: Entity) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/{entity.type}/{entity.id}"})


def _refused(refused: QcError) -> web.Response:
    return _page("Refused", html.refusal(refused), refused.status)


def _page(title: str, content: str, status: int = 200) -> web.Response:
    text = html.page(title, content).encode("utf-8", "replace")
    headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
    return web.Response(
        body=text, status=status, content_type="text/html", charset="utf-8", headers=headers
    )


def routes() -> list[web.RouteDef]:
    one = r"/{kind:defect|requirement|test}/{id:\d+}"
    return [
        web.get("/", index),
        web.post("/", create),
        web.get(one, show),
        web.post(one, edit),
        web.post(one + "/hold", hold),
        web.post(one + "/attachments", attach),
    ]

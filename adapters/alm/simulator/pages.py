"""Pages on which a person sees, writes and edits the simulated entities."""

from aiohttp import web

from adapters.alm.simulator import api_files, catalogue, context, edits, html
from adapters.alm.simulator.model import Entity, QcError, Values
from adapters.alm.simulator.state import State
from adapters.simulation.pages import Look, same_site, to
from adapters.simulation.pages import form as form_of

_LOOK = Look("ALM", "#0b5fa5")


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    newest = sorted(state.entities.values(), key=lambda item: item.modified, reverse=True)
    return _LOOK.page("Entities", html.listed(state, newest))


async def show(request: web.Request) -> web.Response:
    entity = _entity(request)
    return _LOOK.page(f"{entity.type} {entity.id}", html.entity(context.state(request), entity))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request)
    kind = form.get("kind", "defect")
    if kind not in catalogue.FIELDS:
        raise web.HTTPNotFound(text="There is no such type.")
    try:
        made = edits.create(state, kind, _new(state, kind, form), _actor(form))
    except QcError as refused:
        return _refused(refused)
    return _to(made)


async def edit(request: web.Request) -> web.Response:
    state, form, entity = context.state(request), await form_of(request), _entity(request)
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
    form, entity = await form_of(request), _entity(request)
    entity.lock = "" if entity.lock else _actor(form)
    return _to(entity)


async def attach(request: web.Request) -> web.Response:
    state, entity = context.state(request), _entity(request)
    same_site(request)
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
    return to(f"/{entity.type}/{entity.id}")


def _refused(refused: QcError) -> web.Response:
    return _LOOK.refusal((refused.title, refused.id), refused.status)


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

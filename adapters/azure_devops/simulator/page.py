"""A page on which a person sees, writes and edits the simulated work items."""

from collections.abc import AsyncIterator, Iterable
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from adapters.azure_devops.simulator import html_view
from adapters.azure_devops.simulator.api_items import item_number
from adapters.azure_devops.simulator.edit import PatchOperation, create_item, edit_item
from adapters.azure_devops.simulator.process import RELATION_NAMES, SAM
from adapters.azure_devops.simulator.refusal import Refusal
from adapters.azure_devops.simulator.state import Item, State
from adapters.rich_text import html
from schemas.rich_text import plain

_BLOCK = 256 * 1024
_FIELDS = {
    "title": "System.Title",
    "state": "System.State",
    "priority": "Microsoft.VSTS.Common.Priority",
    "assigned": "System.AssignedTo",
    "tags": "System.Tags",
    "area": "System.AreaPath",
    "iteration": "System.IterationPath",
    "due": html_view.DUE,
    "estimate": html_view.ESTIMATE,
}
_RELATIONS = {name: rel for rel, name in RELATION_NAMES.items()}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"


class Page:
    def __init__(self, state: State, base: str) -> None:
        self._state = state
        self._base = base

    def routes(self) -> list[web.AbstractRouteDef]:
        item = "/{collection}/{project}/_workitems/edit/{id}"
        return [
            web.get("/", self.list),
            web.post("/", self.create),
            web.get(item, self.show),
            web.post(item, self.edit),
            web.post(item + "/comment", self.comment),
            web.post(item + "/link", self.link),
            web.post(item + "/attach", self.attach),
            web.post(item + "/delete", self.delete),
            web.get(item + "/file/{file}", self.file),
        ]

    async def list(self, request: web.Request) -> web.Response:
        items = [one for one in self._state.items.values() if not one.deleted]
        items.sort(key=lambda one: one.fields["System.ChangedDate"], reverse=True)
        return _shown(html_view.list_page(items, self._state.projects, _said(request)))

    async def create(self, request: web.Request) -> web.Response:
        form = await request.post()
        kind = str(form.get("type", "Task"))
        text = str(form.get("description", ""))
        operations = [PatchOperation("add", "/fields/System.Title", str(form.get("title", "")))]
        if text.strip():
            path = f"/fields/{_description(kind)}"
            operations.append(PatchOperation("add", path, _markup(text)))
        try:
            item = create_item(self._state, str(form.get("project", "")), kind, operations, by=SAM)
        except Refusal as refusal:
            raise _back("/", refusal.message) from refusal
        raise _back(html_view.item_path(item))

    async def show(self, request: web.Request) -> web.Response:
        item = self._item(request)
        described = str(item.fields.get(_description(item.fields["System.WorkItemType"]), ""))
        view = html_view.ItemView(
            item,
            described,
            html.parse(described),
            _said(request),
            _own(self._state.areas, item),
            _own(self._state.iterations, item),
        )
        return _shown(html_view.item_page(view, self._state.people))

    async def edit(self, request: web.Request) -> web.Response:
        item = self._item(request)
        form = await request.post()
        operations = []
        for name, reference in _FIELDS.items():
            value = str(form.get(name, "")).strip()
            # A day may stand for a moment: it is left alone when nobody touched it.
            same_day = name == "due" and value == html_view.day_of(item)
            if name in form and not same_day:
                operations.append(PatchOperation("add", f"/fields/{reference}", value))
        if "description" in form:
            reference = _description(item.fields["System.WorkItemType"])
            text = str(form["description"]).replace("\r\n", "\n")
            if text != str(item.fields.get(reference, "")).replace("\r\n", "\n"):
                path = f"/fields/{reference}"
                operations.append(PatchOperation("add", path, _markup(text)))
        try:
            edit_item(self._state, item, operations, by=SAM)
        except Refusal as refusal:
            raise _back(html_view.item_path(item), refusal.message) from refusal
        raise _back(html_view.item_path(item))

    async def comment(self, request: web.Request) -> web.Response:
        item = self._item(request)
        text = str((await request.post()).get("text", ""))
        if text.strip():
            self._state.comment(item, _markup(text), SAM)
        raise _back(html_view.item_path(item))

    async def link(self, request: web.Request) -> web.Response:
        item = self._item(request)
        form = await request.post()
        rel = _RELATIONS.get(str(form.get("rel", "")), "")
        target = str(form.get("target", "")).strip().removeprefix("#")
        value = {"rel": rel, "url": f"{self._base}/_apis/wit/workItems/{target}"}
        try:
            edit_item(self._state, item, [PatchOperation("add", "/relations/-", value)], by=SAM)
        except Refusal as refusal:
            raise _back(html_view.item_path(item), refusal.message) from refusal
        raise _back(html_view.item_path(item))

    async def attach(self, request: web.Request) -> web.Response:
        """Straight from the connection to the disk, whatever the size."""
        item = self._item(request)
        reader = await request.multipart()
        async for part in reader:
            if isinstance(part, BodyPartReader) and part.filename:
                blob = self._state.blobs.create(part.filename, self._state.moment())
                await self._state.blobs.append(blob, _blocks(part))
                url = f"{self._base}/_apis/wit/attachments/{blob.id}"
                value = {"rel": "AttachedFile", "url": url}
                operation = PatchOperation("add", "/relations/-", value)
                edit_item(self._state, item, [operation], by=SAM)
        raise _back(html_view.item_path(item))

    async def delete(self, request: web.Request) -> web.Response:
        self._state.delete(self._item(request), SAM)
        raise _back("/")

    async def file(self, request: web.Request) -> web.StreamResponse:
        self._item(request)
        blob = self._state.blobs.get(request.match_info["file"])
        name = quote(blob.filename, safe="")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(blob.path, headers=headers)

    def _item(self, request: web.Request) -> Item:
        try:
            return self._state.item(item_number(request.match_info["id"]))
        except Refusal as refusal:
            raise web.HTTPNotFound(text=refusal.message) from refusal


def _own(paths: Iterable[str], item: Item) -> tuple[str, ...]:
    return tuple(one for one in paths if one.partition("\\")[0] == item.project)


async def _blocks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while block := await part.read_chunk(_BLOCK):
        yield block


def _description(kind: str) -> str:
    return "Microsoft.VSTS.TCM.ReproSteps" if kind == "Bug" else "System.Description"


def _markup(text: str) -> str:
    """Somebody who writes no tag means plain words."""
    return text if "<" in text else html.render(plain(text))


def _said(request: web.Request) -> str:
    return request.query.get("said", "")


def _back(path: str, said: str = "") -> web.HTTPSeeOther:
    return web.HTTPSeeOther(path + (f"?said={quote(said, safe='')}" if said else ""))


def _shown(text: str) -> web.Response:
    headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    return web.Response(text=text, content_type="text/html", headers=headers)

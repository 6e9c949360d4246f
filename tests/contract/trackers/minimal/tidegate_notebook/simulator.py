"""A notebook, whole: this is the tracker itself as far as the adapter can tell."""

import asyncio
from collections.abc import Callable
from html import escape
from typing import Any

import msgspec
from aiohttp import web

from adapters.simulation import Refused, Server, json_reply, system_now
from tidegate_notebook.wire import STATES, Change, Changes, Note, Person, Project, Remark

ME = Person("me", "Tidegate")
PEOPLE = {person.id: person for person in (ME, Person("alice", "Alice"), Person("bob", "Bob"))}


class Notebook(Server):
    def __init__(
        self,
        *,
        token: str = "simulator-token",
        project: str = "notes",
        now: Callable[[], int] = system_now,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host=host, port=port)
        self.token = token
        self.project = project
        self.notes: dict[str, Note] = {}
        self.changes: list[str] = []
        """Ids of notes; the place in it is the number of a change, and the note's revision."""
        self._now = now
        self._ids = 0

    def compose(self) -> web.Application:
        app = self.application("/api/", self._authenticate)
        note, remark = "/api/notes/{note}", "/api/notes/{note}/remarks/{remark}"
        app.router.add_routes(
            [
                web.get("/", self._page),
                web.post("/", self._written),
                web.get("/api/me", self._me),
                web.get("/api/people", self._people),
                web.get("/api/projects", self._listed_projects),
                web.get("/api/projects/{project}", self._one_project),
                web.get("/api/changes", self._changed),
                web.get("/api/notes", self._listed),
                web.post("/api/notes", self._made),
                web.get(note, self._one),
                web.patch(note, self._edited),
                web.post(f"{note}/remarks", self._remarked),
                web.patch(remark, self._remark_edited),
                web.delete(remark, self._remark_deleted),
            ]
        )
        return app

    def _authenticate(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refused(401, {"message": "The token is wrong."})

    def write(self, body: dict[str, Any]) -> Note:
        self._ids += 1
        made = Note(str(self._ids), 0, 0, self.project, "", "", STATES[0])
        marker = str(body.get("marker", ""))
        return self.edit(msgspec.structs.replace(made, marker=marker), body)

    def edit(self, note: Note, body: dict[str, Any]) -> Note:
        changed: dict[str, Any] = {
            name: body[name] for name in ("title", "text", "state") if name in body
        }
        if changed.get("title", note.title) == "":
            raise Refused(400, {"message": "A note needs a title.", "field": "summary"})
        if changed.get("state", note.state) not in STATES:
            raise Refused(400, {"message": "There is no such state.", "field": "status"})
        if "tags" in body:
            changed["tags"] = tuple(sorted(set(body["tags"])))
        if "owner" in body:
            changed["owner"] = _person(body["owner"])
        return self._keep(msgspec.structs.replace(note, **changed))

    def remark(self, note: Note, text: str, author: Person, marker: str = "") -> Remark:
        self._ids += 1
        at = self._now()
        made = Remark(str(self._ids), text, author, at, at, marker)
        self._keep(msgspec.structs.replace(note, remarks=(*note.remarks, made)))
        return made

    def remove(self, note: Note) -> None:
        del self.notes[note.id]
        self.changes.append(note.id)

    def _keep(self, note: Note) -> Note:
        self.changes.append(note.id)
        kept = msgspec.structs.replace(note, rev=len(self.changes), updated=self._now())
        self.notes[note.id] = kept
        return kept

    async def _me(self, request: web.Request) -> web.Response:
        return json_reply(ME)

    async def _people(self, request: web.Request) -> web.Response:
        query = request.query.get("q", "").casefold()
        return json_reply([one for one in PEOPLE.values() if query in one.name.casefold()])

    async def _listed_projects(self, request: web.Request) -> web.Response:
        return json_reply([Project(self.project, self.project.title())])

    async def _one_project(self, request: web.Request) -> web.Response:
        if request.match_info["project"] != self.project:
            raise Refused(404, {"message": "There is no such project."})
        return json_reply(Project(self.project, self.project.title()))

    async def _changed(self, request: web.Request) -> web.Response:
        after, newest = request.query.get("after", "newest"), len(self.changes)
        begin = newest if after == "newest" else int(after)
        end = min(begin + int(request.query.get("limit", "100")), newest)
        changed = tuple(Change(id, self.project) for id in self.changes[begin:end])
        return json_reply(Changes(changed, end, end < newest))

    async def _listed(self, request: web.Request) -> web.Response:
        marker, after = request.query.get("marker", ""), request.query.get("after", "")
        found = [
            note
            for note in self.notes.values()
            if marker in ("", note.marker) and int(note.id) > int(after or "0")
        ]
        return json_reply(found[: int(request.query.get("limit", "100"))])

    async def _made(self, request: web.Request) -> web.Response:
        return json_reply(self.write(await _body(request)), 201)

    async def _one(self, request: web.Request) -> web.Response:
        return json_reply(self._note(request))

    async def _edited(self, request: web.Request) -> web.Response:
        note = self._note(request)
        if request.headers.get("If-Match", str(note.rev)) != str(note.rev):
            raise Refused(409, {"message": "Somebody wrote in between."})
        return json_reply(self.edit(note, await _body(request)))

    async def _remarked(self, request: web.Request) -> web.Response:
        note, body = self._note(request), await _body(request)
        return json_reply(self.remark(note, body["text"], ME, body.get("marker", "")), 201)

    async def _remark_edited(self, request: web.Request) -> web.Response:
        note, held = self._remark(request)
        text = (await _body(request))["text"]
        edited = msgspec.structs.replace(held, text=text, updated=self._now())
        remarks = tuple(edited if one is held else one for one in note.remarks)
        self._keep(msgspec.structs.replace(note, remarks=remarks))
        return json_reply(edited)

    async def _remark_deleted(self, request: web.Request) -> web.Response:
        note, held = self._remark(request)
        remarks = tuple(one for one in note.remarks if one is not held)
        self._keep(msgspec.structs.replace(note, remarks=remarks))
        return json_reply({})

    async def _page(self, request: web.Request) -> web.Response:
        rows = "".join(
            f"<li>{escape(note.title)} ({note.state})<pre>{escape(note.text)}</pre>"
            for note in self.notes.values()
        )
        form = '<form method="post"><input name="title" required><button>Write</button></form>'
        page = f"<!doctype html><title>Notebook</title><h1>Notebook</h1>{form}<ul>{rows}</ul>"
        return web.Response(text=page, content_type="text/html")

    async def _written(self, request: web.Request) -> web.Response:
        given = await request.post()
        self.write({"title": str(given.get("title", ""))})
        return web.Response(status=303, headers={"Location": "/"})

    def _note(self, request: web.Request) -> Note:
        found = self.notes.get(request.match_info["note"])
        if found is None:
            raise Refused(404, {"message": "There is no such note."})
        return found

    def _remark(self, request: web.Request) -> tuple[Note, Remark]:
        note = self._note(request)
        for remark in note.remarks:
            if remark.id == request.match_info["remark"]:
                return note, remark
        raise Refused(404, {"message": "There is no such remark."})


async def _body(request: web.Request) -> dict[str, Any]:
    body = msgspec.json.decode(await request.read())
    if not isinstance(body, dict):
        raise Refused(400, {"message": "An object is wanted."})
    return body


def _person(wanted: object) -> Person | None:
    if not wanted:
        return None
    for person in PEOPLE.values():
        if wanted in (person.id, person.name):
            return person
    raise Refused(400, {"message": f"Nobody is called {wanted}.", "field": "assignee"})


async def run(
    port: int,
    *,
    webhook: str | None,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    announce: Callable[[str], None],
) -> None:
    async with Notebook(token=token, project=project, host=host, port=port) as notebook:
        announce(f"Notebook: {notebook.url} (page)")
        await asyncio.get_running_loop().create_future()

"""The simulated state and its rules."""

from collections.abc import Callable
from typing import Any

import msgspec

from adapters.sd_elements.simulator.config import SimulatorConfig
from adapters.sd_elements.simulator.model import (
    AlmConnection,
    AlmJob,
    Note,
    Phase,
    Reference,
    Status,
    Task,
    User,
)
from adapters.simulation import Refused

PHASES = (
    Phase("X1", "Requirements", "requirements", 1),
    Phase("X2", "Architecture & Design", "architecture-design", 2),
    Phase("X3", "Development", "development", 3),
    Phase("X4", "Testing", "testing", 4),
)
_STANDARD = (
    Status("TS1", "Complete", "DONE", "DONE"),
    Status("TS2", "Incomplete", "TODO", "TODO"),
    Status("TS3", "Not Applicable", "NA", "NA"),
)
_OF_OWN_TASKS = ("title", "text", "priority", "phase")
_TEXT_FIELDS = ("title", "text", "artifact_proxy", "status_note")
REQUIRED = "This field is required."


class State:
    """`now` gives milliseconds; `updated` rises with every change, even within one of them."""

    def __init__(self, config: SimulatorConfig, now: Callable[[], int]) -> None:
        self.config = config
        self._now = now
        self._last = 0
        self._next = 0
        self.users = {
            name: User(f"{name}@example.com", name.title(), "Example")
            for name in ("tidegate", "alice", "bob")
        }
        custom = (
            Status(f"TS{10 + at}", name, name.upper().replace(" ", "-"), meaning)
            for at, (name, meaning) in enumerate(config.custom_statuses.items())
        )
        self.statuses = (*_STANDARD, *custom)
        self.projects = dict(config.projects)
        self.tasks: dict[str, Task] = {}
        self.alm_connections: dict[str, AlmConnection] = {}
        self.alm_jobs: dict[str, AlmJob] = {}
        for project in self.projects:
            for number in range(1, config.library_tasks + 1):
                self._add(project, f"T{number}", self.users["tidegate"], {})

    @property
    def me(self) -> User:
        """The account that the token belongs to."""
        return self.users["tidegate"]

    def new_id(self) -> str:
        self._next += 1
        return str(self._next)

    def tick(self) -> int:
        self._last = max(self._now(), self._last + 1)
        return self._last

    def project(self, project: str) -> str:
        if project not in self.projects:
            raise Refused(404, {"detail": "Not found."})
        return self.projects[project]

    def task(self, project: str, task_id: str) -> Task:
        found = self.tasks.get(task_id)
        if found is None or found.project != project:
            raise Refused(404, {"detail": "Not found."})
        return found

    def tasks_of(self, project: str) -> list[Task]:
        self.project(project)
        return [task for task in self.tasks.values() if task.project == project]

    def create(self, project: str, body: dict[str, Any], actor: User) -> Task:
        self.project(project)
        if not body.get("title"):
            raise Refused(400, {"title": [REQUIRED]})
        number = sum(1 for task in self.tasks_of(project) if task.own) + 1
        self._check(body)
        return self._add(project, f"PT{number}", actor, body)

    def _add(self, project: str, short: str, actor: User, body: dict[str, Any]) -> Task:
        task = Task(
            id=f"{project}-{short}",
            project=project,
            short=short,
            title=f"{short}: {body.get('title') or 'A task of the library'}",
            text=body.get("text") or "",
            priority=5,
            phase=PHASES[0],
            status=_STANDARD[1],
            updater=actor,
            updated=self.tick(),
        )
        self._apply(task, {name: value for name, value in body.items() if name != "title"})
        self.tasks[task.id] = task
        return task

    def change(self, task: Task, body: dict[str, Any], actor: User) -> None:
        """All or nothing. What is as it was bumps no date."""
        if not task.own:
            for name in _OF_OWN_TASKS:
                if name in body:
                    raise Refused(
                        400, {name: ["This field can only be changed on project specific tasks."]}
                    )
        self._check(body)
        before = msgspec.structs.replace(task)
        self._apply(task, body)
        if body.get("status_note") and task.status != before.status:
            self.add_note(task, {"text": body["status_note"], "automatic": True}, actor)
            before.notes = task.notes
        if task != before:
            task.updater, task.updated = actor, self.tick()

    def _check(self, body: dict[str, Any]) -> None:
        for name in _TEXT_FIELDS:
            if name in body and not isinstance(body[name], str):
                raise Refused(400, {name: ["Not a valid string."]})
        if "priority" in body and _number(body["priority"]) not in range(11):
            raise Refused(400, {"priority": ["Ensure this value is from 0 to 10."]})
        if "status" in body:
            self.status(body["status"])
        if "phase" in body:
            self.phase(body["phase"])
        for name in ("assigned_to", "tags"):
            given = body.get(name, [])
            if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
                raise Refused(400, {name: ["Expected a list of strings."]})
        known = {user.email for user in self.users.values()}
        for email in body.get("assigned_to", []):
            if email not in known:
                raise Refused(400, {"assigned_to": [f"User {email} does not exist."]})

    def _apply(self, task: Task, body: dict[str, Any]) -> None:
        if "title" in body:
            task.title = f"{task.short}: {body['title']}"
        task.text = body.get("text", task.text)
        task.artifact_proxy = body.get("artifact_proxy", task.artifact_proxy)
        if "priority" in body:
            task.priority = _number(body["priority"])
        if "status" in body:
            task.status = self.status(body["status"])
        if "phase" in body:
            task.phase = self.phase(body["phase"])
        task.assigned_to = list(body.get("assigned_to", task.assigned_to))
        task.tags = sorted(set(body.get("tags", task.tags)))

    def status(self, wanted: object) -> Status:
        for status in self.statuses:
            if status.id == wanted:
                return status
        raise Refused(400, {"status": [f'Invalid pk "{wanted}" - object does not exist.']})

    def phase(self, wanted: object) -> Phase:
        for phase in PHASES:
            if phase.id == wanted:
                return phase
        raise Refused(400, {"phase": [f'Invalid pk "{wanted}" - object does not exist.']})

    def connect(
        self, alias: str, project: str, system: str, params: dict[str, Any]
    ) -> AlmConnection:
        made = AlmConnection(self.new_id(), alias, project, system, params)
        self.alm_connections[made.id] = made
        return made

    def queue_job(self, connection: str) -> AlmJob:
        made = AlmJob(self.new_id(), connection)
        self.alm_jobs[made.id] = made
        return made

    def remove(self, task: Task) -> None:
        del self.tasks[task.id]

    def add_note(self, task: Task, body: dict[str, Any], actor: User) -> Note:
        text = _note_text(body)
        at = self.tick()
        note = Note(self.new_id(), text, bool(body.get("automatic")), actor, at, at)
        task.notes = [*task.notes, note]
        return note

    def note(self, task: Task, note_id: str) -> Note:
        for note in task.notes:
            if note.id == note_id:
                return note
        raise Refused(404, {"detail": "Not found."})

    def edit_note(self, note: Note, body: dict[str, Any], actor: User) -> None:
        note.text = _note_text(body)
        note.updater, note.updated = actor, self.tick()

    def delete_note(self, task: Task, note: Note) -> None:
        task.notes = [other for other in task.notes if other is not note]

    def add_reference(self, task: Task, body: dict[str, Any]) -> Reference:
        missing = {
            name: [REQUIRED] for name in ("alm_connection", "reference") if not body.get(name)
        }
        if missing:
            raise Refused(400, missing)
        made = Reference(self.new_id(), int(body["alm_connection"]), str(body["reference"]))
        self.edit_reference(made, body)
        task.references = [*task.references, made]
        return made

    def reference(self, task: Task, reference_id: str) -> Reference:
        for found in task.references:
            if found.id == reference_id:
                return found
        raise Refused(404, {"detail": "Not found."})

    def edit_reference(self, found: Reference, body: dict[str, Any]) -> None:
        found.reference = str(body.get("reference", found.reference))
        found.name = str(body.get("name", found.name))
        found.link = str(body.get("link", found.link))

    def delete_reference(self, task: Task, found: Reference) -> None:
        task.references = [other for other in task.references if other is not found]


def _number(value: object) -> int:
    """Clients send `7` and `"7"`."""
    text = str(value)
    return int(text) if text.isdecimal() and not isinstance(value, bool) else -1


def _note_text(body: dict[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, {"text": [REQUIRED if text is None else "This field may not be blank."]})
    return text

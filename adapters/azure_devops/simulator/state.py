"""What the simulated organisation holds, and the changes it goes through."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from adapters.azure_devops.simulator.blobs import Blobs
from adapters.azure_devops.simulator.process import OPPOSITE, PEOPLE, RELATION_NAMES, SYNC, Person
from adapters.azure_devops.simulator.refusal import Refusal, not_found

EventType = Literal["created", "updated", "commented", "deleted", "restored"]


class CommentRecord(msgspec.Struct):
    id: int
    text: str
    author: Person
    created: str
    modified: str
    version: int = 1
    deleted: bool = False
    format: str = "html"


class Update(msgspec.Struct, frozen=True):
    """One save, as the history shows it."""

    id: int
    rev: int
    by: Person
    at: str
    fields: dict[str, dict[str, Any]] = {}
    """Name -> oldValue, newValue."""
    relations: dict[str, list[dict[str, Any]]] = {}


class Item(msgspec.Struct):
    id: int
    project: str
    fields: dict[str, Any]
    """People as Person, dates as text, tags as one string."""
    rev: int = 1
    relations: list[dict[str, Any]] = []
    comments: list[CommentRecord] = []
    commented: int = 0
    """The comment that was made with the newest revision; 0 for none."""
    updates: list[Update] = []
    deleted: bool = False
    formats: dict[str, str] = {}
    """Long texts that are Markdown."""


class Happening(msgspec.Struct, frozen=True):
    """What a service hook subscription would tell."""

    event: EventType
    item: Item
    update: Update | None
    by: Person
    at: str
    text: str = ""


class RevisionEntry(msgspec.Struct, frozen=True):
    mark: int
    item: int
    rev: int
    at: str


class LinkEntry(msgspec.Struct, frozen=True):
    mark: int
    rel: str
    source: int
    target: int
    at: str
    active: bool


AREAS = ("Team A", "Team A\\Web", "Team B")
ITERATIONS = ("Sprint 1", "Sprint 2")


class State:
    def __init__(
        self, projects: tuple[str, ...], blobs: Blobs, now: Callable[[], int], base: str = ""
    ) -> None:
        self.projects = list(projects)
        self.areas = [path for name in projects for path in _below(name, AREAS)]
        self.iterations = [path for name in projects for path in _below(name, ITERATIONS)]
        self.people: list[Person] = list(PEOPLE)
        self.items: dict[int, Item] = {}
        self.revisions: list[RevisionEntry] = []
        self.links: list[LinkEntry] = []
        self.blobs = blobs
        self.listeners: list[Callable[[Happening], None]] = []
        self._base = base
        self._now = now
        self._last = 0
        self._mark = 0
        self._comment_id = 0

    def moment(self) -> str:
        """Never the same twice, so that an order by time is an order."""
        self._last = max(self._now(), self._last + 1)
        text = datetime.fromtimestamp(self._last / 1000, UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")

    def item(self, item_id: int, *, deleted: bool = False) -> Item:
        found = self.items.get(item_id)
        if found is None or found.deleted is not deleted:
            raise not_found(item_id)
        return found

    def project(self, name: str) -> str:
        for project in self.projects:
            if project.casefold() == name.casefold():
                return project
        raise Refusal(
            404,
            "ProjectDoesNotExistWithNameException",
            f"TF200016: The following project does not exist: {name}.",
        )

    def person(self, value: str) -> Person | None:
        wanted = value.casefold()
        for person in self.people:
            full = f"{person.name} <{person.unique_name}>"
            if wanted in (person.unique_name.casefold(), person.name.casefold(), full.casefold()):
                return person
        return None

    def next_id(self) -> int:
        return max(self.items, default=0) + 1

    def add(self, item: Item, by: Person, at: str) -> None:
        self.items[item.id] = item
        fields = {name: {"newValue": value} for name, value in item.fields.items()}
        item.updates.append(Update(1, 1, by, at, fields, {"added": list(item.relations)}))
        self._log_revision(item, at)
        for relation in item.relations:
            self._log_link(item, relation, at, active=True)
        self._tell(Happening("created", item, None, by, at))
        self._mirror(item, item.relations, [], by, at)

    def save(
        self, item: Item, changed: dict[str, Any], relations: list[dict[str, Any]], by: Person
    ) -> None:
        """Takes the new values of changed fields (None clears) and the whole new relations.
        A save that changes nothing leaves no trace; one of relations only keeps the revision."""
        before = item.fields
        differs = {name: value for name, value in changed.items() if before.get(name) != value}
        added = [one for one in relations if one not in item.relations]
        removed = [one for one in item.relations if one not in relations]
        if not (differs or added or removed):
            return
        at = self.moment()
        if differs:
            differs |= {"System.ChangedDate": at, "System.ChangedBy": by}
        update = self._record(item, differs, {"added": added, "removed": removed}, by, at)
        item.relations = relations
        for relation in added:
            self._log_link(item, relation, at, active=True)
        for relation in removed:
            self._log_link(item, relation, at, active=False)
        self._tell(Happening("updated", item, update, by, at))
        self._mirror(item, added, removed, by, at)

    def comment(
        self, item: Item, text: str, by: Person = SYNC, markup: str = "html"
    ) -> CommentRecord:
        """A comment is a revision, and two events: commented and updated."""
        at = self.moment()
        self._comment_id += 1
        record = CommentRecord(self._comment_id, text, by, at, at, format=markup)
        item.comments.append(record)
        changed = {"System.CommentCount": _alive(item), "System.History": text}
        changed |= {"System.ChangedDate": at, "System.ChangedBy": by}
        update = self._record(item, changed, {}, by, at)
        item.commented = record.id
        item.fields.pop("System.History", None)
        self._tell(Happening("commented", item, None, by, at, text))
        self._tell(Happening("updated", item, update, by, at))
        return record

    def edit_comment(
        self,
        item: Item,
        record: CommentRecord,
        text: str,
        by: Person = SYNC,
        markup: str = "html",
    ) -> None:
        """No revision: only the comment's own version rises."""
        record.text, record.format = text, markup
        self._touch_comment(item, record, by)

    def delete_comment(self, item: Item, record: CommentRecord, by: Person = SYNC) -> None:
        record.deleted = True
        item.fields["System.CommentCount"] = _alive(item)
        self._touch_comment(item, record, by)

    def delete(self, item: Item, by: Person = SYNC) -> None:
        item.deleted = True
        self._flip(item, "deleted", by)

    def restore(self, item: Item, by: Person = SYNC) -> None:
        item.deleted = False
        self._flip(item, "restored", by)

    def _flip(self, item: Item, event: EventType, by: Person) -> None:
        at = self.moment()
        item.fields["System.ChangedDate"] = at
        item.fields["System.ChangedBy"] = by
        item.rev += 1
        item.commented = 0
        self._log_revision(item, at)
        self._tell(Happening(event, item, None, by, at))

    def _touch_comment(self, item: Item, record: CommentRecord, by: Person) -> None:
        record.version += 1
        record.modified = self.moment()
        changed = {"System.ChangedDate": {"newValue": record.modified}}
        update = Update(len(item.updates) + 1, item.rev, by, record.modified, changed)
        item.updates.append(update)
        self._tell(Happening("updated", item, update, by, record.modified))

    def _record(
        self,
        item: Item,
        changed: dict[str, Any],
        relations: dict[str, list[dict[str, Any]]],
        by: Person,
        at: str,
    ) -> Update:
        told: dict[str, dict[str, Any]] = {}
        for name, value in changed.items():
            told[name] = {"newValue": value}
            if name in item.fields:
                told[name]["oldValue"] = item.fields[name]
            if value is None:
                item.fields.pop(name, None)
            else:
                item.fields[name] = value
        if changed:
            item.rev += 1
            item.commented = 0
            told["System.Rev"] = {"oldValue": item.rev - 1, "newValue": item.rev}
            self._log_revision(item, at)
        kept = {name: ones for name, ones in relations.items() if ones}
        update = Update(len(item.updates) + 1, item.rev, by, at, told, kept)
        item.updates.append(update)
        return update

    def _mirror(
        self,
        item: Item,
        added: list[dict[str, Any]],
        removed: list[dict[str, Any]],
        by: Person,
        at: str,
    ) -> None:
        """A link stands at both of its ends. The other end keeps its revision."""
        for relation in removed:
            self._mirror_one(item, relation, by, at, present=False)
        for relation in added:
            self._mirror_one(item, relation, by, at, present=True)

    def _mirror_one(
        self, item: Item, relation: dict[str, Any], by: Person, at: str, *, present: bool
    ) -> None:
        back = OPPOSITE.get(relation["rel"])
        other = self.items.get(target_of(relation["url"])) if back else None
        if back is None or other is None:
            return
        held = [
            one
            for one in other.relations
            if one["rel"] == back and target_of(one["url"]) == item.id
        ]
        if present:
            attributes = {"name": RELATION_NAMES[back], "isLocked": False, "authorizedDate": at}
            made = {
                "rel": back,
                "url": f"{self._base}/_apis/wit/workItems/{item.id}",
                "attributes": attributes | {"id": len(other.relations) + 1},
            }
            other.relations = [*other.relations, made]
            told = {"added": [made]}
        else:
            other.relations = [one for one in other.relations if one not in held]
            told = {"removed": held}
        update = self._record(other, {}, told, by, at)
        self._tell(Happening("updated", other, update, by, at))

    def _log_revision(self, item: Item, at: str) -> None:
        self._mark += 1
        self.revisions.append(RevisionEntry(self._mark, item.id, item.rev, at))

    def _log_link(self, item: Item, relation: dict[str, Any], at: str, *, active: bool) -> None:
        if relation["rel"] not in OPPOSITE:
            return
        target = target_of(relation["url"])
        self._mark += 1
        entry = LinkEntry(self._mark, relation["rel"], item.id, target, at, active)
        self.links.append(entry)

    def _tell(self, happening: Happening) -> None:
        for listener in self.listeners:
            listener(happening)


def _alive(item: Item) -> int:
    return sum(not one.deleted for one in item.comments)


def target_of(url: str) -> int:
    """The number at the end of an address of a work item."""
    digits = url.rstrip("/").rpartition("/")[2]
    if not (digits.isascii() and digits.isdigit()):
        raise Refusal(400, "WorkItemResourceLinkException", f"VS402340: No work item at {url}.")
    return int(digits)


def _below(project: str, names: tuple[str, ...]) -> list[str]:
    return [project, *(f"{project}\\{name}" for name in names)]

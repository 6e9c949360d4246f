"""Neutral values as the `fields` and `update` of a Jira write."""

from typing import Any

import msgspec

from adapters.jira import answers, custom, kinds
from adapters.jira.custom import Login
from adapters.jira.errors import refused
from adapters.jira.fields import CustomFields
from adapters.jira.form import Form
from adapters.jira.parents import PlacesParents
from schemas.errors import TrackerError
from schemas.issue import FieldChange
from schemas.rich_text import RichText, to_plain
from schemas.values import Digest, Fields, User, Value, as_set

SUMMARY_LIMIT = 255
LABEL_LIMIT = 255

NAMED_SETS = {
    "components": "components",
    "fix_versions": "fixVersions",
    "affected_versions": "versions",
}
_NAMED = {"priority": "priority", "type": "issuetype", "resolution": "resolution"}
_USERS = ("assignee", "reporter")
_ELSEWHERE = ("status", "project", "links")
"""Set by other calls, or not at all."""
_ESTIMATES = {"estimate": "originalEstimate", "remaining": "remainingEstimate"}
_TIME = "timetracking"
_RICH = ("description", "environment")


class Body(msgspec.Struct, frozen=True):
    """A field stands in one of both, never in both: Jira refuses that."""

    fields: dict[str, Any]
    update: dict[str, list[dict[str, Any]]]

    def __bool__(self) -> bool:
        return bool(self.fields or self.update)

    def plain(self) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if self.fields:
            body["fields"] = self.fields
        if self.update:
            body["update"] = self.update
        return body


class Writer:
    def __init__(
        self, login: Login, custom_fields: CustomFields, parents: PlacesParents, form: Form
    ) -> None:
        self._login = login
        self._custom_fields = custom_fields
        self._parents = parents
        self._form = form

    async def body(self, change: FieldChange, type_name: str) -> Body:
        """`type_name` is the issue's type as it will be: the place of its parent depends on it."""
        wanted = dict(change.set)
        update: dict[str, list[dict[str, Any]]] = {}
        for field in dict.fromkeys((*change.add, *change.remove)):
            if field in _ELSEWHERE:
                continue
            added, removed = change.add.get(field, ()), change.remove.get(field, ())
            whole = wanted.get(field)
            if isinstance(whole, tuple):
                wanted[field] = as_set((set(whole) | set(added)) - set(removed))
            else:
                update[_set_name(field)] = await self._operations(field, added, removed)
        fields = await self.fields(wanted, type_name)
        if _TIME in fields:
            # Setting one estimate empties the other one; editing leaves it.
            update[_TIME] = [{"edit": fields.pop(_TIME)}]
        return Body(fields, update)

    async def fields(self, wanted: Fields, type_name: str) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for name, value in wanted.items():
            if name in _ESTIMATES:
                written.setdefault(_TIME, {})[_ESTIMATES[name]] = _duration(name, value)
            elif name not in _ELSEWHERE:
                key, shaped = await self._field(name, value, type_name)
                written[key] = shaped
        return written

    async def _field(self, name: str, value: Value, type_name: str) -> tuple[str, Any]:
        if isinstance(value, Digest):
            raise refused(name, "only the digest of its value is known here")
        if name in _USERS:
            return name, await self._user(name, value)
        if name == "parent":
            return await self._parents.written(type_name, value)
        if name.startswith("customfield_"):
            schema = await self._schema(name)
            return name, await custom.write(name, value, schema, self._login, self._form)
        if name in _NAMED:
            return _NAMED[name], None if value is None else {"name": _text(name, value)}
        if name in NAMED_SETS:
            return NAMED_SETS[name], [{"name": item} for item in _items(name, value)]
        if name in _RICH:
            return name, await self._rich(name, value)
        return _own_field(name, value)

    async def _rich(self, name: str, value: Value) -> Any:
        if value is None or isinstance(value, RichText):
            return None if value is None else await self._form.rendered(value)
        return self._form.words(_text(name, value))

    async def _user(self, name: str, value: Value) -> Any:
        if value is None or value in ("", User()):
            return self._form.user(None)
        if not isinstance(value, User | str):
            raise refused(name, "its value is no user")
        return self._form.user(await self._login(name, value))

    async def _schema(self, name: str) -> answers.FieldSchema:
        schema = (await self._custom_fields.known((name,))).schemas.get(name)
        if schema is None:
            raise refused(name, "Jira has no such field")
        return schema

    async def _operations(
        self, field: str, added: tuple[str, ...], removed: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        add = [await self._element(field, item) for item in added if item not in removed]
        remove = [await self._element(field, item) for item in removed]
        return [{"add": item} for item in add] + [{"remove": item} for item in remove]

    async def _element(self, field: str, item: str) -> Any:
        if field in NAMED_SETS:
            return {"name": item}
        if field == "labels":
            return label(item)
        schema = await self._schema(field)
        if kinds.kind_of(schema) not in ("options", "users", "labels"):
            raise _no_set(field)
        return await custom.element(field, item, schema, self._login, self._form)


def _own_field(name: str, value: Value) -> tuple[str, Any]:
    if name == "summary":
        return name, summary(_text(name, value))
    if name == "labels":
        return name, [label(item) for item in _items(name, value)]
    if name == "due":
        # A moment of another tracker is its day here.
        return "duedate", None if not value else _text(name, value).partition("T")[0]
    raise refused(name, "Jira has no such field")


def summary(text: str) -> str:
    """One line of at most 255 characters: Jira refuses anything else."""
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY_LIMIT else line[: SUMMARY_LIMIT - 1].rstrip() + "…"


def label(text: str) -> str:
    """Jira's labels hold no white space, so `_` takes its place."""
    return "_".join(text.split())[:LABEL_LIMIT]


def _duration(name: str, value: Value) -> str:
    """Whole minutes: the only unit that no setting of Jira changes."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise refused(name, "its value is no number of seconds")
    return f"{round(value / 60)}m"


def _set_name(field: str) -> str:
    if field == "labels" or field.startswith("customfield_"):
        return field
    if field in NAMED_SETS:
        return NAMED_SETS[field]
    raise _no_set(field)


def _no_set(field: str) -> TrackerError:
    return refused(field, "Jira keeps no set there, so nothing can be added or removed")


def _text(name: str, value: Value) -> str:
    match value:
        case str():
            return value
        case RichText():
            return to_plain(value)
        case bool() | None:
            pass
        case int() | float():
            return str(value)
    raise refused(name, "its value is no text")


def _items(name: str, value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value
    raise refused(name, "its value is no set of texts")

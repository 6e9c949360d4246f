"""Neutral values as the `fields` and `update` of a Jira write."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from adapters.jira import answers, markup
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange
from schemas.rich_text import RichText, to_plain
from schemas.values import Digest, Fields, User, Value, as_set

SUMMARY_LIMIT = 255
LABEL_LIMIT = 255

NAMED_SETS = {"components": "components", "fix_versions": "fixVersions"}
_NAMED = {"priority": "priority", "type": "issuetype", "resolution": "resolution"}
_USERS = ("assignee", "reporter")
_ELSEWHERE = ("status", "project")
"""Set by other calls, or not at all."""

ResolveUser = Callable[[str, User | str], Awaitable[str]]
"""(field, wanted) -> Jira's user name."""
ReadSchemas = Callable[[], Awaitable[dict[str, answers.FieldSchema]]]


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
    def __init__(self, resolve_user: ResolveUser, read_schemas: ReadSchemas) -> None:
        self._resolve_user = resolve_user
        self._read_schemas = read_schemas

    async def body(self, change: FieldChange) -> Body:
        wanted = dict(change.set)
        update: dict[str, list[dict[str, Any]]] = {}
        for field in (*change.add, *(name for name in change.remove if name not in change.add)):
            added, removed = change.add.get(field, ()), change.remove.get(field, ())
            whole = wanted.get(field)
            if isinstance(whole, tuple):
                wanted[field] = as_set((set(whole) | set(added)) - set(removed))
            else:
                update[_set_name(field)] = _operations(field, added, removed)
        return Body(await self.fields(wanted), update)

    async def fields(self, wanted: Fields) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for name, value in wanted.items():
            if name not in _ELSEWHERE:
                key, shaped = await self._field(name, value)
                written[key] = shaped
        return written

    async def _field(self, name: str, value: Value) -> tuple[str, Any]:
        if isinstance(value, Digest):
            raise _refused(name, "only the digest of its value is known here")
        if name in _USERS:
            return name, await self._user(name, value)
        if name.startswith("customfield_"):
            return name, await self._custom(name, value)
        if name in _NAMED:
            return _NAMED[name], None if value is None else {"name": _text(name, value)}
        if name in NAMED_SETS:
            return NAMED_SETS[name], [{"name": item} for item in _items(name, value)]
        return _own_field(name, value)

    async def _user(self, name: str, value: Value) -> Any:
        if value is None or value in ("", User()):
            return {"name": None}
        if not isinstance(value, User | str):
            raise _refused(name, "its value is no user")
        return {"name": await self._resolve_user(name, value)}

    async def _custom(self, name: str, value: Value) -> Any:
        if value is None:
            return None
        schema = (await self._read_schemas()).get(name)
        if schema is None:
            raise _refused(name, "Jira has no such field")
        if isinstance(value, RichText):
            return markup.render(value)
        if schema.type == "user":
            return await self._user(name, value)
        if schema.type == "array":
            return [_element(schema.items, item) for item in _items(name, value)]
        if isinstance(value, User | tuple):
            raise _refused(name, f"Jira wants a value of the type {schema.type}")
        return _element(schema.type, value)


def _own_field(name: str, value: Value) -> tuple[str, Any]:
    if name == "summary":
        return name, summary(_text(name, value))
    if name == "description":
        return name, description(value)
    if name == "labels":
        return name, [label(item) for item in _items(name, value)]
    if name == "due":
        return "duedate", None if not value else _text(name, value)
    if name == "parent":
        return name, None if not value else {"key": _text(name, value)}
    raise _refused(name, "Jira has no such field")


def summary(text: str) -> str:
    """One line of at most 255 characters: Jira refuses anything else."""
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY_LIMIT else line[: SUMMARY_LIMIT - 1].rstrip() + "…"


def label(text: str) -> str:
    """Jira's labels hold no white space, so `_` takes its place."""
    return "_".join(text.split())[:LABEL_LIMIT]


def description(value: Value) -> str | None:
    if value is None:
        return None
    if isinstance(value, RichText):
        return markup.render(value)
    return _text("description", value)


def _set_name(field: str) -> str:
    if field == "labels" or field.startswith("customfield_"):
        return field
    if field in NAMED_SETS:
        return NAMED_SETS[field]
    raise _refused(field, "Jira keeps no set there, so nothing can be added or removed")


def _operations(
    field: str, added: tuple[str, ...], removed: tuple[str, ...]
) -> list[dict[str, Any]]:
    shape: Callable[[str], Any] = label
    if field in NAMED_SETS:
        shape = _as_named
    kept = [item for item in added if item not in removed]
    return [{"add": shape(item)} for item in kept] + [{"remove": shape(item)} for item in removed]


def _as_named(text: str) -> dict[str, str]:
    return {"name": text}


def _element(kind: str, value: Value) -> Any:
    match kind:
        case "option":
            return {"value": value}
        case "version" | "component" | "priority" | "group" | "user":
            return {"name": value}
        case _:
            return value


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
    raise _refused(name, "its value is no text")


def _items(name: str, value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value
    raise _refused(name, "its value is no set of texts")


def _refused(name: str, why: str) -> TrackerError:
    return TrackerError(
        Fault.VALIDATION,
        f"The field {name!r} cannot be written to Jira: {why}.",
        remedy="Leave the field out of the incoming rule, or map it to another one.",
        field=name,
    )

"""The values of custom fields, in Jira's shapes and in ours."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from adapters.jira import errors, kinds, moments, users
from adapters.jira.answers import Account, FieldSchema
from adapters.jira.form import Form
from schemas.metadata import FieldKind
from schemas.rich_text import RichText, to_plain
from schemas.values import User, Value, as_set

Login = Callable[[str, User | str], Awaitable[str]]
"""(field, wanted) -> Jira's user name."""

_BETWEEN = " / "
"""Stands between the parts of a path."""
_NAMED = ("version", "component", "priority", "group", "user", "resolution")
_SPRINT_NAME = re.compile(r"[\[,]name=(.*?)(?:,[a-zA-Z]+=|\]$)")
# The development panel prints Java objects with addresses that differ on every read.
_VOLATILE = "com.atlassian.jira.plugin.devstatus"


def read(value: Any, kind: FieldKind | None, form: Form) -> Value:
    """None for shapes that mean nothing to others."""
    match kind, value:
        case "rich_text", _:
            return form.parse(value)
        case "datetime", str():
            return moments.to_neutral(value)
        case "cascading", {"value": str(above)}:
            return _path(above, value.get("child"))
        case "users", list():
            people = [_user(item) for item in value]
            return as_set([user.name or user.id for user in people if user])
    return _by_shape(value)


def _by_shape(value: Any) -> Value:
    match value:
        case str():
            return None if _VOLATILE in value else value
        case bool() | int() | float():
            return value
        case {"displayName": str()}:
            return _user(value)
        case {"value": str(text)} | {"name": str(text)}:
            return text
        case list():
            texts = [_sprint(text) for text in map(_by_shape, value) if isinstance(text, str)]
            return as_set(texts) if len(texts) == len(value) else None
        case _:
            return None


def _user(value: Any) -> User | None:
    return users.to_user(msgspec.convert(value, Account))


def _sprint(text: str) -> str:
    """Sprints come as printed Java objects; their address differs on every read."""
    if not text.startswith("com.atlassian.greenhopper.service.sprint"):
        return text
    found = _SPRINT_NAME.search(text)
    return found[1] if found else ""


def _path(above: str, child: Any) -> str:
    below = child.get("value") if isinstance(child, dict) else None
    return f"{above}{_BETWEEN}{below}" if isinstance(below, str) else above


async def write(name: str, value: Value, schema: FieldSchema, login: Login, form: Form) -> Any:
    """The same in Jira's shape. VALIDATION for what the field cannot hold."""
    kind = kinds.kind_of(schema)
    if not kinds.is_writable(schema):
        raise errors.refused(name, "Jira sets this field by itself")
    if value is None:
        return None
    match kind:
        case "user":
            return await _account(name, value, login, form)
        case "options" | "users" | "labels":
            return [await element(name, item, schema, login, form) for item in _items(name, value)]
        case "cascading":
            above, mark, below = _text(name, value).partition(_BETWEEN)
            return {"value": above, "child": {"value": below}} if mark else {"value": above}
        case "number":
            return _number(name, value)
        case "rich_text":
            if isinstance(value, RichText):
                return await form.rendered(value)
            return form.words(_text(name, value))
        case "date":
            return _text(name, value)[:10]
        case "datetime":
            return _moment(name, _text(name, value))
    if isinstance(value, User | tuple):
        raise errors.refused(name, f"Jira wants a value of the type {schema.type}")
    if kind in ("text", "url", "option", "issue"):
        return _shaped(schema.type, _text(name, value))
    return await form.rendered(value) if isinstance(value, RichText) else value


async def element(name: str, item: str, schema: FieldSchema, login: Login, form: Form) -> Any:
    """One element of a set."""
    if schema.items == "user":
        return form.user(await login(name, item))
    if kinds.kind_of(schema) == "labels":
        return "_".join(item.split())
    return _shaped(schema.items, item)


def _shaped(kind: str, text: str) -> Any:
    if kind == "option":
        return {"value": text}
    return {"name": text} if kind in _NAMED else text


async def _account(name: str, value: Value, login: Login, form: Form) -> dict[str, str | None]:
    if not isinstance(value, User | str):
        raise errors.refused(name, "its value is no user")
    return form.user(await login(name, value))


def _moment(name: str, text: str) -> str:
    """A day alone begins at midnight UTC."""
    try:
        return moments.told(moments.parse(text))
    except ValueError:
        raise errors.refused(name, "its value is no moment") from None


def _number(name: str, value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise errors.refused(name, "its value is no number")
    return value


def _items(name: str, value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    if isinstance(value, str):
        return (value,) if value else ()
    raise errors.refused(name, "its value is no set of texts")


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
    raise errors.refused(name, "its value is no text")

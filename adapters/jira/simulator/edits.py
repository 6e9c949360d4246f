"""Edits of an issue: checked first as a whole, then applied, with a line of changelog each."""

import re
from collections.abc import Callable
from typing import Any

from adapters.jira.simulator import catalogue
from adapters.jira.simulator.model import Change, Issue, Refused, User

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")

FindUser = Callable[[str], User | None]
Values = dict[str, Any]

_NAMED: dict[str, tuple[str, dict[str, str], str]] = {
    "priority": ("priority", catalogue.PRIORITIES, "The priority selected is invalid."),
    "issuetype": ("type", catalogue.TYPES, "The issue type selected is invalid."),
    "resolution": ("resolution", catalogue.RESOLUTIONS, "The resolution selected is invalid."),
}
_LISTS: dict[str, tuple[str, dict[str, str] | None, str]] = {
    "labels": ("labels", None, "labels"),
    "components": ("components", catalogue.COMPONENTS, "Component"),
    "fixVersions": ("fix_versions", catalogue.VERSIONS, "Fix Version"),
}


class Edits:
    """Collects what a body of `fields` and `update` asks for, or every reason why it is refused."""

    def __init__(self, find_user: FindUser, text_limit: int | None) -> None:
        self._find_user = find_user
        self._text_limit = text_limit

    def checked(
        self, fields: Values, update: dict[str, list[Values]], held: Issue | None
    ) -> Values:
        """Attribute -> new value. Raises Refused 400 in Jira's shape."""
        errors: dict[str, str] = {}
        wanted: Values = {}
        for key in fields:
            if key in update:
                errors[key] = f"Field '{key}' cannot be in both 'fields' and 'update'."
            elif (problem := self._one(key, fields[key], wanted)) is not None:
                errors[key] = problem
        for key, operations in update.items():
            if key not in errors and (problem := _operate(key, operations, held, wanted)):
                errors[key] = problem
        if errors:
            raise Refused(400, errors=errors)
        return wanted

    def _one(self, key: str, value: Any, wanted: Values) -> str | None:
        """Puts the value into `wanted`, or tells why not."""
        if key in _NAMED:
            attribute, names, problem = _NAMED[key]
            name = _name_of(value, names)
            if value is not None and name is None:
                return problem
            wanted[attribute] = name
            return None
        if key in _LISTS:
            return _list(key, value, wanted)
        if key in ("assignee", "reporter"):
            return self._user(key, value, wanted)
        if key in catalogue.CUSTOM_FIELDS:
            return self._custom(key, value, wanted)
        return self._text(key, value, wanted)

    def _user(self, key: str, value: Any, wanted: Values) -> str | None:
        name = value.get("name") if isinstance(value, dict) else None
        user = self._find_user(name) if name else None
        if name and user is None:
            return f"User '{name}' does not exist."
        if key == "reporter" and user is None:
            return "Reporter is required."
        wanted[key] = user
        return None

    def _text(self, key: str, value: Any, wanted: Values) -> str | None:
        match key:
            case "summary":
                return _summary(value, wanted)
            case "description":
                if value is not None and not isinstance(value, str):
                    return "Operation value must be a string"
                if problem := self.too_long(value or ""):
                    return problem
                wanted["description"] = value or None
            case "duedate":
                if value is not None and not _DATE.match(str(value)):
                    return "Error parsing date string: " + str(value)
                wanted["due"] = value
            case "parent":
                wanted["parent"] = value.get("key") if isinstance(value, dict) else None
            case "project":
                pass
            case _:
                return (
                    f"Field '{key}' cannot be set. It is not on the appropriate screen, or unknown."
                )
        return None

    def too_long(self, text: str) -> str | None:
        if self._text_limit is None or len(text) <= self._text_limit:
            return None
        return (
            "The entered text is too long."
            f" It exceeds the allowed limit of {self._text_limit:,} characters."
        )

    def _custom(self, key: str, value: Any, wanted: Values) -> str | None:
        custom = wanted.setdefault("custom", {})
        kind = catalogue.CUSTOM_FIELDS[key][1]["type"]
        if value is None:
            custom[key] = None
        elif kind == "option":
            name = value.get("value") if isinstance(value, dict) else None
            if name not in catalogue.SEVERITIES:
                return f"Option '{name}' is not valid."
            custom[key] = {"value": name, "id": str(catalogue.SEVERITIES.index(name))}
        elif kind == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return "Operation value must be a number"
            custom[key] = float(value)
        elif kind == "array":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                return "Operation value must be an array of strings"
            custom[key] = sorted(set(value))
        elif kind == "user":
            user = self._find_user(value.get("name", "")) if isinstance(value, dict) else None
            if user is None:
                return "User does not exist."
            custom[key] = {
                "name": user.name,
                "displayName": user.display_name,
                "emailAddress": user.email,
            }
        elif not isinstance(value, str):
            return "Operation value must be a string"
        else:
            custom[key] = value
        return None


def apply(issue: Issue, wanted: Values) -> list[Change]:
    """Writes what differs and answers the changelog; empty when nothing does."""
    changes: list[Change] = []
    for attribute, value in wanted.items():
        if attribute == "custom":
            changes += _apply_custom(issue, value)
            continue
        before = getattr(issue, attribute)
        if before == value:
            continue
        setattr(issue, attribute, value)
        field = {"fix_versions": "Fix Version", "components": "Component", "type": "issuetype"}
        shown = field.get(attribute, "duedate" if attribute == "due" else attribute)
        changes.append(Change(shown, _shown(before), _shown(value)))
    return changes


def _apply_custom(issue: Issue, wanted: Values) -> list[Change]:
    changes = []
    for key, value in wanted.items():
        before = issue.custom.get(key)
        if before != value:
            issue.custom = {**issue.custom, key: value}
            name = catalogue.CUSTOM_FIELDS[key][0]
            changes.append(Change(name, _shown(before), _shown(value), "custom"))
    return changes


def _summary(value: Any, wanted: Values) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "You must specify a summary of the issue."
    if "\n" in value or "\r" in value:
        return "The summary is invalid because it contains newline characters."
    if len(value) > 255:
        return "Summary must be less than 255 characters."
    wanted["summary"] = value
    return None


def _list(key: str, value: Any, wanted: Values) -> str | None:
    attribute, names, _ = _LISTS[key]
    if not isinstance(value, list):
        return "data was not an array"
    items: list[str] = []
    for raw in value:
        item, problem = _item(key, raw, names)
        if problem:
            return problem
        items.append(item)
    wanted[attribute] = list(dict.fromkeys(items))
    return None


def _operate(key: str, operations: list[Values], held: Issue | None, wanted: Values) -> str | None:
    if key not in _LISTS:
        return f"Field '{key}' cannot be set. It is not on the appropriate screen, or unknown."
    attribute, names, _ = _LISTS[key]
    items = list(getattr(held, attribute)) if held else []
    for operation in operations:
        for verb, raw in operation.items():
            if verb == "set":
                return _list(key, raw, wanted)
            item, problem = _item(key, raw, names if verb == "add" else None)
            if problem:
                return problem
            if verb == "add" and item not in items:
                items.append(item)
            elif verb == "remove" and item in items:
                items.remove(item)
    wanted[attribute] = items
    return None


def _item(key: str, raw: Any, names: dict[str, str] | None) -> tuple[str, str | None]:
    if key == "labels":
        if not isinstance(raw, str) or not raw or " " in raw:
            return "", f"The label '{raw}' contains spaces which is invalid."
        return (raw, None) if len(raw) <= 255 else ("", "A label is too long.")
    name = raw.get("name") if isinstance(raw, dict) else None
    if not isinstance(name, str) or (names is not None and name not in names):
        return "", f"{_LISTS[key][2]} name '{name}' is not valid"
    return name, None


def _name_of(value: Any, names: dict[str, str]) -> str | None:
    if not isinstance(value, dict):
        return None
    if value.get("name") in names:
        return str(value["name"])
    return next((name for name, number in names.items() if number == value.get("id")), None)


def _shown(value: Any) -> str | None:
    match value:
        case None:
            return None
        case User():
            return value.display_name
        case list():
            return " ".join(map(str, value))
        case {"value": text}:
            return str(text)
        case _:
            return str(value)

"""Edits of an issue: checked first as a whole, then applied, with a line of changelog each."""

import re
from collections.abc import Callable
from typing import Any

from adapters.jira.simulator import catalogue, custom_fields
from adapters.jira.simulator.custom_fields import DATE, FindUser, Invalid
from adapters.jira.simulator.model import Change, Issue, Refused, User

FindIssue = Callable[[str], Issue | None]
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
    "versions": ("versions", catalogue.VERSIONS, "Version"),
}
_NO_PLACE = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
_DURATION = re.compile(r"^(?:(\d+)w)?\s*(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m?)?$")
_UNITS = (5 * 8 * 3600, 8 * 3600, 3600, 60)
_ESTIMATES = {"originalEstimate": "estimate", "remainingEstimate": "remaining"}
_SHOWN = {
    "fix_versions": "Fix Version",
    "versions": "Version",
    "components": "Component",
    "type": "issuetype",
    "due": "duedate",
    "estimate": "timeoriginalestimate",
    "remaining": "timeestimate",
}
"""How the history names an attribute."""


class Edits:
    """Collects what a body of `fields` and `update` asks for, or every reason why it is refused."""

    def __init__(self, find_user: FindUser, find_issue: FindIssue, text_limit: int | None) -> None:
        self._find_user = find_user
        self._find_issue = find_issue
        self._text_limit = text_limit
        self._custom_checks = custom_fields.Checks(find_user, self._epic_problem)

    def checked(
        self, fields: Values, update: dict[str, list[Values]], held: Issue | None
    ) -> Values:
        """Attribute -> new value. Raises Refused 400 in Jira's shape."""
        errors: dict[str, str] = {}
        wanted: Values = {}
        for key in fields:
            if key in update:
                errors[key] = f"Field '{key}' cannot be in both 'fields' and 'update'."
            elif (problem := self._one(key, fields[key], wanted, held)) is not None:
                errors[key] = problem
        for key, operations in update.items():
            if key not in errors and (problem := self._operate(key, operations, held, wanted)):
                errors[key] = problem
        if errors:
            raise Refused(400, errors=errors)
        return wanted

    def _one(self, key: str, value: Any, wanted: Values, held: Issue | None) -> str | None:
        """Puts the value into `wanted`, or tells why not."""
        if key == "timetracking":
            return _time(value, wanted, kept=None)
        if key == "parent":
            return self._parent(value, wanted, held)
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
        if key in custom_fields.FIELDS:
            return self._custom(key, value, wanted)
        return self._text(key, value, wanted)

    def _operate(
        self, key: str, operations: list[Values], held: Issue | None, wanted: Values
    ) -> str | None:
        if key == "timetracking":
            return _time(operations[0].get("edit"), wanted, kept=held)
        if key in custom_fields.FIELDS:
            return self._operate_custom(key, operations, held, wanted)
        return _operate(key, operations, held, wanted)

    def _operate_custom(
        self, key: str, operations: list[Values], held: Issue | None, wanted: Values
    ) -> str | None:
        if not custom_fields.FIELDS[key].items:
            return _NO_PLACE.format(key)
        items = list((held.custom.get(key) if held else None) or [])
        try:
            for operation in operations:
                for verb, raw in operation.items():
                    item = self._custom_checks.element(key, raw)
                    if verb == "add" and item not in items:
                        items.append(item)
                    elif verb == "remove" and item in items:
                        items.remove(item)
        except Invalid as problem:
            return str(problem)
        wanted.setdefault("custom", {})[key] = items or None
        return None

    def _parent(self, value: Any, wanted: Values, held: Issue | None) -> str | None:
        """Set when a sub-task is made, and never again over this way."""
        if held is not None:
            return _NO_PLACE.format("parent")
        named = value if isinstance(value, dict) else {}
        found = self._find_issue(str(named.get("id") or named.get("key") or ""))
        if found is None:
            return "Could not find issue by id or key."
        wanted["parent"] = found.id
        return None

    def _epic_problem(self, key: str) -> str | None:
        found = self._find_issue(key)
        if found is None or found.type != catalogue.EPIC:
            return f"Issue {key} is not an epic, or does not exist."
        return None

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
            case "description" | "environment":
                if value is not None and not isinstance(value, str):
                    return "Operation value must be a string"
                if problem := self.too_long(value or ""):
                    return problem
                wanted[key] = value or None
            case "duedate":
                if value is not None and not DATE.match(str(value)):
                    return "Error parsing date string: " + str(value)
                wanted["due"] = value
            case "project":
                pass
            case _:
                return _NO_PLACE.format(key)
        return None

    def too_long(self, text: str) -> str | None:
        if self._text_limit is None or len(text) <= self._text_limit:
            return None
        return (
            "The entered text is too long."
            f" It exceeds the allowed limit of {self._text_limit:,} characters."
        )

    def _custom(self, key: str, value: Any, wanted: Values) -> str | None:
        try:
            kept = self._custom_checks.checked(key, value)
        except Invalid as problem:
            return str(problem)
        wanted.setdefault("custom", {})[key] = kept or None
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
        shown = _SHOWN.get(attribute, attribute)
        changes.append(Change(shown, _shown(before), _shown(value)))
    return changes


def held(issue: Issue, key: str) -> Any:
    """What the issue has in a field that goes by Jira's id."""
    if key in custom_fields.FIELDS:
        return issue.custom.get(key)
    names = {**{k: v[0] for k, v in _NAMED.items()}, **{k: v[0] for k, v in _LISTS.items()}}
    return getattr(issue, names.get(key, {"duedate": "due"}.get(key, key)))


def _apply_custom(issue: Issue, wanted: Values) -> list[Change]:
    changes = []
    for key, value in wanted.items():
        before = issue.custom.get(key)
        if before != value:
            issue.custom = {**issue.custom, key: value}
            name = custom_fields.FIELDS[key].name
            changes.append(Change(name, _shown(before), _shown(value), "custom"))
    return changes


def _time(value: Any, wanted: Values, *, kept: Issue | None) -> str | None:
    """Setting empties what is not named, editing keeps it."""
    if not isinstance(value, dict) or "timeSpent" in value:
        return "The field is not valid."
    for key, attribute in _ESTIMATES.items():
        if value.get(key) is None:
            wanted[attribute] = getattr(kept, attribute) if kept else None
            continue
        try:
            wanted[attribute] = seconds(value[key])
        except ValueError:
            return f"The {key} specified is not valid."
    if kept is None and wanted["remaining"] is None:
        wanted["remaining"] = wanted["estimate"]
    return None


def seconds(text: str) -> int | None:
    """Of a duration such as `1w 2d 3h 4m`, a week of five days of eight hours."""
    found = _DURATION.match(text.strip())
    if found is None:
        raise ValueError(text)
    if not text.strip():
        return None
    pairs = zip(found.groups(), _UNITS, strict=True)
    return sum(int(count) * unit for count, unit in pairs if count)


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
        return _NO_PLACE.format(key)
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

"""The custom fields of a simulated Jira, with the checks that the real ones make."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from adapters.jira.simulator.model import User

DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
_AGILE = "com.pyxis.greenhopper.jira:"

FindUser = Callable[[str], User | None]
FindEpic = Callable[[str], str | None]
"""Key -> what is wrong with it as an epic."""


class Invalid(Exception):
    """In Jira's words."""


class CustomField(msgspec.Struct, frozen=True):
    name: str
    type: str
    """As `schema.type`, or the type of the items of an array behind `array of`."""
    custom: str
    options: tuple[str, ...] = ()
    children: dict[str, tuple[str, ...]] = {}
    writable: bool = True

    @property
    def items(self) -> str:
        return self.type.removeprefix("array of ") if self.type.startswith("array") else ""

    def schema(self, key: str) -> dict[str, Any]:
        items = {"type": "array", "items": self.items} if self.items else {"type": self.type}
        return {**items, "custom": self.custom, "customId": int(key.rpartition("_")[2])}


FIELDS = {
    "customfield_10001": CustomField("Customer", "string", _TYPES + "textfield"),
    "customfield_10002": CustomField("Points", "number", _TYPES + "float"),
    "customfield_10003": CustomField(
        "Severity", "option", _TYPES + "select", options=("S1", "S2", "S3")
    ),
    "customfield_10004": CustomField("Teams", "array of string", _TYPES + "labels"),
    "customfield_10005": CustomField("Tester", "user", _TYPES + "userpicker"),
    "customfield_10006": CustomField("Release notes", "string", _TYPES + "textarea"),
    "customfield_10007": CustomField("Launch", "date", _TYPES + "datepicker"),
    "customfield_10008": CustomField("Cut-over", "datetime", _TYPES + "datetime"),
    "customfield_10009": CustomField(
        "Browsers",
        "array of option",
        _TYPES + "multiselect",
        options=("Chromium", "Firefox", "Safari"),
    ),
    "customfield_10010": CustomField(
        "Location",
        "option-with-child",
        _TYPES + "cascadingselect",
        options=("Europe", "Asia"),
        children={"Europe": ("Berlin", "Madrid"), "Asia": ("Tokyo",)},
    ),
    "customfield_10011": CustomField("Reviewers", "array of user", _TYPES + "multiuserpicker"),
    "customfield_10012": CustomField("Specification", "string", _TYPES + "url"),
    "customfield_10013": CustomField(
        "Sprint", "array of string", _AGILE + "gh-sprint", writable=False
    ),
    "customfield_10014": CustomField("Epic Link", "any", _AGILE + "gh-epic-link"),
    "customfield_10015": CustomField("Epic Name", "string", _AGILE + "gh-epic-label"),
    "customfield_10016": CustomField("Rank", "any", _AGILE + "gh-lexo-rank", writable=False),
}
EPIC_LINK = "customfield_10014"
RANK = "customfield_10016"


class Checks:
    def __init__(self, find_user: FindUser, find_epic: FindEpic) -> None:
        self._find_user = find_user
        self._find_epic = find_epic

    def checked(self, key: str, value: Any) -> Any:
        """The value as it is kept. Raises `Invalid`."""
        field = FIELDS[key]
        if not field.writable:
            raise Invalid(
                f"Field '{key}' cannot be set. It is not on the appropriate screen, or unknown."
            )
        if value is None:
            return None
        if field.items:
            if not isinstance(value, list):
                raise Invalid("data was not an array")
            kept = [self.element(key, item) for item in value]
            return [item for place, item in enumerate(kept) if item not in kept[:place]]
        return self._single(key, field, value)

    def element(self, key: str, value: Any) -> Any:
        """One element of a set."""
        field = FIELDS[key]
        if field.items == "user":
            return self._user(value)
        if field.items == "option":
            return _option(field, value)
        if not isinstance(value, str) or " " in value:
            raise Invalid(f"The label '{value}' contains spaces which is invalid.")
        return value

    def _single(self, key: str, field: CustomField, value: Any) -> Any:
        match field.type:
            case "option":
                return _option(field, value)
            case "option-with-child":
                return _cascade(field, value)
            case "user":
                return self._user(value)
            case "number":
                if isinstance(value, bool) or not isinstance(value, int | float):
                    raise Invalid("Operation value must be a number")
                return float(value)
        if not isinstance(value, str):
            raise Invalid("Operation value must be a string")
        if key == EPIC_LINK and (problem := self._find_epic(value)):
            raise Invalid(problem)
        _check_text(field, value)
        return value

    def _user(self, value: Any) -> User:
        user = self._find_user(value.get("name", "")) if isinstance(value, dict) else None
        if user is None:
            raise Invalid("User does not exist.")
        return user


def _check_text(field: CustomField, value: str) -> None:
    if field.type == "date" and not DATE.match(value):
        raise Invalid("Error parsing date string: " + value)
    if field.type == "datetime":
        try:
            datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")
        except ValueError:
            raise Invalid("Error parsing time: " + value) from None
    if field.custom.endswith(":url") and not value.startswith(("http://", "https://")):
        raise Invalid("Not a valid URL")


def _option(field: CustomField, value: Any) -> dict[str, str]:
    name = value.get("value") if isinstance(value, dict) else None
    if name not in field.options:
        raise Invalid(f"Option value '{name}' is not valid")
    return {"value": name, "id": option_id(field, name)}


def _cascade(field: CustomField, value: Any) -> dict[str, Any]:
    above = _option(field, value)
    child = value.get("child")
    if child is None:
        return above
    name = child.get("value") if isinstance(child, dict) else None
    below = field.children.get(above["value"], ())
    if name not in below:
        raise Invalid(f"Option value '{name}' is not valid for parent '{above['value']}'")
    number = f"{above['id']}{below.index(name)}"
    return {**above, "child": {"value": name, "id": number}}


def option_id(field: CustomField, name: str) -> str:
    return str(10300 + field.options.index(name))

"""Neutral values as what GitHub takes."""

import re
from typing import Any

import msgspec

from adapters.github import answers, markup
from adapters.github.catalogue import Catalogue
from adapters.github.errors import invalid
from adapters.github.mapping import FIELD, NO_TYPE, label_names, prefixed
from adapters.github.markers import split_marker
from adapters.github.params import GitHubParams
from adapters.github.users import Users
from adapters.lines import one_line
from schemas.issue import FieldChange
from schemas.rich_text import RichText, plain
from schemas.values import Digest, Fields, User, Value

TITLE_LENGTH = 256
LABEL_LENGTH = 50
STATES = ("open", "closed")
REASONS = ("completed", "not_planned", "duplicate")

_READ_ONLY = frozenset({"reporter"})
_BESIDE = frozenset({"parent", "links"})
"""Written by calls of their own."""
_FIELD_NAME = re.compile(FIELD + r"([0-9]{1,18})")


class Target(msgspec.Struct, frozen=True):
    repository: int
    project: str
    held: answers.Issue | None = None
    """As it stands; None for one that is to be created."""
    marker: str = ""

    @property
    def owner(self) -> str:
        return self.project.partition("/")[0]


class Edit(msgspec.Struct):
    """What is to be written: `body` in one call, the rest by calls of their own."""

    body: dict[str, Any] = {}
    add_labels: list[str] = []
    remove_labels: list[str] = []
    set_fields: list[dict[str, Any]] = []
    clear_fields: list[int] = []

    @property
    def in_one_call(self) -> bool:
        return not (self.add_labels or self.remove_labels or self.set_fields or self.clear_fields)


class Writer:
    def __init__(self, params: GitHubParams, users: Users, catalogue: Catalogue) -> None:
        self._params = params
        self._users = users
        self._catalogue = catalogue

    async def edit(self, target: Target, change: FieldChange) -> Edit:
        """Raises VALIDATION that names the field, before anything is written."""
        edit = Edit()
        for name, value in change.set.items():
            if isinstance(value, Digest):
                raise invalid(f"The value of {name!r} is not at hand.", name)
            await self._set(edit, target, name, value)
        self._state(edit, target, change.set)
        self._label_changes(edit, target, change)
        return edit

    async def _set(self, edit: Edit, target: Target, name: str, value: Value) -> None:
        match name:
            case "summary":
                edit.body["title"] = title(value)
            case "description":
                edit.body["body"] = await self._text(target, value)
            case "assignee":
                edit.body["assignees"] = await self._assignees(target, value)
            case "milestone":
                edit.body["milestone"] = await self._milestone(target, value)
            case "type":
                await self._type(edit, target, value)
            case "priority":
                self._by_label(edit, target, self._params.priority_prefix, value, name)
            case "labels":
                self._replace_labels(edit, target, value)
            case _ if name in _READ_ONLY or name in _BESIDE or name in ("status", "resolution"):
                return
            case _:
                await self._custom(edit, target, name, value)

    async def _text(self, target: Target, value: Value) -> str:
        rich = value if isinstance(value, RichText) else plain(_text_of("description", value))
        marker = target.marker
        if target.held is not None:
            marker = split_marker(target.held.body)[1]

        async def logins() -> frozenset[str]:
            return await self._users.logins(target.repository)

        return await markup.render(rich, marker, "description", logins)

    async def _assignees(self, target: Target, value: Value) -> list[str]:
        if value is None or value == "":
            return []
        if not isinstance(value, User | str):
            raise invalid("The assignee must be a user.", "assignee")
        return [await self._users.login(target.repository, value, "assignee")]

    async def _milestone(self, target: Target, value: Value) -> int | None:
        wanted = _text_of("milestone", value).strip().casefold()
        if not wanted:
            return None
        known: tuple[answers.Milestone, ...] = ()
        for fresh in (False, True):
            known = await self._catalogue.milestones(target.repository, fresh=fresh)
            for one in sorted(known, key=lambda one: one.state != "open"):
                if one.title.strip().casefold() == wanted:
                    return one.number
        raise invalid(
            f"{target.project} has no milestone {value!r}.",
            "milestone",
            _choose([one.title for one in known], "Create it on GitHub"),
        )

    async def _type(self, edit: Edit, target: Target, value: Value) -> None:
        wanted = _text_of("type", value).strip()
        types = await self._catalogue.types(target.owner)
        native = bool(types) or bool(target.held and target.held.type)
        if wanted.casefold() in ("", NO_TYPE) and not any(
            one.name.casefold() == wanted.casefold() for one in types
        ):
            if not native:
                self._by_label(edit, target, self._params.type_prefix, None, "type")
            elif target.held is not None:
                edit.body["type"] = None
        elif not native:
            self._by_label(edit, target, self._params.type_prefix, wanted, "type")
        else:
            named = {one.name.casefold(): one.name for one in types}
            if wanted.casefold() not in named:
                remedy = _choose([one.name for one in types], "Create it on GitHub")
                raise invalid(f"{target.owner} has no issue type {wanted!r}.", "type", remedy)
            edit.body["type"] = named[wanted.casefold()]

    def _by_label(self, edit: Edit, target: Target, prefix: str, value: Value, field: str) -> None:
        """The one label with this prefix; the setting '' leaves the field out."""
        if not prefix:
            return
        text = _text_of(field, value).strip()
        wanted = label(prefix + text) if text else ""
        held = prefixed(_held(target), prefix)
        edit.remove_labels += [name for name in held if name.casefold() != wanted.casefold()]
        if wanted and wanted.casefold() not in {name.casefold() for name in held}:
            edit.add_labels.append(wanted)

    def _replace_labels(self, edit: Edit, target: Target, value: Value) -> None:
        wanted = {name.casefold(): name for name in map(label, _names_of("labels", value)) if name}
        held = {name.casefold(): name for name in self._free(target)}
        edit.add_labels += [name for key, name in wanted.items() if key not in held]
        edit.remove_labels += [name for key, name in held.items() if key not in wanted]

    def _label_changes(self, edit: Edit, target: Target, change: FieldChange) -> None:
        for name in (*change.add, *change.remove):
            if name not in ("labels", "links"):
                raise invalid(f"GitHub has no set {name!r}.", name)
        held = {name.casefold(): name for name in _held(target)}
        for name in map(label, change.add.get("labels", ())):
            if name and name.casefold() not in held:
                edit.add_labels.append(name)
        for name in map(label, change.remove.get("labels", ())):
            if name.casefold() in held:
                edit.remove_labels.append(held[name.casefold()])

    def _free(self, target: Target) -> list[str]:
        """Labels that say neither a priority nor a type."""
        names = _held(target)
        native = bool(target.held and target.held.type)
        taken = set(prefixed(names, self._params.priority_prefix))
        taken.update(() if native else prefixed(names, self._params.type_prefix))
        return [name for name in names if name not in taken]

    def _state(self, edit: Edit, target: Target, wanted: Fields) -> None:
        held = target.held.state if target.held else "open"
        state = _text_of("status", wanted.get("status")).strip().casefold() or held
        if state not in STATES:
            remedy = "Map the status to 'open' or 'closed' in the incoming rule."
            raise invalid(f"GitHub has no status {wanted['status']!r}.", "status", remedy)
        reason = _text_of("resolution", wanted.get("resolution")).strip().casefold()
        reason = reason.replace(" ", "_")
        if reason and reason not in REASONS:
            remedy = f"Map the resolution to one of: {', '.join(REASONS)}."
            raise invalid(
                f"GitHub has no resolution {wanted['resolution']!r}.", "resolution", remedy
            )
        if state != held:
            edit.body["state"] = state
        if state == "closed" and reason:
            edit.body |= {"state": state, "state_reason": reason}

    async def _custom(self, edit: Edit, target: Target, name: str, value: Value) -> None:
        found = _FIELD_NAME.fullmatch(name)
        fields = await self._catalogue.fields(target.owner) if found else ()
        field = next((one for one in fields if found and one.id == int(found[1])), None)
        if field is None:
            raise invalid(
                f"GitHub's issues have no field {name!r}.",
                name,
                "Leave it out of the incoming rule, or put it into the description or a label.",
            )
        if value is None or value in ("", ()):
            edit.clear_fields.append(field.id)
        else:
            edit.set_fields.append({"field_id": field.id, "value": _field_value(field, value)})


def title(value: Value) -> str:
    text = one_line(_text_of("summary", value), TITLE_LENGTH)
    if not text:
        raise invalid("GitHub demands a summary.", "summary")
    return text


def label(name: str) -> str:
    return one_line(name, LABEL_LENGTH)


def _held(target: Target) -> tuple[str, ...]:
    return label_names(target.held) if target.held else ()


def _text_of(field: str, value: Value) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(f"The value of {field!r} must be a text.", field)
    return value


def _names_of(field: str, value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, tuple):
        raise invalid(f"The value of {field!r} must be a set of names.", field)
    return value


def _field_value(field: answers.IssueField, value: Value) -> Any:
    name = f"{FIELD}{field.id}"
    if field.data_type == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise invalid(f"The issue field {field.name!r} takes a number.", name)
        return value
    if field.data_type == "multi_select":
        return [_option(field, one, name) for one in _names_of(name, value)]
    text = _text_of(name, value)
    return _option(field, text, name) if field.data_type == "single_select" else text


def _option(field: answers.IssueField, wanted: str, name: str) -> str:
    options = {one.name.casefold(): one.name for one in field.options or ()}
    if wanted.casefold() not in options:
        remedy = _choose(list(options.values()), "Add the option on GitHub")
        raise invalid(f"The issue field {field.name!r} has no option {wanted!r}.", name, remedy)
    return options[wanted.casefold()]


def _choose(names: list[str], otherwise: str) -> str:
    if not names:
        return f"{otherwise}, or leave it out of the incoming rule."
    return f"{otherwise}, or map it to one of: {', '.join(sorted(names)[:20])}."

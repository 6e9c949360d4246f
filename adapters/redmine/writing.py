"""Neutral values as the body of a Redmine write, and what Redmine made of it."""

from collections.abc import Mapping
from typing import Any

from adapters.lines import one_line
from adapters.redmine import errors, marker, moments, wire
from adapters.redmine.directory import CustomField, Directory, Project, chosen
from adapters.redmine.markup import Markup
from adapters.redmine.people import People
from schemas.errors import Fault, TrackerError
from schemas.rich_text import RichText, to_plain
from schemas.values import Digest, Fields, User, Value, as_set

SUMMARY_LIMIT = 255
SINGLE_SETS = {"components": "category_id", "fix_versions": "fixed_version_id"}
"""Sets elsewhere; Redmine holds one element."""

_ELSEWHERE = frozenset({"links", "project", "reporter", "spent"})
"""Set by other calls, or told by Redmine only."""
DATES = {"due": "due_date", "start_date": "start_date"}


class Writer:
    def __init__(self, directory: Directory, people: People, markup: Markup) -> None:
        self._directory = directory
        self._people = people
        self._markup = markup

    async def body(
        self, project: Project, wanted: Fields, held: wire.Issue | None = None, signed: str = ""
    ) -> dict[str, Any]:
        """`held` is the issue that is written over. `signed` is a marker for the description."""
        body: dict[str, Any] = {}
        custom: list[dict[str, Any]] = []
        for name, value in wanted.items():
            if isinstance(value, Digest):
                raise _refused(name, "only the digest of its value is known here")
            if name in _ELSEWHERE:
                continue
            if name.startswith("cf_"):
                custom.append(await self._custom(name, value))
            elif name == "description":
                body[name] = marker.sign(await self._rich(name, value), signed)
            else:
                key, shaped = await self._field(project, name, value, held)
                body[key] = shaped
        if custom:
            body["custom_fields"] = custom
        return body

    async def field_id(self, name: str, found: wire.Issue | None = None) -> int:
        """Of a custom field that a setting names."""
        if name.startswith("cf_") and name[3:].isdigit():
            return int(name[3:])
        labels = {
            field.label: field.id for field in (await self._directory.custom_fields()).values()
        }
        if found is not None:
            labels |= {item.name: item.id for item in found.custom_fields}
        if name not in labels:
            raise errors.refused(
                Fault.CONFIGURATION,
                f"Redmine shows no custom field {name!r} to the connector's account.",
                remedy="Write its id instead, such as cf_7, or let an administrator's key ask.",
            )
        return labels[name]

    async def _field(
        self, project: Project, name: str, value: Value, held: wire.Issue | None
    ) -> tuple[str, Any]:
        if name == "summary":
            return "subject", one_line(_text(name, value), SUMMARY_LIMIT)
        if name == "status":
            statuses = {item.name: item.id for item in await self._directory.statuses()}
            return "status_id", chosen(name, _text(name, value), statuses)
        if name == "priority":
            priorities = {item.name: item.id for item in await self._directory.priorities()}
            return "priority_id", chosen(name, _text(name, value), priorities)
        if name == "type":
            trackers = {item.name: item.id for item in project.trackers}
            return "tracker_id", chosen(name, _text(name, value), trackers)
        if name == "assignee":
            return "assigned_to_id", await self._user(name, value)
        if name in SINGLE_SETS:
            return SINGLE_SETS[name], await self._single(project, name, value, held)
        return _plain_field(name, value)

    async def _single(
        self, project: Project, name: str, value: Value, held: wire.Issue | None
    ) -> Any:
        """One of several stays when it is there already; else the first one counts."""
        items = _items(name, value)
        if not items:
            return ""
        ref = None
        if held is not None:
            ref = held.category if name == "components" else held.fixed_version
        if ref is not None and ref.name in items:
            return ref.id
        known = (
            project.categories
            if name == "components"
            else await self._directory.versions(project.id)
        )
        return chosen(name, items[0], {item.name: item.id for item in known})

    async def _user(self, name: str, value: Value) -> Any:
        if value is None or value in ("", User()):
            return ""
        if not isinstance(value, User | str):
            raise _refused(name, "its value is no user")
        return await self._people.meant(name, value)

    async def _rich(self, name: str, value: Value) -> str:
        if isinstance(value, RichText):
            return await self._markup.render(value)
        return "" if value is None else _text(name, value)

    async def _custom(self, name: str, value: Value) -> dict[str, Any]:
        number = name[3:]
        if not number.isdigit():
            raise _refused(name, "Redmine's custom fields are called cf_ and their id")
        definitions = await self._directory.custom_fields()
        kind = self._directory.kind(int(number), definitions)
        definition = definitions.get(int(number))
        if kind == "user":
            shaped: Any = str(await self._user(name, value))
        elif kind == "users":
            found = [await self._people.meant(name, item) for item in _items(name, value)]
            shaped = [str(item) for item in found]
        elif isinstance(value, tuple):
            shaped = [_key(item, name, definition) for item in value]
        elif kind == "rich_text" or isinstance(value, RichText):
            shaped = await self._rich(name, value)
        else:
            shaped = _key(_custom_text(name, value), name, definition)
        return {"id": int(number), "value": shaped}


def merged(
    held: Mapping[str, Value], name: str, add: tuple[str, ...], remove: tuple[str, ...]
) -> Value:
    before = held.get(name)
    kept = set(before) if isinstance(before, tuple) else set()
    return as_set((kept | set(add)) - set(remove))


def dropped(body: Mapping[str, Any], found: wire.Issue) -> list[str]:
    """Redmine leaves out what an account may not set, and says 204 all the same: the neutral
    names of fields that do not hold what was written."""
    shown = _shown(found)
    missing = [
        _NEUTRAL.get(key, key)
        for key, wanted in body.items()
        if key in shown and not _same(wanted, shown[key])
    ]
    held = {item.id: item.value for item in found.custom_fields}
    custom = [item for item in body.get("custom_fields", ()) if not _holds(held, item)]
    return [*missing, *(f"cf_{item['id']}" for item in custom)]


def _holds(held: Mapping[int, object], item: Mapping[str, Any]) -> bool:
    return item["id"] in held and _same(item["value"], held[item["id"]])


_NEUTRAL = {
    "subject": "summary",
    "tracker_id": "type",
    "status_id": "status",
    "priority_id": "priority",
    "assigned_to_id": "assignee",
    "category_id": "components",
    "fixed_version_id": "fix_versions",
    "parent_issue_id": "parent",
    "due_date": "due",
    "estimated_hours": "estimate",
    "is_private": "private",
}


def _shown(found: wire.Issue) -> dict[str, object]:
    return {
        "subject": found.subject,
        "description": found.description,
        "tracker_id": found.tracker.id,
        "status_id": found.status.id,
        "priority_id": found.priority.id,
        "assigned_to_id": found.assigned_to.id if found.assigned_to else None,
        "category_id": found.category.id if found.category else None,
        "fixed_version_id": found.fixed_version.id if found.fixed_version else None,
        "parent_issue_id": found.parent.id if found.parent else None,
        "due_date": found.due_date,
        "start_date": found.start_date,
        "done_ratio": found.done_ratio,
        "is_private": found.is_private,
        "estimated_hours": found.estimated_hours,
    }


def _same(wanted: object, held: object) -> bool:
    if isinstance(wanted, list) or isinstance(held, list):
        return sorted(map(_flat, _listed(wanted))) == sorted(map(_flat, _listed(held)))
    if isinstance(wanted, float) or isinstance(held, float):
        try:
            return abs(float(_flat(wanted) or 0) - float(_flat(held) or 0)) < 0.01
        except ValueError:
            return False
    return _flat(wanted) == _flat(held)


def _listed(value: object) -> list[object]:
    if isinstance(value, list):
        return [item for item in value if item not in ("", None)]
    return [] if value in ("", None) else [value]


def _flat(value: object) -> str:
    """Redmine writes line ends as CR LF and strips what stands around a text."""
    if value is None:
        return ""
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def _plain_field(name: str, value: Value) -> tuple[str, Any]:
    if name in DATES:
        # A moment of another tracker is its day here.
        return DATES[name], _text(name, value)[:10] if value else ""
    if name == "estimate":
        return "estimated_hours", "" if value is None else round(
            moments.hours(_number(name, value)), 6
        )
    if name == "done_ratio":
        return name, 0 if value is None else min(100, max(0, round(_number(name, value))))
    if name == "private":
        return "is_private", bool(value)
    if name == "parent":
        text = _text(name, value).lstrip("#") if value else ""
        if text and not (text.isascii() and text.isdigit()):
            raise _refused(name, "its value is no id of a Redmine issue")
        return "parent_issue_id", int(text) if text else ""
    raise _refused(name, "Redmine has no such field")


def _key(text: str, name: str, definition: CustomField | None) -> str:
    """What Redmine keeps for a value that people know by its label."""
    if definition is None or not text or not definition.choices:
        return text
    labels = {choice.label or choice.value: choice.value for choice in definition.choices}
    if text in labels.values():
        return text
    numbered = dict(zip(labels, range(len(labels)), strict=True))
    return list(labels.values())[chosen(name, text, numbered)]


def _custom_text(name: str, value: Value) -> str:
    match value:
        case None:
            return ""
        case True:
            return "1"
        case False:
            return "0"
    return _text(name, value)


def _number(name: str, value: Value) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _refused(name, "its value is no number")


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
    if isinstance(value, str):
        return (value,) if value else ()
    raise _refused(name, "its value is no set of texts")


def _refused(name: str, why: str) -> TrackerError:
    return errors.refused(
        Fault.VALIDATION,
        f"The field {name!r} cannot be written to Redmine: {why}.",
        remedy="Leave the field out of the incoming rule, or map it to another one.",
        field=name,
    )

"""What the params set in each issue, in the tracker's own names and values: custom fields, the
version, the parent. What cannot be had is told before anything is made."""

from collections.abc import Mapping, Sequence

import msgspec

from adapters.port import Tracker
from schemas.errors import Fault, InputError, TrackerError
from schemas.metadata import FieldInfo
from service.workers.alm.params import Given, Settings
from service.workers.alm.rules import Names, filled, titled, version_field
from service.workers.metadata import ProjectMetadata
from service.workers.roster import OpenConnector

_CUSTOM, _PARENT, _VERSION = "alm_custom_fields", "alm_parent_issue", "alm_project_version"
_OF_THE_SYNC = frozenset({"summary", "description", "status", "type", "labels", "priority",
                          "parent", "links"})  # fmt: skip
_SEVERAL = ("options", "labels", "users")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NO_WORDS = ("user", "users", "issue", "links", "duration")
"""Kinds that no words of a param stand for."""
_NONE = (Fault.NOT_FOUND, Fault.GONE, Fault.VALIDATION)


async def resolved(
    known: ProjectMetadata, opened: OpenConnector, project: str, settings: Settings, names: Names
) -> Settings:
    """Raises `InputError` that names the param."""
    version = version_field(settings)
    fields: Mapping[str, FieldInfo] | None = None
    if settings.custom_fields or version:
        fields = await known.fields(opened, project, settings.issue_type, young=True)
    if version and fields and version in fields:
        _check_choices(fields[version], [settings.version], _VERSION)
    custom = _filled(settings, names)
    if fields is not None:
        custom = dict(_custom(fields, name, value) for name, value in custom.items())
    parent = await _parent(opened.tracker, settings.parent) if settings.parent else ""
    return msgspec.structs.replace(settings, custom_fields=custom, parent=parent)


def _filled(settings: Settings, names: Names) -> dict[str, Given]:
    words = str(settings.custom_fields)
    for name, value in titled(settings, names).items():
        if f"${{{name}}}" in words and not value:
            raise InputError(f"${{{name}}} is empty here.", field=_CUSTOM)
    return filled(settings.custom_fields, settings, names)


async def _parent(tracker: Tracker, key: str) -> str:
    try:
        return (await tracker.resolve(key)).id
    except TrackerError as error:
        if error.fault not in _NONE:
            raise
        raise InputError(f"There is no issue {key}: {error.message}", field=_PARENT) from error


def _custom(fields: Mapping[str, FieldInfo], name: str, value: Given) -> tuple[str, Given]:
    info = _named(fields, name)
    if info.name in _OF_THE_SYNC or info.kind in _NO_WORDS or not info.writable:
        raise InputError(f"The field {name!r} cannot be set by a param.", field=_CUSTOM)
    return info.name, _valued(info, value)


def _named(fields: Mapping[str, FieldInfo], name: str) -> FieldInfo:
    """By its name here, or as people see it."""
    if name in fields:
        return fields[name]
    found = [info for info in fields.values() if _folded(info.label) == _folded(name)]
    if found:
        return found[0]
    there = ", ".join(sorted(info.label for info in fields.values() if info.writable))
    raise InputError(
        f"The tracker has no field {name!r}.", field=_CUSTOM, remedy=f"There are: {there}."
    )


def _folded(words: str) -> str:
    """Rally's own names are its labels without blanks."""
    return "".join(words.split()).casefold()


def _valued(info: FieldInfo, value: Given) -> Given:
    given = [value] if isinstance(value, str) else value
    assert isinstance(given, list)
    _check_choices(info, given, _CUSTOM)
    if info.kind in _SEVERAL:
        return given
    if len(given) != 1:
        raise InputError(f"The field {info.label!r} takes one value.", field=_CUSTOM)
    word = given[0].strip()
    try:
        match info.kind:
            case "number":
                return float(word) if "." in word else int(word)
            case "boolean":
                return _TRUTHS[word.lower()]
    except (ValueError, KeyError) as error:
        raise InputError(
            f"{word!r} is no {info.kind} for the field {info.label!r}.", field=_CUSTOM
        ) from error
    return given[0]


def _check_choices(info: FieldInfo, values: Sequence[str], param: str) -> None:
    names = [choice.name for choice in info.choices]
    for value in values:
        if names and value not in names:
            raise InputError(
                f"The field {info.label!r} has no value {value!r}.",
                field=param,
                remedy=f"There are: {', '.join(names[:50])}.",
            )

"""Neutral values as the body of a write to Rally."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from adapters.rally import errors, marker, markup, moments, wire
from adapters.rally.capabilities import CAPABILITIES
from adapters.rally.fit import SUMMARY_LIMIT
from adapters.rally.items import Items
from adapters.rally.kinds import HOURS, STAGES, STORY, TASK, Kind, status_of
from adapters.rally.mapping import NONE, is_empty
from adapters.rally.names import Names
from adapters.rally.params import RallyParams
from adapters.rally.people import People
from adapters.rally.schema import Attribute, Schema
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.rich_text import RichText, to_plain
from schemas.values import Digest, Fields, User, Value

_APART = frozenset({"type", "labels", "milestone", "area", "links", "project"})
"""Written as collections or by the place of the issue."""


class Target(msgspec.Struct, frozen=True):
    """What is written to."""

    kind: Kind
    project: str
    """ObjectID of the project that the issue is in, or is to be in."""
    held: Item | None = None
    files: Mapping[str, str] = {}
    """Attachments by name, for the images of a text."""


class Writer:
    def __init__(
        self,
        params: RallyParams,
        schema: Schema,
        workspace: Workspace,
        people: People,
        names: Names,
        items: Items,
    ) -> None:
        self._params = params
        self._schema = schema
        self._workspace = workspace
        self._people = people
        self._names = names
        self._items = items

    async def body(self, target: Target, wanted: Fields) -> dict[str, Any]:
        """Raises VALIDATION that names the field, before anything is written."""
        attributes = await self._schema.attributes(target.kind)
        beside = {one.name: one for one in self._schema.beside(target.kind, attributes)}
        body: dict[str, Any] = {}
        for name, value in wanted.items():
            if isinstance(value, Digest):
                raise errors.invalid(name, "only the digest of its value is known here")
            if name in _APART:
                continue
            if name == "status":
                body.update(await self._status(target, value))
            elif name in target.kind.fields:
                body[target.kind.fields[name]] = await self._own(target, name, value)
            elif name in beside:
                body[name] = await self._beside(target, beside[name], value)
            elif name not in CAPABILITIES.fields:
                names = ", ".join(sorted(beside))
                raise errors.invalid(
                    name,
                    f"a {target.kind.name} has no such field",
                    f"Leave it out of the incoming rule, or map it to one of: {names}.",
                )
        return body

    async def signed(self, kind: Kind, body: Item, signed: str) -> Item:
        """With the marker of the draft where this type can hold it."""
        field = self._params.marker_field
        if field and field in await self._schema.attributes(kind):
            return {**body, field: signed}
        return {**body, "Notes": marker.sign(str(body.get("Notes") or ""), signed)}

    async def _status(self, target: Target, value: Value) -> Item:
        attribute = status_of(target.kind, self._params)
        if is_empty(value):
            return {}
        name = text("status", value)
        if attribute == "FlowState":
            return {attribute: await self._names.flow_state("status", name, target.project)}
        known = (await self._schema.attributes(target.kind)).get(attribute)
        if known is not None:
            name = counterpart(name, await self._schema.choices(known))
        return {attribute: await self._option(target.kind, "status", known, name)}

    async def _own(self, target: Target, name: str, value: Value) -> Any:
        match name:
            case "summary":
                return summary(value)
            case "description":
                return await self._rich(target, name, value)
            case "assignee" | "reporter":
                return await self._user(name, value)
            case "fix_versions":
                return await self._release(target, value)
            case "iteration":
                named = "" if is_empty(value) else text(name, value)
                return await self._names.iteration(named, target.project) if named else None
            case "parent":
                return await self._parent(target.kind, value)
            case "due":
                return await self._day(name, value)
            case _ if name in HOURS:
                return None if value is None else moments.hours(number(name, value))
        attributes = await self._schema.attributes(target.kind)
        attribute = attributes.get(target.kind.fields[name])
        given = "" if is_empty(value) else text(name, value)
        return await self._option(target.kind, name, attribute, given)

    async def _beside(self, target: Target, attribute: Attribute, value: Value) -> Any:
        name = attribute.name
        if attribute.read_only:
            raise errors.invalid(name, "Rally fills it in itself")
        match attribute.kind:
            case "rich_text":
                written = await self._rich(target, name, value)
                return self._with_marker(target, written) if name == "Notes" else written
            case "options":
                wanted = items(name, value)
                known = await self._choices(target.kind, attribute, wanted)
                return [{"_ref": known[_known(name, one, known)]} for one in wanted]
            case "user":
                return await self._user(name, value)
            case "date":
                return await self._day(name, value)
            case "boolean":
                return bool(value)
            case "number":
                return None if value is None else number(name, value)
            case "url":
                return _link(target, name, value)
            case "option":
                given = "" if is_empty(value) else text(name, value)
                if name == "FlowState":
                    place = target.project
                    return await self._names.flow_state(name, given, place) if given else None
                return await self._option(target.kind, name, attribute, given)
        return "" if value is None else text(name, value)

    def _with_marker(self, target: Target, written: str) -> str:
        held = marker.split(str((target.held or {}).get("Notes") or ""))[1]
        return marker.sign(written, held)

    async def _choices(
        self, kind: Kind, attribute: Attribute, wanted: tuple[str, ...]
    ) -> Mapping[str, str]:
        known = await self._schema.choices(attribute)
        folded = {name.casefold() for name in known}
        if known and any(name.casefold() not in folded for name in wanted):
            known = await self._schema.choices(await self._schema.renewed(kind, attribute))
        return known

    async def _option(
        self, kind: Kind, field: str, attribute: Attribute | None, wanted: str
    ) -> str | None:
        asked = (wanted,) if wanted else ()
        known = await self._choices(kind, attribute, asked) if attribute else {}
        if not wanted:
            return NONE if NONE in known else None
        return _known(field, wanted, known) if known else wanted

    async def _rich(self, target: Target, name: str, value: Value) -> str:
        if isinstance(value, RichText):
            return await markup.render(
                value, files=target.files, find_person=self._people.mentioned
            )
        return "" if value is None else text(name, value)

    async def _user(self, name: str, value: Value) -> str | None:
        if is_empty(value):
            return None
        if not isinstance(value, User | str):
            raise errors.invalid(name, "its value is no user")
        return await self._people.ref(name, value)

    async def _release(self, target: Target, value: Value) -> str | None:
        """One of several stays when it is there already; else the first one counts."""
        names = items("fix_versions", value)
        if not names:
            return None
        release = (target.held or {}).get("Release")
        if release and wire.name(release) in names:
            return wire.ref(release)
        return await self._names.release(names[0], target.project)

    async def _parent(self, kind: Kind, value: Value) -> str | None:
        if is_empty(value):
            return None
        oid = text("parent", value).strip()
        if not (oid.isascii() and oid.isdigit()):
            raise errors.invalid("parent", "its value is no id of a Rally issue")
        return (await self._items.owner(oid)).ref if kind is TASK else f"/{STORY.path}/{oid}"

    async def _day(self, name: str, value: Value) -> str | None:
        if is_empty(value):
            return None
        zone = (await self._workspace.space()).zone
        try:
            return moments.of_day(text(name, value), zone)
        except ValueError:
            raise errors.invalid(name, "its value is no date") from None


def counterpart(status: str, known: Iterable[str]) -> str:
    """Mappings know no types: a story's status for a defect is the defect's of the same stage."""
    names = {name.casefold(): name for name in known}
    if status.casefold() in names:
        return status
    at = next((i for i, stage in enumerate(STAGES) if status in stage), -1)
    # Tasks have no last stage: what is accepted is completed there.
    for stage in reversed(STAGES[: at + 1]):
        for name in stage:
            if name.casefold() in names:
                return name
    return status


def summary(value: Value) -> str:
    """One line of at most 256 characters."""
    line = " ".join(text("summary", value).split())
    if not line:
        raise errors.invalid("summary", "Rally demands a name")
    return line if len(line) <= SUMMARY_LIMIT else line[: SUMMARY_LIMIT - 1].rstrip() + "…"


def text(name: str, value: Value) -> str:
    match value:
        case str():
            return value
        case RichText():
            return to_plain(value)
        case bool() | None:
            pass
        case int() | float():
            return str(value)
    raise errors.invalid(name, "its value is no text")


def number(name: str, value: Value) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise errors.invalid(name, "its value is no number")


def items(name: str, value: Value) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, tuple):
        return value
    if isinstance(value, str):
        return (value,)
    raise errors.invalid(name, "its value is no set of texts")


def _known(field: str, wanted: str, known: Mapping[str, str]) -> str:
    if wanted in known:
        return wanted
    folded = {name.casefold(): name for name in known}
    if wanted.casefold() not in folded:
        names = [name for name in known if name != NONE]
        remedy = errors.choose(names, "Add the value in Rally")
        raise errors.invalid(field, f"Rally has no value {wanted!r} for it", remedy)
    return folded[wanted.casefold()]


def _link(target: Target, name: str, value: Value) -> Item | None:
    """The words that people see stay, where somebody gave the link some."""
    if is_empty(value):
        return {"LinkID": "", "DisplayString": ""}
    link = text(name, value)
    held = (target.held or {}).get(name)
    shown = wire.texts(held, "DisplayString") if isinstance(held, dict) else ""
    same = isinstance(held, dict) and wire.texts(held, "LinkID") == link
    return {"LinkID": link, "DisplayString": shown if same and shown else link}

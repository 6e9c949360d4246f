"""Neutral values as the fields of an entity."""

from collections.abc import Mapping

from adapters.alm import errors, marker, memo, moments
from adapters.alm.client import AlmClient
from adapters.alm.customization import Customization, Customizations, Field
from adapters.alm.ids import EntityType, IssueId
from adapters.alm.mapping import PLAIN_TYPE, UNDEFINED
from adapters.alm.memo import Memos
from adapters.alm.moments import ServerClock
from adapters.alm.params import AlmParams
from adapters.alm.people import People
from adapters.alm.releases import release_id
from adapters.alm.slots import SETS, Slot, slots
from adapters.alm.wire import FieldValues
from schemas.errors import Fault, TrackerError
from schemas.rich_text import RichText, plain, to_plain
from schemas.values import Digest, Fields, User, Value

_ELSEWHERE = frozenset({"links", "project", "type"})
_ROOT = "0"
"""The topmost requirement, under which those without a parent stand."""
_FIRST, _LAST = ("name", "parent-id"), ("type-id", "subtype-id")
SUMMARY_LIMIT = 255


class Writer:
    def __init__(
        self,
        client: AlmClient,
        params: AlmParams,
        customizations: Customizations,
        people: People,
        memos: Memos,
        clock: ServerClock,
    ) -> None:
        self._client = client
        self._params = params
        self._customizations = customizations
        self._people = people
        self._memos = memos
        self._clock = clock

    async def fields(
        self,
        kind: EntityType,
        wanted: Fields,
        issue: IssueId | None = None,
        signed: str = "",
    ) -> dict[str, tuple[str, ...]]:
        """`issue` is the one that is written over; `signed` a marker for the description. Somebody
        may just have made a value that is not known yet, so customization is read anew once."""
        try:
            return await self._fields(kind, wanted, issue, signed)
        except TrackerError as error:
            if error.fault is not Fault.VALIDATION or error.status is not None:
                raise
            self._customizations.forget()
            return await self._fields(kind, wanted, issue, signed)

    async def _fields(
        self, kind: EntityType, wanted: Fields, issue: IssueId | None, signed: str
    ) -> dict[str, tuple[str, ...]]:
        known = await self._customizations.of(kind)
        places = slots(kind, self._params, known)
        body: dict[str, tuple[str, ...]] = {}
        for name, value in wanted.items():
            if isinstance(value, Digest):
                raise _refused(name, "only the digest of its value is known here")
            if name in _ELSEWHERE:
                continue
            if name not in places:
                raise _refused(name, f"a {PLAIN_TYPE[kind]} has no such field")
            slot = places[name]
            if not slot.field.editable:
                raise _refused(name, "ALM lets nobody edit it")
            if slot.kind == "rich_text":
                in_text = signed if name == "description" else ""
                body[slot.field.name] = (await self._memo(name, value, issue, in_text),)
            else:
                body[slot.field.name] = await self._texts(slot, value, known)
        if "type" in wanted:
            body |= self._typed(kind, wanted["type"], known)
        return body

    async def _texts(self, slot: Slot, value: Value, known: Customization) -> tuple[str, ...]:
        if slot.kind in SETS:
            items = _items(slot.name, value)
            texts = [await self._text(slot, item, known) for item in items]
            if slot.kind == "labels" and slot.field.type == "String":
                return ("; ".join(texts),) if texts else ()
            if slot.field.multi:
                return tuple(texts)
            # One place only: the first one counts.
            return tuple(texts[:1])
        if value is None or value in ("", User()):
            return (_ROOT,) if slot.kind == "issue" else ()
        return (await self._text(slot, value, known),)

    async def _text(self, slot: Slot, value: Value, known: Customization) -> str:
        name, field = slot.name, slot.field
        match slot.kind:
            case "user" | "users":
                if not isinstance(value, User | str):
                    raise _refused(name, "its value is no user")
                return await self._people.login_of(name, value)
            case "number":
                return _decimal(_number(name, value))
            case "duration":
                days = _number(name, value) / 3600 / self._params.hours_per_day
                return _decimal(round(days, 4))
            case "boolean":
                return "Y" if value is True or value == "Y" else "N"
            case "date":
                # A moment of another tracker is its day here.
                return _plain(name, value)[:10]
            case "datetime":
                return await self._moment(name, _plain(name, value))
            case "issue":
                return _parent(name, _plain(name, value))
        text = _plain(name, value)
        if field.type == "Reference":
            return await release_id(self._client, name, text)
        if field.type == "LookupList":
            return _chosen(slot, text, known)
        return _line(text) if name == "summary" else _fitting(name, text, field)

    async def _memo(self, name: str, value: Value, issue: IssueId | None, signed: str) -> str:
        rich = value if isinstance(value, RichText) else plain("" if value is None else str(value))
        path = issue.path if issue else ""
        content = await self._memos.render(rich, path)
        return memo.document(content + (marker.hidden(signed) if signed else ""))

    async def _moment(self, name: str, text: str) -> str:
        at = moments.of_neutral(text)
        if at is None:
            raise _refused(name, "its value is no moment")
        return await self._clock.to_enter(at)

    def _typed(
        self, kind: EntityType, value: Value, known: Customization
    ) -> dict[str, tuple[str, ...]]:
        wanted = value if isinstance(value, str) else ""
        whose, _, own = wanted.partition(" / ")
        if whose != PLAIN_TYPE[kind] or (own and kind != "requirement"):
            raise unknown_type(wanted, kind, known)
        if kind != "requirement":
            return {}
        numbers = {name: number for number, name in known.types.items()}
        if own and own not in numbers:
            raise unknown_type(wanted, kind, known)
        return {"type-id": (numbers[own] if own else UNDEFINED,)}


def ordered(body: Mapping[str, tuple[str, ...]]) -> FieldValues:
    """ALM's reader of JSON stumbles over other orders: the name first, types last."""

    def place(name: str) -> tuple[int, int, str]:
        if name in _FIRST:
            return (0, _FIRST.index(name), name)
        if name in _LAST:
            return (2, _LAST.index(name), name)
        return (1, 0, name)

    return tuple((name, body[name]) for name in sorted(body, key=place))


def unknown_type(wanted: str, kind: EntityType, known: Customization) -> TrackerError:
    plain_ = PLAIN_TYPE[kind]
    more = [f"{plain_} / {name}" for number, name in known.types.items() if number != UNDEFINED]
    return errors.refused(
        Fault.VALIDATION,
        f"{wanted!r} is no type of a {plain_} in ALM.",
        remedy=f"Map the type to one of: {', '.join([plain_, *more])}.",
        field="type",
    )


def merged(value: Value, add: tuple[str, ...], remove: tuple[str, ...], single: bool) -> Value:
    """A set after the change. Where only one has a place, what comes new takes it."""
    before = value if isinstance(value, tuple) else ()
    after = sorted((set(before) | set(add)) - set(remove))
    if single and len(after) > 1:
        after = [item for item in after if item in add][:1] or after[:1]
    return tuple(after)


def _chosen(slot: Slot, text: str, known: Customization) -> str:
    """ALM keeps the innermost name of a nested list."""
    listed = known.listed(slot.field)
    if text in listed.paths or not listed.paths:
        return text
    by_path = {path: name for name, path in listed.paths.items()}
    if text in by_path:
        return by_path[text]
    folded = [name for name in listed.paths if name.casefold() == text.casefold()]
    if len(folded) == 1:
        return folded[0]
    if not slot.field.verify and not slot.field.system:
        return text
    raise errors.refused(
        Fault.VALIDATION,
        f"The list of the field {slot.field.label!r} in ALM has no {text!r}.",
        remedy="Map the value to one of: " + ", ".join(list(listed.paths)[:30]) + ".",
        field=slot.name,
    )


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY_LIMIT else line[: SUMMARY_LIMIT - 1].rstrip() + "…"


def _fitting(name: str, text: str, field: Field) -> str:
    if field.size > 0 and len(text) > field.size:
        raise _refused(name, f"ALM takes {field.size} characters there, and not {len(text)}")
    return text


def _parent(name: str, text: str) -> str:
    number = text.removeprefix("requirement-")
    if not (number.isascii() and number.isdigit()):
        raise _refused(name, "its value is no id of a requirement")
    return number


def _decimal(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _number(name: str, value: Value) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _refused(name, "its value is no number")


def _plain(name: str, value: Value) -> str:
    match value:
        case str():
            return value
        case RichText():
            return to_plain(value)
        case bool():
            return "Y" if value else "N"
        case int() | float():
            return _decimal(value)
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
        f"The field {name!r} cannot be written to ALM: {why}.",
        remedy="Leave the field out of the incoming rule, or map it to another one; the setting"
        " 'fields' gives fields of ours a place in a user field.",
        field=name,
    )

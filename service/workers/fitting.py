"""What of the wished issue this side's tracker can hold: fields, values, people, ties.

What it cannot hold is left out and told as a loss; it never fails the issue.
"""

from collections.abc import Mapping

import msgspec

from schemas.issue import Issue
from schemas.metadata import FieldInfo, FieldKind
from schemas.rich_text import RichText, plain, to_plain
from schemas.rules import Wanted
from schemas.twin import Loss, Twin
from schemas.values import Fields, User, Value, as_set
from service.sync.disclosure import DEFAULT as STANDARD
from service.sync.relations import (
    LINKS,
    OWN_PARENT,
    PARENT,
    Means,
    named_twins,
    within_reach,
    without_left_out,
)
from service.sync.snapshots import settled
from service.workers.bench import Bench

_TABLED = frozenset({"status", "priority", "type"})
"""Their words are mapped by the rules; a word that is unknown here is for a person to see."""
_ALWAYS = frozenset({"summary", "description", "status", "type", PARENT, LINKS})
_NO_VALUE = "There is no such value here:"
_ABSENT = "This tracker has no such field."
_CHOSEN = frozenset({"option", "options", "cascading"})
_SHAPES: dict[FieldKind, tuple[type, ...]] = {
    "text": (str,),
    "url": (str,),
    "date": (str,),
    "datetime": (str,),
    "option": (str,),
    "cascading": (str,),
    "path": (str,),
    "rich_text": (RichText,),
    "number": (int, float),
    "duration": (int, float),
    "boolean": (bool,),
    "user": (User,),
    "options": (tuple,),
    "users": (tuple,),
    "labels": (tuple,),
}


class Fit(msgspec.Struct, frozen=True):
    wanted: Wanted
    left_out: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()


class Fitting:
    def __init__(self, bench: Bench, means: Means) -> None:
        self._bench, self._means = bench, means

    async def wanted(self, twin: Twin, wanted: Wanted, issue: Issue | None) -> Fit:
        known = await self._known(wanted)
        fields, losses = await self._fitting(wanted, issue, known)
        if known is not None and any(loss.reason.startswith(_NO_VALUE) for loss in losses):
            # Somebody may have just added it there and here.
            known = await self._ground(wanted, young=True)
            fields, losses = await self._fitting(wanted, issue, known)
        named = named_twins(fields)
        issues = await self._bench.kin.issues_of(named) if named else {}
        reach = within_reach(twin, fields, issues, self._means)
        return Fit(
            msgspec.structs.replace(wanted, fields=reach.fields),
            reach.left_out,
            (*losses, *reach.losses, *self._untaken(twin, wanted)),
        )

    async def _fitting(
        self, wanted: Wanted, issue: Issue | None, known: Mapping[str, FieldInfo] | None
    ) -> tuple[Fields, list[Loss]]:
        fields: Fields = {}
        losses: list[Loss] = []
        for name, value in wanted.fields.items():
            fitted = self._fitted(name, value, known)
            if isinstance(fitted, User):
                fitted = await self._person(name, fitted, issue, ours=name in wanted.ours)
            if isinstance(fitted, tuple) and self._kind(name, known) == "users":
                fitted, unknown = await self._several(fitted)
                losses += [Loss(name, _nobody(words)) for words in unknown]
            elif isinstance(fitted, tuple) and isinstance(value, tuple) and fitted != value:
                lost = ", ".join(sorted(set(value) - set(fitted)))
                losses.append(Loss(name, f"{_NO_VALUE} {lost}."))
            if not isinstance(fitted, _Lost):
                fields[name] = fitted
            elif settled(value) is not None:
                losses.append(Loss(name, fitted.reason))
        return fields, losses

    def _untaken(self, twin: Twin, wanted: Wanted) -> list[Loss]:
        """What the rule leaves out because this tracker cannot hold it; other fields are the rule's
        own choice, and a custom one it may well have taken under another name."""
        capabilities = self._bench.tracker.capabilities
        untaken = {
            name: value
            for name, value in twin.replica.fields.items()
            if name in STANDARD and name not in wanted.fields and settled(value) is not None
        }
        if not untaken or not capabilities.fields:
            return []
        held = (capabilities.fields.keys() | _ALWAYS) - {*capabilities.read_only}
        held -= set[str]() if self._means.parent else {PARENT}
        held -= set[str]() if self._means.link_kinds else {LINKS}
        return [
            Loss(name, _unwritable(value) if name in capabilities.read_only else _ABSENT)
            for name, value in untaken.items()
            if name not in held
        ]

    async def before(self, twin: Twin, earlier: Wanted, issue: Issue) -> Fields:
        """The same of what was wished before, as far as it can tell what has changed."""
        fitted = dict(without_left_out(earlier.fields, twin.relations.left_out))
        for name, value in earlier.fields.items():
            if isinstance(value, User):
                person = await self._person(name, value, issue, ours=name in earlier.ours)
                if isinstance(person, User):
                    fitted[name] = person
            elif name in fitted and not isinstance(value, tuple):
                fitted[name] = self._reshaped(name, value)
        return fitted

    async def _known(self, wanted: Wanted) -> Mapping[str, FieldInfo] | None:
        """What the project tells of its fields; asked only where the manifest does not do."""
        capabilities = self._bench.tracker.capabilities
        kinds = {n: k for n, k in capabilities.fields.items() if n not in capabilities.by_type}
        if not capabilities.fields or all(
            (name in kinds and (kinds[name] not in _CHOSEN or name in _TABLED))
            or (name in capabilities.fields and settled(value) is None)
            for name, value in wanted.fields.items()
            if name not in _ALWAYS
        ):
            return None
        return await self._ground(wanted, young=False)

    async def _ground(self, wanted: Wanted, *, young: bool) -> Mapping[str, FieldInfo] | None:
        project, type = wanted.project or self._bench.project, wanted.type or self._bench.issue_type
        return await self._bench.ground.fields(project, type, young=young)

    def _fitted(
        self, name: str, value: Value, known: Mapping[str, FieldInfo] | None
    ) -> "Value | _Lost":
        capabilities = self._bench.tracker.capabilities
        if not capabilities.fields or name in (PARENT, OWN_PARENT, LINKS):
            return value
        info = known.get(name) if known is not None else None
        kind = self._kind(name, known)
        if name in capabilities.read_only or (info is not None and not info.writable):
            return _Lost(_unwritable(value))
        if known is not None and info is None and name in capabilities.by_type:
            return _Lost(_ABSENT)
        if kind is None:
            absent = known is not None or not capabilities.custom_kinds
            if absent and name not in _ALWAYS:
                return _Lost(_ABSENT)
            return value
        shaped = self._reshaped(name, value, kind)
        if settled(shaped) is not None and not _has_shape(shaped, kind):
            return _Lost(f"The field is a {kind} here. There it is: {_words(value)}")
        if info is not None and name not in _TABLED and kind in _CHOSEN:
            return _chosen(shaped, info)
        return shaped

    def _reshaped(self, name: str, value: Value, kind: FieldKind | None = None) -> Value:
        kind = kind or self._bench.tracker.capabilities.fields.get(name)
        if kind == "text" and isinstance(value, RichText):
            return to_plain(value)
        if kind == "rich_text" and isinstance(value, str):
            return plain(value)
        return value

    def _kind(self, name: str, known: Mapping[str, FieldInfo] | None) -> FieldKind | None:
        info = known.get(name) if known is not None else None
        return self._bench.tracker.capabilities.fields.get(name) or (info.kind if info else None)

    async def _several(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
        """Who these are here, by name, and who of them is nobody."""
        found = {name: await self._bench.persons.who_is(User(name)) for name in names}
        known = as_set({user.name for user in found.values() if user is not None})
        return known, [name for name, user in found.items() if user is None]

    async def _person(
        self, name: str, user: User, issue: Issue | None, *, ours: bool
    ) -> "User | _Lost":
        here = issue.fields.get(name) if issue is not None else None
        held = here if isinstance(here, User) else None
        persons = self._bench.persons
        if held is not None and _same_person(held, user) and (ours or not persons.in_table(user)):
            return held
        found = await (persons.one_of_ours(user) if ours else persons.who_is(user))
        if found is None:
            return _Lost(_nobody(user.name or user.email or "that person"))
        # The tracker may tell more or less of a person than it found by a search.
        return held if held is not None and held.id and held.id == found.id else found


def _nobody(words: str) -> str:
    return f"Nobody is known here as {words}."


class _Lost(msgspec.Struct, frozen=True):
    reason: str


def _same_person(here: User, there: User) -> bool:
    return bool(here.email) and here.email.casefold() == there.email.casefold()


def _has_shape(value: Value, kind: FieldKind) -> bool:
    return kind not in _SHAPES or isinstance(value, _SHAPES[kind])


def _chosen(value: Value, info: FieldInfo) -> "Value | _Lost":
    """Of the allowed values; ids stand for names as well."""
    if not info.choices:
        return value
    allowed = {choice.name for choice in info.choices} | {choice.id for choice in info.choices}
    if isinstance(value, tuple):
        return tuple(each for each in value if each in allowed)
    if settled(value) is None or value in allowed:
        return value
    return _Lost(f"{_NO_VALUE} {value}.")


def _unwritable(value: Value) -> str:
    return f"It cannot be written here. There it is: {_words(value)}"


def _words(value: Value) -> str:
    match value:
        case User():
            return value.name or value.email
        case tuple():
            return ", ".join(value)
        case RichText():
            return to_plain(value)[:200]
        case _:
            return str(value)[:200]

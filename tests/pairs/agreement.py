"""What two companies agree on for their connection: the default rules, a mapping of their custom
fields, and tables of the names that differ."""

import json

import msgspec

from schemas.metadata import FieldInfo, FieldKind
from schemas.node import ConnectionSettings
from service.rules.defaults import default_rules
from service.rules.vocabularies import VOCABULARIES, tables
from service.sync.disclosure import DEFAULT
from service.workers.systems import manifest
from tests.pairs.company import Company

_INSTEAD: dict[FieldKind, tuple[FieldKind, ...]] = {
    "rich_text": ("text",),
    "url": ("text",),
    "cascading": ("text",),
    "option": ("text",),
}
"""Kinds that take it where there is no field of the same kind."""
_NAMED_SETS = ("components", "fix_versions", "affected_versions")
_PATHS = ("area", "iteration")
_CHOSEN = ("option", "options", "cascading")


class Tie(msgspec.Struct, frozen=True):
    """One custom field on both sides; `wire` is its name on the way."""

    wire: str
    kind: FieldKind
    here: str
    there: str
    there_kind: FieldKind
    outward: dict[str, str] = {}
    """From this side's words to the other's, where values are chosen."""

    def turned(self) -> "Tie":
        inward = {theirs: ours for ours, theirs in self.outward.items()}
        return Tie(self.wire, self.there_kind, self.there, self.here, self.kind, inward)


def custom_ties(one: Company, other: Company) -> tuple[Tie, ...]:
    here = one.custom(one.type)
    there = other.custom(mapped_type(other, one, one.type))
    ties: list[Tie] = []
    for same in (True, False):
        for field in list(here):
            kinds = (field.kind,) if same else _INSTEAD.get(field.kind, ())
            match = next((each for each in there if each.kind in kinds), None)
            if match is not None:
                here.remove(field)
                there.remove(match)
                ties.append(_tie(field, match))
    return tuple(ties)


def _tie(field: FieldInfo, match: FieldInfo) -> Tie:
    words: dict[str, str] = {}
    if field.kind in _CHOSEN and match.kind in _CHOSEN:
        names = [[choice.name for choice in each.choices] for each in (field, match)]
        if field.kind == "cascading":
            names = [[name for name in each if " / " in name] for each in names]
        words = dict(zip(*names, strict=False))
    wire = f"agreed_{field.kind}"
    return Tie(wire + "_" + field.name, field.kind, field.name, match.name, match.kind, words)


def mapped_type(here: Company, there: Company, type: str) -> str:
    """What becomes here of a type there."""
    agreed = _types(here, there)
    words = tables(VOCABULARIES[here.name], VOCABULARIES[there.name])
    return agreed.get(type) or words.type.get(type, words.other_type)


def _types(here: Company, there: Company) -> dict[str, str]:
    """Those that the stories use stand for each other."""
    return {there.parent_type: here.parent_type, there.type: here.type}


def settings(here: Company, there: Company, ties: tuple[Tie, ...]) -> ConnectionSettings:
    people = [(there.person, here.person)]
    if there.reporter and here.reporter:
        people.append((there.reporter, here.reporter))
    users = {
        words: ours.email or ours.name
        for theirs, ours in people
        for words in (theirs.email, theirs.name)
        if words
    }
    return ConnectionSettings(
        project=here.values.project,
        issue_type=here.type,
        disclosed=(*sorted(DEFAULT), *(tie.wire for tie in ties)),
        users=users,
    )


def rules(here: Company, there: Company, ties: tuple[Tie, ...]) -> tuple[str, str]:
    """The two files of `here`. `ties` are seen from here."""
    capabilities = here.tracker.capabilities
    outgoing, incoming = default_rules(manifest(capabilities), manifest(there.tracker.capabilities))
    return _outgoing(outgoing, there, ties), _incoming(incoming, here, there, ties)


def _outgoing(source: str, there: Company, ties: tuple[Tie, ...]) -> str:
    """Internal comments travel where they can stay internal."""
    held = ", ".join(f'"{tie.wire}": issue.fields.get("{tie.here}")' for tie in ties)
    source = _before(source, "        # Internal", f"        fields={{{held}}},\n")
    if there.tracker.capabilities.comment_internal:
        shy = "[comment for comment in issue.comments if not comment.internal]"
        source = _replaced(source, shy, "issue.comments")
    return source


def _incoming(source: str, here: Company, there: Company, ties: tuple[Tie, ...]) -> str:
    words: dict[str, dict[str, str]] = {}
    held = []
    for number, tie in enumerate(ties):
        value = f'replica.fields.get("{tie.wire}")'
        inward = tie.turned().outward
        if tie.kind == "users":
            inward = {there.person.name: here.person.name}
            if there.reporter and here.reporter:
                inward[there.reporter.name] = here.reporter.name
        if inward:
            words[f"VALUES_{number}"] = inward
            table = f"VALUES_{number}"
            value = (
                f"[map_value({table}, each) for each in {value} or []]"
                if tie.kind in ("options", "users")
                else f"map_value({table}, {value})"
            )
        held.append(f'"{tie.here}": {value}')
    custom = f"        fields={{{', '.join(held)}}},\n"
    source = _before(source, "        # Each comment", custom)
    for name in _NAMED_SETS:
        given = names(here, there, name)
        if given and f"{name}=replica.{name}" in source:
            words[name.upper()] = given
            mapped = f"[map_value({name.upper()}, each) for each in replica.{name}]"
            source = _replaced(source, f"{name}=replica.{name}", f"{name}={mapped}")
    if "milestone=replica.milestone" in source and (given := names(here, there, "milestone")):
        words["MILESTONE"] = given
        mapped = "milestone=map_value(MILESTONE, replica.milestone)"
        source = _replaced(source, "milestone=replica.milestone", mapped)
    for name in _PATHS:
        empty = f"{name.upper()}: dict[str, str] = {{}}"
        if empty in source:
            table = json.dumps(names(here, there, name), ensure_ascii=False)
            source = _replaced(source, empty, f"{name.upper()}: dict[str, str] = {table}")
    words["AGREED_TYPE"] = _types(here, there)
    plain = "type=map_value(TYPE"
    agreed = "type=map_value(AGREED_TYPE, replica.type, default=None) or map_value(TYPE"
    source = _replaced(source, plain, agreed)
    told = "".join(
        f"{name}: dict[str, str] = {json.dumps(table, ensure_ascii=False)}\n"
        for name, table in words.items()
    )
    return _before(source, "def incoming(", told + "\n\n")


def names(here: Company, there: Company, field: str) -> dict[str, str]:
    """Names that both have stay as they are; of the others one stands for one."""
    theirs = _of_project(there, field)
    ours = _of_project(here, field)
    if not theirs or not ours:
        return {}
    same = {name: name for name in theirs if name in ours}
    free = [name for name in ours if name not in same]
    rest = [name for name in theirs if name not in same]
    return same | dict(zip(rest, free, strict=False))


def _of_project(company: Company, field: str) -> list[str]:
    """The one that a story uses comes first."""
    used = company.values.fields.get(field)
    first = list(used) if isinstance(used, tuple) else [used] if isinstance(used, str) else []
    known = company.choices(field, company.type)
    return [*first, *(name for name in known if name not in first)]


def _before(source: str, mark: str, text: str) -> str:
    return _replaced(source, mark, text + mark)


def _replaced(source: str, old: str, new: str) -> str:
    if source.count(old) != 1:
        raise AssertionError(f"the default rules have {old!r} no longer once")
    return source.replace(old, new)

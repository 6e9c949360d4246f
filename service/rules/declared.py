"""Rules without code: what mapping tables and field flows make of what a rule has said."""

from collections.abc import Mapping

import msgspec

from schemas.errors import MappingError
from schemas.issue import Issue
from schemas.mapping import FieldFlow, Unmapped, Way
from schemas.replica import Replica
from schemas.rules import Diagnostic, Outgoing, RuleContext, RuleSet, Snippet, Wanted
from schemas.values import Fields, Value, as_set
from service.rules.port import Direction, RuleEngine


class Words(msgspec.Struct, frozen=True):
    """One field's table, with the names as they are now."""

    values: dict[str, str]
    unmapped: Unmapped
    default: str
    skipped: frozenset[str]

    def of(self, field: str, value: str) -> str | None:
        """None leaves the field here alone. Raises `MappingError`."""
        if value in self.skipped:
            return None
        found = self.values.get(value) or self._in_any_case(value)
        if found is not None:
            return found
        match self.unmapped:
            case "keep":
                return value
            case "default":
                return self.default
            case "skip":
                return None
            case "park":
                raise unmapped(field, value)

    def _in_any_case(self, value: str) -> str | None:
        folded = value.casefold()
        return next((h for t, h in self.values.items() if t.casefold() == folded), None)


class Declared(msgspec.Struct, frozen=True):
    """What one connection has declared."""

    words: Mapping[str, Words] = {}
    flow: Mapping[str, FieldFlow] = {}
    fixed: bool = True
    """The rules are no script of a person: tables hold whatever the rules do."""
    source: str = ""
    """The tables as the engine of the scripts takes them."""

    def outgoing(self, outgoing: Outgoing, issue: Issue) -> Outgoing:
        fields = self._flowing("out", outgoing.fields, issue.fields)
        comments = outgoing.comments if self._goes("out", "comments", issue.fields) else ()
        files = outgoing.attachments if self._goes("out", "attachments", issue.fields) else ()
        return msgspec.structs.replace(
            outgoing, fields=fields, comments=comments, attachments=files
        )

    def incoming(self, wanted: Wanted, replica: Replica, rule: str) -> Wanted:
        """What `rule` asks the tables for itself is done already."""
        fields = self._flowing("in", wanted.fields, replica.fields)
        kind = wanted.type
        for field, words in self.words.items():
            value = replica.fields.get(field)
            if f'must_map("{field}"' in rule:
                continue
            if field == "type" and isinstance(value, str):
                kind = words.of(field, value) or kind
            elif field in fields and isinstance(value, tuple):
                found = (words.of(field, element) for element in value)
                fields[field] = as_set([each for each in found if each is not None])
            elif field in fields and isinstance(value, str):
                mapped = words.of(field, value)
                if mapped is None:
                    del fields[field]
                else:
                    fields[field] = mapped
        comments = wanted.comments if self._goes("in", "comments", replica.fields) else ()
        files = wanted.attachments if self._goes("in", "attachments", replica.fields) else ()
        return msgspec.structs.replace(
            wanted, fields=fields, type=kind, comments=comments, attachments=files
        )

    def _flowing(self, way: Way, named: Fields, source: Fields) -> Fields:
        """What the rule named and may go, and what else was declared to go."""
        fields = {name: value for name, value in named.items() if self._goes(way, name, source)}
        for name in self.flow:
            if name in source and name not in named and self._goes(way, name, source):
                fields[name] = source[name]
        return fields

    def _goes(self, way: Way, name: str, source: Fields) -> bool:
        flow = self.flow.get(name)
        if flow is None:
            return True
        return flow.way in ("both", way) and all(
            _has(source.get(field), values) for field, values in flow.only.items()
        )


class DeclaredEngine:
    """A `RuleEngine` for one connection."""

    def __init__(self, engine: RuleEngine, declared: Declared) -> None:
        self._engine, self._declared = engine, declared

    async def outgoing(self, rules: RuleSet, issue: Issue, context: RuleContext) -> Outgoing | None:
        outgoing = await self._engine.outgoing(rules, issue, context)
        return None if outgoing is None else self._declared.outgoing(outgoing, issue)

    async def incoming(
        self, rules: RuleSet, replica: Replica, issue: Issue | None, context: RuleContext
    ) -> Wanted | None:
        wanted = await self._engine.incoming(rules, replica, issue, context)
        if wanted is None or not self._declared.fixed:
            return wanted
        return self._declared.incoming(wanted, replica, rules.incoming)

    async def check(
        self, direction: Direction, source: str, file: str, library: tuple[Snippet, ...] = ()
    ) -> tuple[Diagnostic, ...]:
        return await self._engine.check(direction, source, file, library)

    async def check_snippet(
        self, snippet: Snippet, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]:
        return await self._engine.check_snippet(snippet, library)

    async def close(self) -> None:
        await self._engine.close()


def source_of(words: Mapping[str, Words], people: Mapping[str, str] | None = None) -> str:
    """The table of people stands under "", which no field is called."""
    tables: dict[str, object] = {
        field: (w.values, w.unmapped, w.default, sorted(w.skipped))
        for field, w in sorted(words.items())
    }
    if people:
        tables[""] = dict(sorted(people.items()))
    return repr(tables) if tables else ""


def unmapped(field: str, value: str) -> MappingError:
    return MappingError(
        f"The {field} '{value}' has no counterpart here.",
        field=field,
        value=value,
        remedy=f"Say what '{value}' is here, take the default, or skip it.",
    )


def _has(value: Value, wanted: tuple[str, ...]) -> bool:
    held = value if isinstance(value, tuple) else (str(value),)
    folded = {each.casefold() for each in held}
    return any(each.casefold() in folded for each in wanted)

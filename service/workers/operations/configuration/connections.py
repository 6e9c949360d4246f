"""Connections as they are wanted, beside those of the node."""

import shlex
from collections.abc import Callable, Mapping

import msgspec

from schemas.agreement import Agreement
from schemas.configuration import (
    Configuration,
    ConfigurationStep,
    ConfiguredConnection,
)
from schemas.errors import TidegateError
from schemas.mapping import MappingBody, MappingTable
from schemas.node import Connection, ConnectionSettings, Standing
from schemas.values import Millis
from service.workers.operations.configuration.holding import Held, HeldConnection
from service.workers.operations.configuration.own_snippets import changed_rules
from service.workers.operations.configuration.undertaking import EndWork, Undertaking
from service.workers.operations.initiation import settings_of
from service.workers.operations.mapping import check_flow
from service.workers.operations.naming import check_name

_FIXED = ("local_side", "remote_side", "type", "mode")


class ConnectionComparison:
    def __init__(
        self,
        held: Held,
        wanted: Configuration,
        found: Undertaking,
        *,
        now: Millis,
        new_id: Callable[[], str],
    ) -> None:
        self._held, self._wanted, self._found = held, wanted, found
        self._now, self._new_id = now, new_id
        self._connectors = {name: c.id for name, c in held.connectors.items()} | {
            work.after.name: work.after.id for work in found.connectors
        }
        self._policies = {
            name: _policies(each.record.settings) for name, each in held.connections.items()
        } | {name: _policies(each.settings) for name, each in wanted.connections.items()}

    def compare(self) -> None:
        for name, given in sorted(self._wanted.connections.items()):
            known = self._held.connections.get(name)
            if given.rules is not None and given.mode != "script":
                self._found.refuse(
                    ("connections", name, "rules"),
                    f"The rules of a connection in {given.mode} mode are fixed.",
                    "Remove the files outgoing.py and incoming.py of this connection.",
                )
            elif known is not None:
                self._compare(name, given, known)
            elif given.type != "local":
                self._say_next(name, given)
            elif not self._made_with_other(name, given):
                self._make(name, given)

    def _made_with_other(self, name: str, given: ConfiguredConnection) -> bool:
        """The end whose name comes first brings both."""
        other = self._wanted.connections.get(given.counterpart)
        return other is not None and other.counterpart == name and given.counterpart < name

    def _compare(self, name: str, given: ConfiguredConnection, known: HeldConnection) -> None:
        record = known.record
        if not self._unchanged(name, given, record):
            return
        settings = self._settings(name, given, record, known)
        if settings is None:
            return
        after = msgspec.structs.replace(record, settings=settings, description=given.description)
        rules = changed_rules(given.rules, known.rules, known.own_snippets)
        if rules is not None and not known.rules.version:
            rules = None
            self._found.steps.append(
                ConfigurationStep(
                    name,
                    f"{name!r} is not paired yet, and gets its first rules when it is.",
                    "Apply again when the other side has accepted the invitation.",
                )
            )
        triggers = {each: given.triggers[each] for each in sorted(given.triggers)}
        self._found.ends.append(EndWork(known, after, triggers, rules))

    def _unchanged(self, name: str, given: ConfiguredConnection, record: Connection) -> bool:
        """What a connection is for good."""
        fixed = {field: (getattr(given, field), getattr(record, field)) for field in _FIXED}
        fixed["connector"] = (given.connector, self._held.name_of(record.connector))
        fixed["counterpart"] = (
            given.counterpart,
            self._held.name_of(record.counterpart),
        )
        wrong = {field: pair for field, pair in fixed.items() if pair[0] != pair[1]}
        for field, (wanted, stands) in wrong.items():
            self._found.refuse(
                ("connections", name, field),
                f"{field} of {name!r} is {stands!r} and stays so; {wanted!r} is wanted.",
                "Make another connection, or put it back in the file.",
            )
        return not wrong

    def _settings(
        self,
        name: str,
        given: ConfiguredConnection,
        record: Connection,
        known: HeldConnection | None,
    ) -> ConnectionSettings | None:
        place = ("connections", name, "settings")
        try:
            settings = settings_of(given.settings)
            check_flow(record, MappingBody(flow=settings.flow))
        except TidegateError as error:
            self._found.refuse_for(place, error)
            return None
        tables = known.record.settings.mappings if known else {}
        settings = msgspec.structs.replace(settings, mappings=carried(settings.mappings, tables))
        return settings if self._agreed(name, record, settings, known) else None

    def _agreed(
        self,
        name: str,
        record: Connection,
        settings: ConnectionSettings,
        known: HeldConnection | None,
    ) -> bool:
        place = ("connections", name, "settings", "conflict_policy")
        ours = _policies(settings)
        stands = _policies(known.record.settings) if known else None
        if ours == stands and record.type != "local":
            return True
        if record.type != "local":
            self._found.refuse(
                place,
                f"The conflict policy of {name!r} was agreed on with {record.remote_side}.",
                _next_step(record, settings),
            )
            return False
        other = self._wanted.connections[name].counterpart
        if self._policies.get(other) != ours:
            self._found.refuse(
                place,
                f"{name!r} and its other end {other!r} differ in their conflict policy.",
                "Write the same into both: both have to decide in the same way.",
            )
            return False
        allowed = ("newest", "park", record.local_side, record.remote_side)
        wrong = [
            each
            for each in (ours.conflict_policy, *ours.field_policies.values())
            if each not in allowed
        ]
        for each in wrong:
            self._found.refuse(
                place, f"There is no policy {each!r}.", f"Choose one of {', '.join(allowed)}."
            )
        return not wrong

    def _say_next(self, name: str, given: ConfiguredConnection) -> None:
        rest = f" --connector {given.connector} --local-side {given.local_side}"
        self._found.steps.append(
            ConfigurationStep(
                name,
                f"{name!r} is not on this node: {given.remote_side} has to be paired with first.",
                f"tidegate connection initiate {name}{rest} --remote-side {given.remote_side}"
                f" --mode {given.mode}, or tidegate connection accept CODE --name {name}"
                f" --connector {given.connector}; then apply again.",
            )
        )

    def _make(self, name: str, given: ConfiguredConnection) -> None:
        """Both ends of a local connection."""
        other = self._wanted.connections.get(given.counterpart)
        if not self._fits(name, given, other) or other is None:
            return
        ids = self._new_id(), self._new_id()
        shared = self._new_id()
        for (end, wanted), own, counterpart in (
            ((name, given), *ids),
            ((given.counterpart, other), *ids[::-1]),
        ):
            record = self._record(end, wanted, own, shared, counterpart, first=own == ids[0])
            settings = self._settings(end, wanted, record, None)
            if settings is None:
                continue
            after = msgspec.structs.replace(record, settings=settings)
            self._found.ends.append(EndWork(None, after, dict(wanted.triggers), wanted.rules))

    def _fits(
        self, name: str, given: ConfiguredConnection, other: ConfiguredConnection | None
    ) -> bool:
        place = ("connections", name)
        try:
            for each in (name, given.counterpart):
                check_name(each)
        except TidegateError as error:
            self._found.refuse_for(place, error)
            return False
        if other is None or other.counterpart != name or given.counterpart == name:
            self._found.refuse(
                (*place, "counterpart"),
                f"A local connection has two ends, and {name!r} names no other one.",
                "Give each end a folder of its own, each naming the other as its `counterpart`.",
            )
            return False
        if given.counterpart in self._held.connections:
            self._found.refuse(
                (*place, "counterpart"),
                f"{given.counterpart!r} is an end of another connection already.",
                "Name an end that is new as well.",
            )
            return False
        sides = (other.remote_side, other.local_side, other.mode, other.type)
        if (given.local_side, given.remote_side, given.mode, given.type) != sides or (
            given.local_side == given.remote_side
        ):
            self._found.refuse(
                place,
                f"{name!r} and its other end {given.counterpart!r} do not fit together.",
                "The two sides are named the other way round in the other end, mode and type are"
                " the same.",
            )
            return False
        return self._has_connector(name, given) and self._has_connector(given.counterpart, other)

    def _has_connector(self, name: str, given: ConfiguredConnection) -> bool:
        if given.connector in self._connectors:
            return True
        known = ", ".join(sorted(self._connectors)) or "none yet"
        self._found.refuse(
            ("connections", name, "connector"),
            f"There is no connector {given.connector!r}.",
            f"Connectors: {known}.",
        )
        return False

    def _record(
        self,
        name: str,
        given: ConfiguredConnection,
        id: str,
        shared: str,
        counterpart: str,
        *,
        first: bool,
    ) -> Connection:
        return Connection(
            id=id,
            shared=shared,
            name=name,
            type="local",
            mode=given.mode,
            status="active",
            local_side=given.local_side,
            remote_side=given.remote_side,
            connector=self._connectors[given.connector],
            peer="",
            counterpart=counterpart,
            settings=ConnectionSettings(),
            created=self._now,
            changed=self._now,
            description=given.description,
            standing=Standing(inviter=first, since=self._now),
        )


def carried(
    given: Mapping[str, MappingTable], known: Mapping[str, MappingTable]
) -> dict[str, MappingTable]:
    """With the ids that the node knows behind the names of lines that have not changed. In their
    order: where only that differs, nothing does."""
    tables: dict[str, MappingTable] = {}
    for field, table in given.items():
        stands = known.get(field, MappingTable())
        ids = {(line.there, line.here): line for line in stands.values}
        values = tuple(ids.get((line.there, line.here), line) for line in table.values)
        kept = msgspec.structs.replace(table, values=values)
        tables[field] = stands if _same(kept, stands) else kept
    return tables


def _same(one: MappingTable, other: MappingTable) -> bool:
    rest = one.unmapped == other.unmapped and one.default == other.default
    return (
        rest
        and set(one.values) == set(other.values)
        and len(one.values) == len(other.values)
        and set(one.skipped) == set(other.skipped)
    )


def _policies(settings: ConnectionSettings) -> Agreement:
    return Agreement(settings.conflict_policy, settings.field_policies, settings.paragraphs)


def _next_step(record: Connection, wanted: ConnectionSettings) -> str:
    back, other = "put it back in the file", record.remote_side
    command = f"tidegate connection agree {record.name} {_wish(wanted, record.settings)}"
    if record.status == "pending":
        return f"For now {back}; once {record.name!r} is active: {command}"
    return f"Wish for it: {command}; it holds, and the file fits, once {other} agrees. Else {back}."


def _wish(settings: ConnectionSettings, stands: ConnectionSettings) -> str:
    """The options that say how the wanted differs; an empty policy takes a field's own away."""
    fields = stands.field_policies.keys() | settings.field_policies.keys()
    differing = {
        field: settings.field_policies.get(field, "")
        for field in sorted(fields)
        if settings.field_policies.get(field) != stands.field_policies.get(field)
    }
    words = ["--conflicts", settings.conflict_policy]
    for field, policy in differing.items():
        words += ["--field", f"{field}={policy}"]
    if settings.paragraphs != stands.paragraphs:
        words += ["--paragraphs", *settings.paragraphs]
    return shlex.join(words)

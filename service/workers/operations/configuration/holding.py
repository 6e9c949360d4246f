"""What the node has of what can be configured, and the document that says it."""

import hashlib

import msgspec
import sqlalchemy as sa

from schemas.configuration import (
    Configuration,
    ConfiguredConnection,
    ConfiguredConnector,
    ConfiguredRules,
)
from schemas.connection_api import SettingsBody
from schemas.node import Connection, ConnectionSettings, Connector
from schemas.redaction import masked
from schemas.rules import RuleSet, Snippet
from schemas.triggers import TriggerSpec
from service.store import connections, connectors, rule_snippets, rule_versions, triggers
from service.store.rule_snippets import SnippetVersion
from service.store.store import Store
from service.workers.operations.configuration.alm_holding import (
    HeldAlm,
    documents_of,
    read_held_alm,
)
from service.workers.operations.configuration.own_snippets import own_snippets

_encode = msgspec.json.Encoder(order="deterministic").encode


class HeldConnection(msgspec.Struct, frozen=True):
    record: Connection
    rules: RuleSet
    triggers: dict[str, TriggerSpec]
    own_snippets: dict[str, str] = {}
    """What its rules use in place of the node's snippets."""


class Held(msgspec.Struct, frozen=True):
    """Of connections that were removed, and of the ends of ALM connections, only who uses a
    connector."""

    connectors: dict[str, Connector]
    """By name."""
    connections: dict[str, HeldConnection]
    others: tuple[Connection, ...]
    names: dict[str, str]
    """Of connectors and connections, by id."""
    snippets: dict[str, SnippetVersion]
    """The newest, by name."""
    alm: HeldAlm

    def name_of(self, id: str) -> str:
        """'' where there is none."""
        return self.names.get(id, "")


def read_held(c: sa.Connection, store: Store) -> Held:
    ours: list[Connection] = []
    others: list[Connection] = []
    for each in connections.all(c):
        (others if each.type == "alm" or each.status == "removed" else ours).append(each)
    known = connectors.all(c, store.vault)
    named = _triggers(c)
    snippets = rule_snippets.newest(c)
    library = tuple(each.snippet for each in snippets)
    return Held(
        {each.name: each for each in known},
        {each.name: _held(c, each, named.get(each.id, {}), library) for each in ours},
        tuple(others),
        {each.id: each.name for each in known} | {each.id: each.name for each in ours},
        {each.name: each for each in snippets},
        read_held_alm(c, store),
    )


def _triggers(c: sa.Connection) -> dict[str, dict[str, TriggerSpec]]:
    """By connection and name."""
    found: dict[str, dict[str, TriggerSpec]] = {}
    for row in triggers.all(c):
        found.setdefault(row.connection, {})[row.name] = row.spec
    return found


def _held(
    c: sa.Connection,
    record: Connection,
    named: dict[str, TriggerSpec],
    library: tuple[Snippet, ...],
) -> HeldConnection:
    rules = rule_versions.newest(c, record.id) or RuleSet(0, "", "")
    return HeldConnection(record, rules, named, own_snippets(rules, library))


def edition_of(held: Held) -> str:
    """A secret is no part of it: each change of it raises its connector's revision."""
    told = (
        [(c.id, c.name, c.system, c.revision) for c in held.connectors.values()],
        [(_facts(each.record), each.rules.version, each.triggers)
         for each in held.connections.values()],
        [(each.name, each.version) for each in held.snippets.values()],
        held.alm.facts,
    )  # fmt: skip
    return hashlib.sha256(_encode(told)).hexdigest()[:32]


def _facts(record: Connection) -> tuple[object, ...]:
    return (
        *(record.id, record.name, record.type, record.mode, record.connector),
        *(record.local_side, record.remote_side, record.counterpart, record.description),
        record.settings,
    )


def document_of(held: Held) -> Configuration:
    """Without the ends of ALM connections, which are made with them."""
    made = {each.connector for each in held.others if is_made(each)}
    alm_connectors, alm_connections = documents_of(held.alm)
    return Configuration(
        {
            name: ConfiguredConnector(each.system, masked(each.params))
            for name, each in sorted(held.connectors.items())
            if each.id not in made
        },
        {name: _document(held, each) for name, each in sorted(held.connections.items())},
        {name: each.source for name, each in sorted(held.snippets.items())},
        alm_connectors,
        alm_connections,
    )


def is_made(record: Connection) -> bool:
    """An end at a tracker, whose connector was made with it."""
    return record.type == "alm" and not record.standing.inviter


def _document(held: Held, each: HeldConnection) -> ConfiguredConnection:
    record = each.record
    scripted = record.mode == "script" and each.rules.version
    return ConfiguredConnection(
        connector=held.name_of(record.connector),
        local_side=record.local_side,
        remote_side=record.remote_side,
        type="local" if record.type == "alm" else record.type,
        mode=record.mode,
        counterpart=held.name_of(record.counterpart),
        description=record.description,
        settings=body_of(record.settings),
        triggers=dict(sorted(each.triggers.items())),
        rules=ConfiguredRules(each.rules.outgoing, each.rules.incoming, each.own_snippets)
        if scripted
        else None,
    )


def body_of(settings: ConnectionSettings) -> SettingsBody:
    return msgspec.convert(msgspec.to_builtins(settings), SettingsBody)

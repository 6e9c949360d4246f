"""What this node has, in memory: connectors with their trackers, connections, rules, peers."""

from collections.abc import Callable, Mapping

import aiohttp
import msgspec
import sqlalchemy as sa
import structlog

from adapters.port import Tracker
from schemas.errors import ConfigurationError, InputError
from schemas.node import Connection, Connector, Peer
from schemas.rules import RuleContext, RuleSet
from schemas.triggers import TriggerSpec
from schemas.values import Millis
from service.peers.identity import node_id, pinned_keys
from service.rules.defaults import Manifest
from service.rules.masking import Masks, masks_of
from service.store import connections, connectors, peers, rule_versions, settings, triggers
from service.store.store import Store
from service.store.triggers import TriggerRow
from service.sync.disclosure import DEFAULT
from service.sync.policy import Policy
from service.workers.systems import manifest, manifest_of, open_tracker

log = structlog.get_logger()

_VERSION = "roster.version"


class OpenConnector(msgspec.Struct, frozen=True):
    record: Connector
    tracker: Tracker
    session: aiohttp.ClientSession


class LiveConnection(msgspec.Struct, frozen=True):
    record: Connection
    rules: RuleSet
    policy: Policy
    masks: Masks
    allowed: frozenset[str]
    context: RuleContext
    triggers: tuple[TriggerSpec, ...] = ()
    """Those that are active; each tells its project."""


class _Read(msgspec.Struct, frozen=True):
    version: bytes
    connectors: list[Connector]
    connections: list[Connection]
    rules: dict[str, RuleSet]
    triggers: list[TriggerRow]
    peers: list[Peer]


def touch(c: sa.Connection) -> None:
    """To be called in each transaction that changes what the roster holds."""
    old = int.from_bytes(settings.get(c, _VERSION) or b"\0", "big")
    settings.put(c, _VERSION, (old + 1).to_bytes(8, "big"))


class Roster:
    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], Millis],
        open_session: Callable[[Connector], aiohttp.ClientSession],
        masks: tuple[str, ...] = (),
    ) -> None:
        """`masks`: patterns whose finds leave by no connection."""
        self._masks = masks
        self._store = store
        self._now = now
        self._open_session = open_session
        self._version = b""
        self._connectors: dict[str, OpenConnector] = {}
        self._by_name: dict[str, OpenConnector] = {}
        self._connections: dict[str, LiveConnection] = {}
        self._named: dict[str, LiveConnection] = {}
        self._of_connector: dict[str, tuple[LiveConnection, ...]] = {}
        self._broken: tuple[LiveConnection, ...] = ()
        self._peers: dict[str, Peer] = {}
        self._by_key: dict[str, Peer] = {}

    async def refresh(self) -> bool:
        """Reads the store again if something has changed; another daemon may have changed it."""
        version = await self._store.read(lambda c: settings.get(c, _VERSION) or b"")
        if version == self._version and version:
            return False
        await self.reload()
        return True

    async def reload(self) -> None:
        read = await self._store.read(lambda c: _read(c, self._store))
        await self._open_connectors(read.connectors)
        self._connections = {
            record.id: _live(record, read.rules.get(record.id), read.triggers, self._masks)
            for record in sorted(read.connections, key=lambda record: record.name)
        }
        self._named = {live.record.name: live for live in self._connections.values()}
        of_connector: dict[str, list[LiveConnection]] = {}
        for live in self._connections.values():
            if live.record.status != "removed":
                of_connector.setdefault(live.record.connector, []).append(live)
        self._broken = tuple(c for c in self._connections.values() if c.record.status == "broken")
        self._of_connector = {id: tuple(found) for id, found in of_connector.items()}
        self._peers = {peer.id: peer for peer in read.peers}
        self._by_key = {node_id(key): peer for peer in read.peers for key in pinned_keys(peer)}
        self._version = read.version

    async def _open_connectors(self, records: list[Connector]) -> None:
        fresh: dict[str, OpenConnector] = {}
        for record in records:
            known = self._connectors.pop(record.id, None)
            if known is not None and known.record == record:
                fresh[record.id] = known
                continue
            if known is not None:
                await _close(known)
            opened = self._open(record)
            if opened is not None:
                fresh[record.id] = opened
        for gone in self._connectors.values():
            await _close(gone)
        self._connectors = fresh
        self._by_name = {each.record.name: each for each in fresh.values()}

    def _open(self, record: Connector) -> OpenConnector | None:
        try:
            session = self._open_session(record)
            tracker = open_tracker(record, session, self._now)
        except (ConfigurationError, InputError) as error:
            log.error("connector.unusable", connector=record.name, cause=error.message)
            return None
        return OpenConnector(record, tracker, session)

    @property
    def connectors(self) -> Mapping[str, OpenConnector]:
        """By id."""
        return self._connectors

    def connector_named(self, name: str) -> OpenConnector | None:
        return self._by_name.get(name)

    def manifest(self, connector: str, system: str) -> Manifest:
        """What default rules know of a connector by its id; where it cannot be opened, of its
        system."""
        opened = self._connectors.get(connector)
        return manifest(opened.tracker.capabilities) if opened else manifest_of(system)

    @property
    def connections(self) -> Mapping[str, LiveConnection]:
        """By this node's own id, in the order of their names."""
        return self._connections

    def connection_named(self, name: str) -> LiveConnection | None:
        return self._named.get(name)

    def of_connector(self, connector: str) -> tuple[LiveConnection, ...]:
        return self._of_connector.get(connector, ())

    def projects(self, connector: str) -> tuple[str, ...]:
        """Those that its connections speak of; ALM connections look at theirs in their own jobs."""
        names = set()
        for live in self.of_connector(connector):
            if live.record.type == "alm":
                continue
            names |= {live.record.settings.project, *(spec.project for spec in live.triggers)}
        return tuple(sorted(names - {""}))

    def shared_with(self, peer: str, shared: str) -> LiveConnection | None:
        for live in self._connections.values():
            if live.record.peer == peer and live.record.shared == shared:
                return live
        return None

    def poll_seconds(self, peer: str, default: float) -> float:
        """The shortest that an active connection with the peer asks for."""
        asked = [
            live.record.settings.poll_seconds or default
            for live in self._connections.values()
            if live.record.peer == peer and live.record.status == "active"
        ]
        return min(asked, default=default)

    def broken_with(self, peer: str) -> list[LiveConnection]:
        return [live for live in self._broken if live.record.peer == peer]

    @property
    def peers(self) -> Mapping[str, Peer]:
        return self._peers

    def peer_of_key(self, key_id: str) -> Peer | None:
        """Who speaks under the identity key with this hash."""
        return self._by_key.get(key_id)

    async def close(self) -> None:
        for each in self._connectors.values():
            await _close(each)


def _read(c: sa.Connection, store: Store) -> _Read:
    known = connections.all(c)
    rules = {record.id: rule_versions.newest(c, record.id) for record in known}
    return _Read(
        version=settings.get(c, _VERSION) or b"",
        connectors=connectors.all(c, store.vault),
        connections=known,
        triggers=triggers.active(c),
        rules={id: found for id, found in rules.items() if found is not None},
        peers=peers.all(c),
    )


def _live(
    record: Connection, rules: RuleSet | None, known: list[TriggerRow], masks: tuple[str, ...]
) -> LiveConnection:
    chosen = record.settings
    allowed = DEFAULT if chosen.disclosed is None else frozenset(chosen.disclosed)
    return LiveConnection(
        record=record,
        rules=rules or RuleSet(0, "", ""),
        policy=Policy(
            record.local_side,
            record.remote_side,
            chosen.conflict_policy,
            chosen.field_policies,
            chosen.paragraphs,
        ),
        allowed=allowed,
        masks=masks_of((*masks, *chosen.masks)),
        context=RuleContext(
            record.name, record.local_side, record.remote_side, project=chosen.project
        ),
        triggers=_triggers(record, known),
    )


def _triggers(record: Connection, known: list[TriggerRow]) -> tuple[TriggerSpec, ...]:
    """The one in the connection's settings, and those that have names."""
    first = record.settings.trigger
    own = (TriggerSpec(first.project, first.types, first.labels),) if first else ()
    named = (placed(row.spec, record) for row in known if row.connection == record.id)
    return (*own, *named)


def placed(spec: TriggerSpec, record: Connection) -> TriggerSpec:
    """With the project that it means."""
    return msgspec.structs.replace(spec, project=spec.project or record.settings.project)


async def _close(opened: OpenConnector) -> None:
    await opened.tracker.close()
    await opened.session.close()

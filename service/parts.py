"""What one node consists of, built in the order of needs: the composition root."""

import os
import random
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import structlog
from prometheus_client import CollectorRegistry

from schemas.errors import BusUnavailable
from schemas.events import Event, TwinDue
from schemas.node import Connector, Peer, PublicPeer
from schemas.peer import Declined
from schemas.redaction import names_secret
from service.bus import open_bus
from service.bus.port import Bus
from service.clock import wall_clock
from service.codec import MarkdownCodec
from service.config.model import Config, Limits
from service.data_folder import occupied
from service.log import Redactor
from service.metrics import Metrics
from service.notify import Notifier
from service.peers.contact import Contacts
from service.peers.courier import Courier, open_session
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed
from service.peers.guard import AddressPolicy, check_peer_url, guarded_connector
from service.peers.identity import NodeIdentity
from service.peers.pairing import PairingDesk
from service.rules.monty_engine import open_engine
from service.rules.port import RuleEngine
from service.store import identity as identities
from service.store import leases
from service.store.store import Store, open_store
from service.store.tasks import TaskRow
from service.store.vault import Vault, load_or_create_key
from service.web.health import HealthBoard
from service.web.rates import Rates
from service.web.refusals import Refusals
from service.workers.acquaintance import Acquaintances
from service.workers.alm.office import Office
from service.workers.alm.shift import Shift
from service.workers.arrangement import Arrangement, Run
from service.workers.arrivals import Arrivals
from service.workers.breaker import Breakers
from service.workers.broadcast import Broadcast
from service.workers.bulk import Bulk
from service.workers.checks import Checks
from service.workers.contents import LocalContents, OwnAttachments
from service.workers.dry_run_desk import AT_ONCE, PER_MINUTE, DryRunDesk
from service.workers.feed_store import FeedDesk
from service.workers.keys import KeyDesk
from service.workers.measured import MeasuredEngine, MeasuredTraffic, request_tracing
from service.workers.metadata import ProjectMetadata
from service.workers.operations import NodeOperations
from service.workers.operations.alm import AlmOperations
from service.workers.operations.answering import Answering
from service.workers.operations.desk import Desk
from service.workers.operations.pairing import InvitationDesk, Pairing
from service.workers.operations.records import AuditDesk, RepeatDesk
from service.workers.operations.relay import RelayOperations
from service.workers.operations.relay_pairing import RelayedPairing
from service.workers.operations.tasks import view
from service.workers.operations.tokens import TokenDesk
from service.workers.people import People
from service.workers.roster import Roster
from service.workers.runs import Runs
from service.workers.supervisor import Supervisor
from service.workers.systems import allowed_networks, tls_of
from service.workers.wakeups import Wakeups
from service.workers.watcher import Attention
from service.workers.webhook_desk import WebhookDesk
from service.workers.worker import Worker

log = structlog.get_logger()

VERSION = distribution_version("tidegate")


def new_id() -> str:
    return secrets.token_hex(16)


class Runners(msgspec.Struct, frozen=True):
    """What runs for each connector and for each peer, by its id."""

    scan: Callable[[str], Run]
    watch: Callable[[str], Run]
    reach: Callable[[Peer], Run]


class Parts:
    """All parts of one node; closed in the reverse order by the stack they were entered on."""

    store: Store
    bus: Bus
    engine: RuleEngine
    identity: NodeIdentity
    roster: Roster
    worker: Worker
    arrangement: Arrangement
    operations: NodeOperations
    keys: KeyDesk
    runs: Runs
    courier: Courier
    feed: Feed
    source: OwnAttachments
    sink: Arrivals
    webhook_desk: WebhookDesk
    dry_runs: DryRunDesk
    answering: Answering
    pairing: Pairing
    relayed: RelayedPairing
    broadcast: Broadcast
    bulk: Bulk
    audit: AuditDesk
    repeats: RepeatDesk
    tokens: TokenDesk
    office: Office
    shift: Shift
    checks: Checks

    def __init__(self, config: Config, redactor: Redactor, stack: AsyncExitStack) -> None:
        self.config = config
        self.redactor = redactor
        self._stack = stack
        self.now = wall_clock
        self.random = random.SystemRandom().random
        self.notifier = Notifier(os.environ)
        self.doorbell = Doorbell()
        self.contacts = Contacts(now=self.now)
        self.wakeups = Wakeups(now=self.now)
        self.attention = Attention()
        self.breakers = Breakers(now=self.now, random=self.random)
        self.known = ProjectMetadata(now=self.now)
        self.metrics = Metrics.create(CollectorRegistry(), version=VERSION)
        self.traffic = MeasuredTraffic(self.metrics, self._peer_name)
        self.refusals = Refusals(self.metrics, now=self.now)
        self.asked_often = Rates(*peer_rate(config.limits), now=self.now)
        self.refused_often = Rates(*refusal_rate(config.limits), now=self.now)
        self.api_often = Rates(*api_rate(config.limits), now=self.now)
        self.supervisor = Supervisor(now=self.now, random=self.random)
        self.board = HealthBoard(node=config.node.name, version=VERSION, now=self.now)

    async def open(self, runners: Runners) -> None:
        """Opens what others stand on first: store, bus, rules; then puts the rest together."""
        data = Path(self.config.data)
        daemon = self._stack.enter_context(occupied(data, new_id))
        vault = Vault(load_or_create_key(Path(self.config.key_file)))
        enter = self._stack.enter_async_context
        self.store = await enter(open_store(self.config.store.url, vault=vault))
        self.identity = await self._identity()
        self.bus = await enter(
            open_bus(self.config.bus.url, now=self.now, random=self.random, data_dir=data)
        )
        engine = await enter(open_engine(MarkdownCodec(), workers=self.config.rules.workers))
        self.engine = MeasuredEngine(engine, self.metrics)
        self.roster = Roster(
            self.store,
            now=self.now,
            open_session=self._tracker_session,
            masks=self.config.disclosure.masks,
        )
        self._stack.push_async_callback(self.roster.close)
        policy = AddressPolicy.of(self.config.peers.allow_networks)
        self.courier = Courier(
            await enter(open_session(policy)),
            self.identity,
            now=self.now,
            random_bytes=secrets.token_bytes,
            traffic=self.traffic,
            latest=self._latest,
        )
        self._build_sync(data, daemon)
        self.arrangement = Arrangement(
            self.supervisor,
            self.roster,
            scan=runners.scan,
            watch=runners.watch,
            reach=runners.reach,
        )
        self._build_operations(daemon)
        self._build_checks()
        await self.runs.register()
        await self.keys.set_url(self.config.node.public_url)
        await self._take_back(daemon)
        await self.bulk.recover()
        await self.roster.reload()
        self._register_secrets()

    def _build_sync(self, data: Path, daemon: str) -> None:
        config, store, roster = self.config, self.store, self.roster
        contents = LocalContents(
            store, roster, self.doorbell.ring, tell=self._tell, now=self.now, new_id=new_id
        )
        self.worker = Worker(
            node=self.identity.origin,
            owner=daemon,
            store=store,
            roster=roster,
            engine=self.engine,
            contents=contents,
            people=People(now=self.now),
            known=self.known,
            breakers=self.breakers,
            wakeups=self.wakeups,
            metrics=self.metrics,
            ring_peer=self.doorbell.ring,
            ring_twin=self.ring_twin,
            now=self.now,
            random=self.random,
            settle_ms=config.limits.settle_ms,
            concurrency=config.limits.workers,
        )
        self.webhook_desk = WebhookDesk(roster, self.worker.recent, store)
        often = Rates(PER_MINUTE / 60, AT_ONCE, now=self.now)
        self.dry_runs = DryRunDesk(store, roster, self.identity, often=often, now=self.now)
        feed_desk = FeedDesk(
            store,
            roster,
            self.identity,
            self.ring,
            dry_runs=self.dry_runs,
            changed=self.changed,
            now=self.now,
            new_id=new_id,
        )
        self.feed = Feed(self.identity, feed_desk, self._acquaintances(), traffic=self.traffic)
        self.source = OwnAttachments(store, roster)
        self.sink = Arrivals(
            store,
            roster,
            data / "attachments",
            self.ring,
            now=self.now,
            partial_hours=config.limits.partial_hours,
        )

    def _build_operations(self, daemon: str) -> None:
        config, store = self.config, self.store
        desk = self._operations_desk()
        self.answering = Answering(desk, MarkdownCodec())
        self.pairing = Pairing(desk)
        self.relayed = RelayedPairing(desk, self.pairing, self.pairing_desk())
        self.broadcast = Broadcast(store, desk.name_of)
        self.bulk = Bulk(store, owner=daemon, now=self.now, tell=self._tell_progress)
        self.audit = AuditDesk(store, now=self.now)
        kept_hours = self.config.keep.answer_hours
        self.repeats = RepeatDesk(store, kept_hours=kept_hours, now=self.now)
        self.tokens = TokenDesk(
            store,
            admin_token=config.listen.admin_token,
            now=self.now,
            new_id=new_id,
            random_bytes=secrets.token_bytes,
        )
        self.office = Office(desk, config.alm, config.socket, daemon)
        self.shift = Shift(self.office)
        self.operations = NodeOperations(
            desk,
            self.pairing,
            self.relayed,
            self._relay_operations(),
            self.tokens,
            self.audit,
            self.bulk,
            self.broadcast,
            version=VERSION,
            alm=AlmOperations(self.office, self.shift.ring),
        )

    def _build_checks(self) -> None:
        self.checks = Checks(
            bus=self.bus,
            store=self.store,
            roster=self.roster,
            breakers=self.breakers,
            contacts=self.contacts,
            attention=self.attention,
            supervisor=self.supervisor,
            metrics=self.metrics,
            now=self.now,
        )
        self.checks.put_on(self.board)

    def _tell_progress(self, row: TaskRow) -> None:
        self.broadcast.tell(view(row))

    def _acquaintances(self) -> Acquaintances:
        self.runs = Runs(self.store, now=self.now, new_id=new_id)
        self.keys = KeyDesk(
            self.store,
            self.identity,
            now=self.now,
            random_bytes=secrets.token_bytes,
            told=self.doorbell.ring_all,
        )
        return Acquaintances(
            self.store,
            self.roster,
            self.identity,
            self.keys,
            self.runs,
            now=self.now,
            new_id=new_id,
            check_url=self._check_url,
            probation=round(self.config.peers.probation_seconds * 1000),
        )

    def _latest(self, peer: PublicPeer) -> PublicPeer:
        found = self.roster.peers.get(peer.id)
        return found if isinstance(found, PublicPeer) else peer

    async def refreshed(self) -> None:
        """Another daemon on the same store may have changed keys or registered a run."""
        await self.keys.refresh()
        await self.runs.refresh()

    def _operations_desk(self) -> Desk:
        return Desk(
            store=self.store,
            roster=self.roster,
            engine=self.engine,
            worker=self.worker,
            courier=self.courier,
            identity=self.identity,
            node_name=self.config.node.name,
            public_url=self.config.node.public_url,
            publish=self.ring,
            rearrange=self._rearrange,
            open_session=self._tracker_session,
            now=self.now,
            new_id=new_id,
            random_bytes=secrets.token_bytes,
            check_url=self._check_url,
            ring_peer=self.doorbell.ring,
            contacts=self.contacts,
            keys=self.keys,
            runs=self.runs,
            known=self.known,
            dry_runs=self.dry_runs,
        )

    def _relay_operations(self) -> RelayOperations:
        url = self.config.node.public_url if self.config.relay.enabled else ""
        return RelayOperations(
            self.store, self.identity, url, now=self.now, random_bytes=secrets.token_bytes
        )

    def pairing_desk(self) -> PairingDesk:
        return PairingDesk(
            self.identity,
            name=self.config.node.name,
            url=self.config.node.public_url,
            invitations=InvitationDesk(
                self.store, self.changed, manifest=self.roster.manifest, now=self.now
            ),
            now=self.now,
            check_url=self._check_url,
            release=VERSION,
        )

    async def _rearrange(self) -> None:
        self._register_secrets()
        await self.arrangement.arrange()

    async def changed(self) -> None:
        await self.roster.reload()
        await self._rearrange()

    def _register_secrets(self) -> None:
        for opened in self.roster.connectors.values():
            self.redactor.register(*_secret_values(opened.record.params))

    async def _take_back(self, daemon: str) -> None:
        """Nobody has to wait for the leases of a predecessor that was killed."""
        now = self.now()
        for key in await self.store.write(lambda c: leases.take_back(c, daemon, now)):
            self.wakeups.at(now, key)

    async def _identity(self) -> NodeIdentity:
        vault = self.store.vault
        known = await self.store.read(lambda c: identities.get(c, vault))
        if known is not None:
            return NodeIdentity.from_bytes(known.keys)
        fresh = NodeIdentity.generate(secrets.token_bytes, self.now())
        record = identities.Identity(fresh.id, self.config.node.name, new_id(), fresh.to_bytes())
        await self.store.write(lambda c: identities.put(c, vault, record, serial=fresh.serial))
        return fresh

    def _tracker_session(self, connector: Connector) -> aiohttp.ClientSession:
        """Raises `ConfigurationError` or `InputError` for networks that are none."""
        networks = self.config.trackers.allow_networks + allowed_networks(connector)
        policy = AddressPolicy.of_trackers(networks)
        return aiohttp.ClientSession(
            trace_configs=[request_tracing(self.metrics, connector.name)],
            connector=guarded_connector(
                policy, limit=64, keepalive_timeout=30, tls=tls_of(connector)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    def _tell(self, peer: str, declined: Declined) -> None:
        self.feed.decline(peer, (declined,))

    def _peer_name(self, peer: str) -> str:
        known = self.roster.peers.get(peer)
        return known.name if known else peer

    def _check_url(self, url: str) -> str:
        return check_peer_url(url, http_hosts=frozenset(self.config.peers.allow_http_hosts))

    async def ring(self, events: tuple[Event, ...]) -> None:
        """After a commit: the rows are due already, so a bell that cannot ring loses nothing."""
        try:
            await self.bus.publish(*events)
        except BusUnavailable as error:
            self.metrics.publish_failures.labels("ring").inc()
            log.warning("bus.unavailable", error=error)

    async def ring_twin(self, event: TwinDue) -> None:
        await self.ring((event,))


def peer_rate(limits: Limits) -> tuple[float, float]:
    """Requests of one peer: per second, and at once."""
    return limits.peer_requests, limits.peer_requests * 2


def api_rate(limits: Limits) -> tuple[float, float]:
    return limits.api_requests, limits.api_requests * 4


def refusal_rate(limits: Limits) -> tuple[float, float]:
    return limits.refusals_per_address, limits.refusals_per_address * 10


def _secret_values(params: dict[str, Any]) -> list[str]:
    return [str(value) for name, value in params.items() if value and names_secret(name)]

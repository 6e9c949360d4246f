"""The composition root: builds one node from its configuration, and runs it until told to stop."""

import asyncio
import contextlib
import gc
import os
import random
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from aiohttp.typedefs import Middleware
from prometheus_client import CollectorRegistry

from schemas.errors import BusUnavailable, ConfigurationError
from schemas.events import Event, TwinDue
from schemas.node import Connector, Peer, PublicPeer
from schemas.peer import Declined
from schemas.redaction import names_secret
from service.bus import open_bus
from service.bus.port import Bus
from service.clock import wall_clock
from service.codec import MarkdownCodec
from service.config.checks import split_address
from service.config.model import Config, Limits
from service.config.reload import reloaded
from service.data_folder import occupied
from service.doors import PublicDoor, doors, hardening_of
from service.log import Redactor, configure_logging
from service.metrics import Metrics
from service.notify import Notifier
from service.peers.contact import Contacts
from service.peers.courier import Courier, open_session
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed
from service.peers.guard import AddressPolicy, check_peer_url, guarded_connector
from service.peers.identity import NodeIdentity
from service.peers.links import Links, ThroughRelay
from service.peers.mailbox import PeerEndpoints
from service.peers.nonces import RecentNonces
from service.peers.pairing import PairingDesk
from service.peers.relay.client import RelayClient
from service.peers.relay.endpoints import RelayEndpoints
from service.rules.monty_engine import open_engine
from service.rules.port import RuleEngine
from service.store import identity as identities
from service.store import leases
from service.store.store import Store, open_store
from service.store.tasks import TaskRow
from service.store.vault import Vault, load_or_create_key
from service.web.access import by_socket, by_token
from service.web.api.records import Records
from service.web.app import build_admin_app, build_public_app
from service.web.callers import Callers
from service.web.gate import gate
from service.web.health import HealthBoard
from service.web.hooks import Webhooks
from service.web.rates import Rates
from service.web.refusals import Refusals
from service.web.serving import listening, listening_on_socket
from service.workers.acquaintance import Acquaintances
from service.workers.alm.agent import Agent
from service.workers.alm.office import Office
from service.workers.alm.shift import Shift
from service.workers.arrangement import Arrangement, Asking, Refresh, Run
from service.workers.arrivals import Arrivals
from service.workers.breaker import Breakers
from service.workers.broadcast import Broadcast
from service.workers.bulk import Bulk
from service.workers.checks import Checks
from service.workers.contents import LocalContents, OwnAttachments
from service.workers.departures import Departures
from service.workers.feed_store import Directory, FeedDesk
from service.workers.keys import KeyDesk
from service.workers.measured import MeasuredEngine, MeasuredTraffic, request_tracing
from service.workers.metadata import ProjectMetadata
from service.workers.operations import NodeOperations
from service.workers.operations.alm import AlmOperations
from service.workers.operations.desk import Desk
from service.workers.operations.pairing import InvitationDesk, Pairing
from service.workers.operations.records import AuditDesk, RepeatDesk
from service.workers.operations.relay import RelayOperations
from service.workers.operations.relay_pairing import RelayedPairing
from service.workers.operations.tasks import view
from service.workers.operations.tokens import TokenDesk
from service.workers.people import People
from service.workers.pruning import Pruning
from service.workers.relay_desk import HeardEnvelopes, RelayDesk, RelaySweeper
from service.workers.roster import Roster
from service.workers.runs import Runs
from service.workers.scanner import Scanner
from service.workers.supervisor import Supervisor
from service.workers.systems import allowed_networks, tls_of
from service.workers.upkeep import Upkeep
from service.workers.wakeups import Sweeper, Wakeups
from service.workers.watcher import Attention, Watcher
from service.workers.webhook_desk import WebhookDesk
from service.workers.worker import Worker

log = structlog.get_logger()

VERSION = distribution_version("tidegate")
SWITCH_SECONDS = 0.0005
"""Threads that run the store must get the interpreter soon, also from a busy event loop."""


def new_id() -> str:
    return secrets.token_hex(16)


async def run_node(config: Config, reread: Callable[[], Config] | None = None) -> int:
    """Until SIGTERM or SIGINT. On SIGHUP `reread` tells the configuration anew.

    Raises `ConfigurationError` for what waiting cannot heal.
    """
    redactor = Redactor(config.secrets())
    configure_logging(config.log.format, config.log.level, redactor=redactor)
    sys.setswitchinterval(SWITCH_SECONDS)
    stop, reload_ = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload_.set)
    async with open_node(config, redactor) as node:
        # What stands by now stays: no full collection has to stop the loop to walk over it.
        gc.freeze()
        await node.run(stop, reload_, reread or (lambda: config))
    return 0


@asynccontextmanager
async def open_node(config: Config, redactor: Redactor) -> AsyncIterator["Node"]:
    async with AsyncExitStack() as stack:
        node = Node(config, redactor, stack)
        await node.open()
        yield node


class Node:
    """All parts of one node. Built in the order of their needs; closed in the reverse."""

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

    def __init__(self, config: Config, redactor: Redactor, stack: AsyncExitStack) -> None:
        self.config = config
        self._redactor = redactor
        self._stack = stack
        self._now = wall_clock
        self._random = random.SystemRandom().random
        self._notifier = Notifier(os.environ)
        self._endpoints: PeerEndpoints | None = None
        self._relay: RelayEndpoints | None = None
        self._doorbell = Doorbell()
        self._contacts = Contacts(now=self._now)
        self._wakeups = Wakeups(now=self._now)
        self._attention = Attention()
        self._breakers = Breakers(now=self._now, random=self._random)
        self._known = ProjectMetadata(now=self._now)
        self.address = ""
        self._draining, self._drained = asyncio.Event(), asyncio.Event()
        self.metrics = Metrics.create(CollectorRegistry(), version=VERSION)
        self._traffic = MeasuredTraffic(self.metrics, self._peer_name)
        self._refusals = Refusals(self.metrics, now=self._now)
        self._asked_often = Rates(*_asking(config.limits), now=self._now)
        self._refused_often = Rates(*_refusals(config.limits), now=self._now)
        self._api_often = Rates(*_api(config.limits), now=self._now)
        self.supervisor = Supervisor(now=self._now, random=self._random)
        self.board = HealthBoard(node=config.node.name, version=VERSION, now=self._now)

    async def open(self) -> None:
        data = Path(self.config.data)
        daemon = self._stack.enter_context(occupied(data, new_id))
        vault = Vault(load_or_create_key(Path(self.config.key_file)))
        enter = self._stack.enter_async_context
        self.store = await enter(open_store(self.config.store.url, vault=vault))
        self.identity = await self._identity()
        self.bus = await enter(
            open_bus(self.config.bus.url, now=self._now, random=self._random, data_dir=data)
        )
        engine = await enter(open_engine(MarkdownCodec(), workers=self.config.rules.workers))
        self.engine = MeasuredEngine(engine, self.metrics)
        self.roster = Roster(self.store, now=self._now, open_session=self._tracker_session)
        self._stack.push_async_callback(self.roster.close)
        policy = AddressPolicy.of(self.config.peers.allow_networks)
        self._courier = Courier(
            await enter(open_session(policy)),
            self.identity,
            now=self._now,
            random_bytes=secrets.token_bytes,
            traffic=self._traffic,
            latest=self._latest,
        )
        self._build(data, daemon)
        await self.runs.register()
        await self.keys.set_url(self.config.node.public_url)
        await self._take_back(daemon)
        await self._bulk.recover()
        await self.roster.reload()
        self._register_secrets()

    def _build(self, data: Path, daemon: str) -> None:
        config, store, roster = self.config, self.store, self.roster
        contents = LocalContents(
            store, roster, self._doorbell.ring, tell=self._tell, now=self._now, new_id=new_id
        )
        self.worker = Worker(
            node=self.identity.origin,
            owner=daemon,
            store=store,
            roster=roster,
            engine=self.engine,
            contents=contents,
            people=People(now=self._now),
            known=self._known,
            breakers=self._breakers,
            wakeups=self._wakeups,
            metrics=self.metrics,
            ring_peer=self._doorbell.ring,
            ring_twin=self._ring_twin,
            now=self._now,
            random=self._random,
            settle_ms=config.limits.settle_ms,
            concurrency=config.limits.workers,
        )
        self._desk = WebhookDesk(roster, self.worker.recent, store)
        feed_desk = FeedDesk(
            store,
            roster,
            self.identity,
            self._ring,
            changed=self._changed,
            now=self._now,
            new_id=new_id,
        )
        self._feed = Feed(self.identity, feed_desk, self._acquaintances(), traffic=self._traffic)
        self._source = OwnAttachments(store, roster)
        self._sink = Arrivals(
            store,
            roster,
            data / "attachments",
            self._ring,
            now=self._now,
            partial_hours=config.limits.partial_hours,
        )
        self.arrangement = Arrangement(
            self.supervisor, roster, scan=self._scan, watch=self._watch_webhooks, reach=self._reach
        )
        desk = self._operations_desk()
        self._pairing = Pairing(desk)
        self._relayed = RelayedPairing(desk, self._pairing, self._pairing_desk())
        self._broadcast = Broadcast(store, desk.name_of)
        self._bulk = Bulk(store, owner=daemon, now=self._now, tell=self._tell_progress)
        self._audit = AuditDesk(store, now=self._now)
        kept_hours = self.config.keep.answer_hours
        self._repeats = RepeatDesk(store, kept_hours=kept_hours, now=self._now)
        self._tokens = TokenDesk(
            store,
            admin_token=config.listen.admin_token,
            now=self._now,
            new_id=new_id,
            random_bytes=secrets.token_bytes,
        )
        self.office = Office(desk, config.alm, config.socket, daemon)
        self.shift = Shift(self.office)
        self.operations = NodeOperations(
            desk,
            self._pairing,
            self._relayed,
            self._relay_operations(),
            self._tokens,
            self._audit,
            self._bulk,
            self._broadcast,
            version=VERSION,
            alm=AlmOperations(self.office, self.shift.ring),
        )
        self._checks = Checks(
            bus=self.bus,
            store=store,
            roster=roster,
            breakers=self._breakers,
            contacts=self._contacts,
            attention=self._attention,
            supervisor=self.supervisor,
            metrics=self.metrics,
            now=self._now,
        )
        self._checks.put_on(self.board)

    def _tell_progress(self, row: TaskRow) -> None:
        self._broadcast.tell(view(row))

    def _acquaintances(self) -> Acquaintances:
        self.runs = Runs(self.store, now=self._now, new_id=new_id)
        self.keys = KeyDesk(
            self.store,
            self.identity,
            now=self._now,
            random_bytes=secrets.token_bytes,
            told=self._doorbell.ring_all,
        )
        return Acquaintances(
            self.store,
            self.roster,
            self.identity,
            self.keys,
            self.runs,
            now=self._now,
            new_id=new_id,
            check_url=self._check_url,
            probation=round(self.config.peers.probation_seconds * 1000),
        )

    def _latest(self, peer: PublicPeer) -> PublicPeer:
        found = self.roster.peers.get(peer.id)
        return found if isinstance(found, PublicPeer) else peer

    async def _refreshed(self) -> None:
        """Another daemon on the same store may have changed keys or registered a run."""
        await self.keys.refresh()
        await self.runs.refresh()

    def _operations_desk(self) -> Desk:
        return Desk(
            store=self.store,
            roster=self.roster,
            engine=self.engine,
            worker=self.worker,
            courier=self._courier,
            identity=self.identity,
            node_name=self.config.node.name,
            public_url=self.config.node.public_url,
            publish=self._ring,
            rearrange=self._rearrange,
            open_session=self._tracker_session,
            now=self._now,
            new_id=new_id,
            random_bytes=secrets.token_bytes,
            check_url=self._check_url,
            ring_peer=self._doorbell.ring,
            contacts=self._contacts,
            keys=self.keys,
            runs=self.runs,
            known=self._known,
        )

    def _relay_operations(self) -> RelayOperations:
        url = self.config.node.public_url if self.config.relay.enabled else ""
        return RelayOperations(
            self.store, self.identity, url, now=self._now, random_bytes=secrets.token_bytes
        )

    def _pairing_desk(self) -> PairingDesk:
        return PairingDesk(
            self.identity,
            name=self.config.node.name,
            url=self.config.node.public_url,
            invitations=InvitationDesk(
                self.store, self._changed, manifest=self.roster.manifest, now=self._now
            ),
            now=self._now,
            check_url=self._check_url,
            release=VERSION,
        )

    async def _rearrange(self) -> None:
        self._register_secrets()
        await self.arrangement.arrange()

    async def _changed(self) -> None:
        await self.roster.reload()
        await self._rearrange()

    def _register_secrets(self) -> None:
        for opened in self.roster.connectors.values():
            self._redactor.register(*_secret_values(opened.record.params))

    async def _take_back(self, daemon: str) -> None:
        """Nobody has to wait for the leases of a predecessor that was killed."""
        now = self._now()
        for key in await self.store.write(lambda c: leases.take_back(c, daemon, now)):
            self._wakeups.at(now, key)

    async def _identity(self) -> NodeIdentity:
        vault = self.store.vault
        known = await self.store.read(lambda c: identities.get(c, vault))
        if known is not None:
            return NodeIdentity.from_bytes(known.keys)
        fresh = NodeIdentity.generate(secrets.token_bytes, self._now())
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
        self._feed.decline(peer, (declined,))

    def _peer_name(self, peer: str) -> str:
        known = self.roster.peers.get(peer)
        return known.name if known else peer

    def _check_url(self, url: str) -> str:
        return check_peer_url(url, http_hosts=frozenset(self.config.peers.allow_http_hosts))

    # Bells

    async def _ring(self, events: tuple[Event, ...]) -> None:
        """After a commit: the rows are due already, so a bell that cannot ring loses nothing."""
        try:
            await self.bus.publish(*events)
        except BusUnavailable as error:
            self.metrics.publish_failures.labels("ring").inc()
            log.warning("bus.unavailable", error=error)

    async def _ring_twin(self, event: TwinDue) -> None:
        await self._ring((event,))

    async def _publish_found(self, events: tuple[Event, ...]) -> None:
        await self.bus.publish(*events)

    # Tasks

    def _scan(self, connector: str) -> Run:
        return Scanner(
            connector,
            store=self.store,
            roster=self.roster,
            desk=self._desk,
            breakers=self._breakers,
            metrics=self.metrics,
            publish=self._publish_found,
            now=self._now,
            interval=self.config.scan.interval_seconds,
            full_hours=self.config.scan.full_hours,
        ).run

    def _watch_webhooks(self, connector: str) -> Run:
        return Watcher(
            connector,
            store=self.store,
            roster=self.roster,
            breakers=self._breakers,
            attention=self._attention,
            now=self._now,
            random=self._random,
        ).run

    def _reach(self, peer: Peer) -> Run:
        """A public node pushes; a private one polls, for nobody can come to it. Two private ones
        meet at a relay."""
        links = Links(
            public=self.config.node.public,
            courier=self._courier,
            feed=self._feed,
            bell=self._doorbell,
            contacts=self._contacts,
            source=self._source,
            sink=self._sink,
            now=self._now,
            random=self._random,
            sleep=asyncio.sleep,
            interval=self._poll_interval,
            traffic=self._traffic,
            relay=ThroughRelay(self.identity, HeardEnvelopes(self.store), secrets.token_bytes),
        )

        async def run() -> None:
            task = links.task(peer)
            if task is not None:
                await task()

        return run

    def _poll_interval(self, peer: str) -> float:
        return self.roster.poll_seconds(peer, self.config.peers.poll_seconds)

    async def _consume(self) -> None:
        concurrency = self.config.limits.workers
        async with self.bus.consume(self.worker.handle, concurrency=concurrency):
            await self._draining.wait()
        self._drained.set()

    async def _drain(self) -> None:
        """Takes nothing more from the bus, and ends what is in hand."""
        self._draining.set()
        await self._drained.wait()

    def _start_tasks(self) -> None:
        start = self.supervisor.start
        sweeper = Sweeper(self.store, self._wakeups, self.worker.handle, now=self._now)
        start("consumer", self._consume, drain=self._drain)
        start("sweeper", sweeper.run)
        start("attachments", self._sink.tidy_up)
        start("roster", Refresh(self.roster, self.arrangement, self._refreshed).run)
        start(
            "upkeep",
            Upkeep(
                self.store,
                self.roster,
                changed=self._changed,
                ring_peer=self._doorbell.ring,
                now=self._now,
            ).run,
        )
        start("pruning", Pruning(self.store, self.config.keep, now=self._now).run)
        start("relay pairing", self._relayed.run)
        start("relay departures", self._departures().run)
        if self.config.relay.enabled:
            start("relay sweeper", RelaySweeper(self.store, now=self._now).run)
        start("alm jobs", self.shift.run)
        if self.config.alm.agent:
            start("alm agent", Agent(self.office, self.operations.alm.making).run)
        start("events", self._broadcast.run)
        start("keys", self.keys.run)
        start("runs", self.runs.run)
        if not self.config.node.public:
            start("pairing", Asking(self.store, self._pairing, now=self._now).run)
        if self._notifier.watchdog_seconds:
            start("watchdog", self._watch)

    def _departures(self) -> Departures:
        return Departures(
            self.store,
            self.roster,
            RelayClient(self._courier, self.identity),
            changed=self._changed,
            now=self._now,
        )

    async def _watch(self) -> None:
        """Tells systemd that we live, once the store has taken a row."""
        while True:
            if not await self.store.check():
                self._notifier.alive()
            await asyncio.sleep(self._notifier.watchdog_seconds or 10)

    # Doors

    async def _open_doors(self) -> None:
        hooks = Webhooks(self._desk, self.bus, self.metrics, now=self._now, new_id=new_id)
        peers = list(self._peer_routes()) if self.config.node.public else []
        for door in doors(self.config, hooks.routes(), peers):
            await self._open_door(door)
        enter = self._stack.enter_async_context
        await enter(listening_on_socket(self._admin_app(by_socket()), Path(self.config.socket)))
        if self.config.listen.admin:
            host, port = split_address(self.config.listen.admin)
            await enter(listening(self._admin_app(self._by_token()), host, port, door="admin"))

    async def _open_door(self, door: PublicDoor) -> None:
        limits = self.config.limits
        callers = Callers.behind(self.config.listen.proxies)
        app = build_public_app(
            door.routes,
            self.board,
            body_bytes=limits.body_bytes,
            new_id=new_id,
            gate=gate(callers, self._refused_often, self._refusals),
        )
        host, port = split_address(door.address)
        bound = await self._stack.enter_async_context(
            listening(
                app,
                host,
                port,
                hardening_of(limits),
                door=door.name,
                callers=callers,
                refusals=self._refusals,
            )
        )
        self.address = ", ".join(filter(None, (self.address, f"{bound[0]}:{bound[1]}")))

    def _by_token(self) -> Middleware:
        return by_token(
            self._tokens,
            allowance=self._api_often,
            refused=self._refused_often,
            callers=Callers.behind(self.config.listen.proxies),
            refusals=self._refusals,
        )

    def _admin_app(self, entrance: Middleware) -> Any:
        return build_admin_app(
            self.operations,
            self.board,
            self.metrics,
            new_id=new_id,
            records=Records(self._audit, self._repeats),
            entrance=entrance,
            callers=Callers.behind(self.config.listen.proxies),
            origins=frozenset(self.config.listen.cors_origins),
            refresh_metrics=self._checks.refresh_gauges,
        )

    def _peer_routes(self) -> Any:
        """Only of a node with a public URL: a private one has no door for peers."""
        url = self.config.node.public_url
        self._endpoints = PeerEndpoints(
            self.identity,
            url,
            directory=Directory(self.roster),
            nonces=RecentNonces(now=self._now),
            feed=self._feed,
            bell=self._doorbell,
            contacts=self._contacts,
            pairing=self._pairing_desk(),
            source=self._source,
            sink=self._sink,
            now=self._now,
            random_bytes=secrets.token_bytes,
            look_seconds=self._look_seconds,
            traffic=self._traffic,
            allowance=self._asked_often,
        )
        return [*self._endpoints.routes(), *self._relay_routes(url)]

    @property
    def _look_seconds(self) -> float:
        """Another daemon on the same PostgreSQL cannot ring here."""
        return 25.0 if self.store.system == "sqlite" else 1.0

    def _relay_routes(self, url: str) -> Any:
        if not self.config.relay.enabled:
            return []
        self._relay = RelayEndpoints(
            self.identity,
            url,
            store=RelayDesk(self.store, new_id=new_id),
            nonces=RecentNonces(now=self._now),
            now=self._now,
            look_seconds=self._look_seconds,
            allowance=self._asked_often,
        )
        return self._relay.routes()

    async def run(
        self, stop: asyncio.Event, reload_: asyncio.Event, reread: Callable[[], Config]
    ) -> None:
        self._start_tasks()
        await self.arrangement.arrange()
        await self._open_doors()
        self.board.open()
        kind = "public" if self.config.node.public else "private"
        self._notifier.ready(f"{kind} node, listening on {self.address}")
        log.info("node.ready", node=self.config.node.name, id=self.identity.id, kind=kind)
        while not stop.is_set():
            await _first(stop, reload_)
            if reload_.is_set() and not stop.is_set():
                reload_.clear()
                await self._reload(reread)
        await self._stop()

    async def _reload(self, reread: Callable[[], Config]) -> None:
        """Takes over what can change while running; a wrong file changes nothing."""
        self._notifier.reloading()
        try:
            fresh = reread()
        except ConfigurationError as error:
            log.error("node.reload_refused", error=error)
            self._notifier.ready()
            return
        changed, self.config = reloaded(self.config, fresh)
        configure_logging(self.config.log.format, self.config.log.level, redactor=self._redactor)
        self._take_limits(self.config.limits)
        await self._changed()
        await self.arrangement.begin_anew()
        self._notifier.ready()
        log.info("node.reloaded", changed=changed.taken, needs_restart=changed.left)

    def _take_limits(self, limits: Limits) -> None:
        self.worker.settle = limits.settle_ms
        self._sink.partial_hours = limits.partial_hours
        self._asked_often.allow(*_asking(limits))
        self._refused_often.allow(*_refusals(limits))
        self._api_often.allow(*_api(limits))

    async def _stop(self) -> None:
        self.board.close("stopping")
        self._notifier.stopping()
        log.info("node.stopping", drain_seconds=self.config.limits.drain_seconds)
        self._broadcast.close()
        await self._bulk.close()
        if self._endpoints is not None:
            self._endpoints.release()
        if self._relay is not None:
            self._relay.release()
        await self.supervisor.stop(self.config.limits.drain_seconds)
        log.info("node.stopped")


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*waits)


def _asking(limits: Limits) -> tuple[float, float]:
    """Per second, and at once."""
    return limits.peer_requests, limits.peer_requests * 2


def _api(limits: Limits) -> tuple[float, float]:
    return limits.api_requests, limits.api_requests * 4


def _refusals(limits: Limits) -> tuple[float, float]:
    return limits.refusals_per_address, limits.refusals_per_address * 10


def _secret_values(params: dict[str, Any]) -> list[str]:
    return [str(value) for name, value in params.items() if value and names_secret(name)]

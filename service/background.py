"""The tasks of a node: those that run as long as it does, and those of each connector and peer."""

import asyncio
import secrets

from schemas.events import Event
from schemas.node import Peer
from service.parts import Parts
from service.peers.links import Links, ThroughRelay
from service.peers.relay.client import RelayClient
from service.workers.alm.agent import Agent
from service.workers.arrangement import Asking, Refresh, Run
from service.workers.departures import Departures
from service.workers.pruning import Pruning
from service.workers.relay_desk import HeardEnvelopes, RelaySweeper
from service.workers.scanner import Scanner
from service.workers.upkeep import Upkeep
from service.workers.wakeups import Sweeper
from service.workers.watcher import Watcher


class Background:
    """Everything is started by the supervisor, which restarts what ends unasked."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._draining, self._drained = asyncio.Event(), asyncio.Event()

    async def _publish_found(self, events: tuple[Event, ...]) -> None:
        await self._parts.bus.publish(*events)

    def scan(self, connector: str) -> Run:
        parts = self._parts
        return Scanner(
            connector,
            store=parts.store,
            roster=parts.roster,
            desk=parts.webhook_desk,
            breakers=parts.breakers,
            metrics=parts.metrics,
            publish=self._publish_found,
            now=parts.now,
            interval=parts.config.scan.interval_seconds,
            full_hours=parts.config.scan.full_hours,
        ).run

    def watch(self, connector: str) -> Run:
        parts = self._parts
        return Watcher(
            connector,
            store=parts.store,
            roster=parts.roster,
            breakers=parts.breakers,
            attention=parts.attention,
            now=parts.now,
            random=parts.random,
        ).run

    def reach(self, peer: Peer) -> Run:
        """A public node pushes; a private one polls, for nobody can come to it. Two private ones
        meet at a relay."""
        parts = self._parts
        links = Links(
            public=parts.config.node.public,
            courier=parts.courier,
            feed=parts.feed,
            bell=parts.doorbell,
            contacts=parts.contacts,
            source=parts.source,
            sink=parts.sink,
            now=parts.now,
            random=parts.random,
            sleep=asyncio.sleep,
            interval=self._poll_interval,
            traffic=parts.traffic,
            relay=ThroughRelay(parts.identity, HeardEnvelopes(parts.store), secrets.token_bytes),
        )

        async def run() -> None:
            task = links.task(peer)
            if task is not None:
                await task()

        return run

    def _poll_interval(self, peer: str) -> float:
        parts = self._parts
        return parts.roster.poll_seconds(peer, parts.config.peers.poll_seconds)

    async def _consume(self) -> None:
        parts = self._parts
        concurrency = parts.config.limits.workers
        async with parts.bus.consume(parts.worker.handle, concurrency=concurrency):
            await self._draining.wait()
        self._drained.set()

    async def _drain(self) -> None:
        """Takes nothing more from the bus, and ends what is in hand."""
        self._draining.set()
        await self._drained.wait()

    def start(self) -> None:
        parts = self._parts
        start = parts.supervisor.start
        sweeper = Sweeper(parts.store, parts.wakeups, parts.worker.handle, now=parts.now)
        start("consumer", self._consume, drain=self._drain)
        start("sweeper", sweeper.run)
        start("attachments", parts.sink.tidy_up)
        start(
            "roster",
            Refresh(parts.roster, parts.arrangement, parts.refreshed).run,
        )
        start(
            "upkeep",
            Upkeep(
                parts.store,
                parts.roster,
                changed=parts.changed,
                ring_peer=parts.doorbell.ring,
                now=parts.now,
            ).run,
        )
        start("pruning", Pruning(parts.store, parts.config.keep, now=parts.now).run)
        start("relay pairing", parts.relayed.run)
        start("relay departures", self._departures().run)
        if parts.config.relay.enabled:
            start("relay sweeper", RelaySweeper(parts.store, now=parts.now).run)
        start("alm jobs", parts.shift.run)
        if parts.config.alm.agent:
            start("alm agent", Agent(parts.office, parts.operations.alm.making).run)
        start("events", parts.broadcast.run)
        start("dry runs", parts.answering.run)
        start("keys", parts.keys.run)
        start("runs", parts.runs.run)
        if not parts.config.node.public:
            start("pairing", Asking(parts.store, parts.pairing, now=parts.now).run)
        if parts.notifier.watchdog_seconds:
            start("watchdog", self._tell_systemd)

    def _departures(self) -> Departures:
        parts = self._parts
        return Departures(
            parts.store,
            parts.roster,
            RelayClient(parts.courier, parts.identity),
            changed=parts.changed,
            now=parts.now,
        )

    async def _tell_systemd(self) -> None:
        """Tells systemd that we live, once the store has taken a row."""
        parts = self._parts
        while True:
            if not await parts.store.check():
                parts.notifier.alive()
            await asyncio.sleep(parts.notifier.watchdog_seconds or 10)

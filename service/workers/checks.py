"""What the health board and the gauges are told."""

from collections.abc import Callable, Mapping

from schemas.node import Peer
from schemas.values import Millis
from service.bus.port import Bus
from service.metrics import Metrics
from service.peers.contact import Contacts
from service.store import outbox, parked, twins
from service.store.store import Store
from service.web.health import Finding, HealthBoard
from service.workers.agreement import unmet
from service.workers.breaker import Breakers
from service.workers.roster import Roster
from service.workers.supervisor import Supervisor
from service.workers.watcher import Attention

STALE: Millis = 300_000
"""Work that is due for this long is worth a warning."""


SKEWED = 5
"""Seconds; with more ahead a request is refused."""


class Checks:
    def __init__(
        self,
        *,
        bus: Bus,
        store: Store,
        roster: Roster,
        breakers: Breakers,
        contacts: Contacts,
        attention: Attention,
        supervisor: Supervisor,
        metrics: Metrics,
        now: Callable[[], Millis],
    ) -> None:
        self._bus, self._store, self._roster = bus, store, roster
        self._breakers, self._contacts = breakers, contacts
        self._attention = attention
        self._supervisor, self._metrics, self._now = supervisor, metrics, now

    def put_on(self, board: HealthBoard) -> None:
        board.add("store", self._check_store, vital=True)
        board.add("bus", self._check_bus)
        board.add("work", self._check_work)
        board.add_group("connectors", self._check_connectors)
        board.add_group("peers", self._check_peers)
        board.add_group("agreements", self._check_agreements)
        board.add_group("tasks", self._check_tasks)

    async def _check_store(self) -> Finding:
        wrong = await self._store.check(patience=1.5)
        return Finding("fail", wrong) if wrong else Finding()

    async def _check_bus(self) -> Finding:
        wrong = await self._bus.check()
        return Finding("warn", wrong) if wrong else Finding()

    async def _check_work(self) -> Finding:
        now = self._now()
        oldest = await self._store.read(lambda c: twins.oldest_due(c, now))
        age = 0 if oldest is None else max(0, now - oldest)
        if age > STALE:
            return Finding("warn", "Work has been waiting for long.", age // 1000, "s")
        return Finding(value=age // 1000, unit="s")

    async def _check_connectors(self) -> Mapping[str, Finding]:
        findings = {}
        for opened in self._roster.connectors.values():
            broken = self._breakers.state(opened.record.id)
            said = [f"{broken.message} {broken.remedy}".strip()] if broken else []
            said += self._attention.of(opened.record.id)
            status = Finding("warn", " ".join(said)) if said else Finding()
            findings[f"connector:{opened.record.name}"] = status
        return findings

    async def _check_peers(self) -> Mapping[str, Finding]:
        findings = {}
        for peer in self._roster.peers.values():
            contact = self._contacts.of(peer.id)
            if contact is not None and contact.away_since is not None:
                away = (self._now() - contact.away_since) // 1000
                output = f"Away for {away} s: {contact.cause} {contact.remedy}".strip()
                findings[f"peer:{peer.name}"] = Finding("warn", output, away, "s")
            else:
                findings[f"peer:{peer.name}"] = self._known_peer(peer)
        return findings

    async def _check_agreements(self) -> Mapping[str, Finding]:
        """Connections whose sides wish conflicts to be decided in different ways."""
        return {
            f"agreement:{live.record.name}": Finding("warn", said)
            for live in self._roster.connections.values()
            if live.record.status != "removed" and (said := unmet(live.record))
        }

    def _known_peer(self, peer: Peer) -> Finding:
        """One that answers, as far as it is answered."""
        if peer.revoked:
            return Finding("warn", "Its keys were revoked. Next: tidegate peer renew PEER")
        if peer.lineage.forked:
            return Finding("warn", "Two copies of it run: one needs `tidegate node claim`.")
        if peer.refused_url:
            return Finding("warn", f"It moved to {peer.refused_url}, where this node may not go.")
        ahead = self._contacts.clock_ahead(peer.id)
        if ahead is not None and abs(ahead) > SKEWED:
            output = "Its clock differs from this node's. Set both by a time server (NTP)."
            return Finding("warn", output, ahead, "s")
        return Finding()

    async def _check_tasks(self) -> Mapping[str, Finding]:
        return {
            f"task:{state.name}": Finding()
            if state.running
            else Finding("warn", state.last_error, state.restarts, "restarts")
            for state in self._supervisor.states()
        }

    async def refresh_gauges(self) -> None:
        """Before each scrape."""
        metrics, now = self._metrics, self._now()
        waits = await self._store.read(
            lambda c: {
                peer: (outbox.count(c, peer), outbox.oldest(c, peer)) for peer in self._roster.peers
            }
        )
        connected: dict[tuple[str, str], int] = {}
        for peer, (count, oldest) in waits.items():
            name = self._roster.peers[peer].name
            metrics.outbox_pending.labels(name).set(count)
            age = (now - oldest) / 1000 if oldest is not None else 0
            metrics.outbox_oldest_age_seconds.labels(name).set(age)
            contact = self._contacts.of(peer)
            if contact is not None and contact.last is not None:
                metrics.peer_last_contact.labels(name).set(contact.last / 1000)
            if contact is not None:
                here = 0 if contact.away_since is not None else 1
                connected[name, contact.way] = here
        metrics.peer_connected.clear()
        for (name, way), here in connected.items():
            metrics.peer_connected.labels(name, way).set(here)
        await self._refresh_work(now)
        for state in self._supervisor.states():
            metrics.task_restarts.labels(state.name).set(state.restarts)

    async def _refresh_work(self, now: Millis) -> None:
        metrics = self._metrics
        oldest = await self._store.read(lambda c: twins.oldest_due(c, now))
        age = (now - oldest) / 1000 if oldest is not None else 0
        metrics.due_oldest_age_seconds.set(age)
        entries = await self._store.read(lambda c: parked.page(c, limit=100_000))
        metrics.parked.clear()
        for entry in entries:
            live = self._roster.connections.get(entry.connection)
            name = live.record.name if live else entry.connection
            metrics.parked.labels(name, entry.fault).inc()
        if not await self._bus.check():
            metrics.bus_depth.set(await self._bus.depth())
            metrics.bus_dead.set(await self._bus.dead())

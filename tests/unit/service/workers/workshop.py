"""A node's workers over a real store, with model trackers and rules that pass everything."""

from typing import Any

import aiohttp
import msgspec
from prometheus_client import CollectorRegistry

from schemas.events import Event, IssueChanged, TwinDue
from schemas.node import Connection, ConnectionSettings, Connector, Peer
from schemas.peer import Declined
from schemas.replica import TwinMessage
from service.metrics import Metrics
from service.peers.identity import NodeIdentity
from service.store import connections, connectors, outbox, parked, peers, rule_versions, twins
from service.store.store import Store
from service.store.twin_records import TwinRow
from service.web.rates import Rates
from service.workers.breaker import Breakers
from service.workers.contents import LocalContents
from service.workers.dry_run_desk import AT_ONCE, PER_MINUTE, DryRunDesk
from service.workers.hints import Hint
from service.workers.metadata import ProjectMetadata
from service.workers.people import People
from service.workers.roster import Roster
from service.workers.wakeups import Wakeups
from service.workers.worker import Worker
from tests.simulation.model_engine import Mapping, ModelEngine
from tests.simulation.model_tracker import Clock, ModelTracker

NOW = 1_760_000_000_000
decode = msgspec.msgpack.Decoder(TwinMessage).decode


class SameStatus(dict[str, str]):
    def __missing__(self, status: str) -> str:
        return status


class Workshop:
    """`rung` are the twins whose other end was rung, `peers` the peers that were."""

    def __init__(self, store: Store, node: str = "node", masks: tuple[str, ...] = ()) -> None:
        self.store, self.node = store, node
        self.at = NOW
        self.trackers: dict[str, ModelTracker] = {}
        self.calls: list[str] = []
        self.rung: list[TwinDue] = []
        self.peers: list[str] = []
        self.published: list[Event] = []
        self.told: list[tuple[str, Declined]] = []
        self.engine = ModelEngine(Mapping(SameStatus()))
        self.metrics = Metrics.create(CollectorRegistry(), version="0")
        self.breakers = Breakers(now=self.now, random=lambda: 0.5)
        self.wakeups = Wakeups(now=self.now)
        self.people = People(now=self.now)
        self.known = ProjectMetadata(now=self.now)
        self.roster = Roster(
            store, now=self.now, open_session=lambda name: aiohttp.ClientSession(), masks=masks
        )
        self.worker = self.make_worker("worker-1")
        self._ids = 0

    def now(self) -> int:
        return self.at

    def new_id(self) -> str:
        self._ids += 1
        return f"id{self._ids}"

    def make_worker(self, owner: str) -> Worker:
        return Worker(
            node=self.node,
            owner=owner,
            store=self.store,
            roster=self.roster,
            engine=self.engine,
            contents=LocalContents(
                self.store,
                self.roster,
                self.peers.append,
                tell=lambda peer, declined: self.told.append((peer, declined)),
                now=self.now,
                new_id=self.new_id,
            ),
            people=self.people,
            known=self.known,
            breakers=self.breakers,
            wakeups=self.wakeups,
            metrics=self.metrics,
            ring_peer=self.peers.append,
            ring_twin=self.ring_twin,
            now=self.now,
            random=lambda: 0.5,
            settle_ms=100,
            concurrency=4,
        )

    def dry_runs(self, identity: NodeIdentity) -> DryRunDesk:
        often = Rates(PER_MINUTE / 60, AT_ONCE, now=self.now)
        return DryRunDesk(self.store, self.roster, identity, often=often, now=self.now)

    async def ring_twin(self, due: TwinDue) -> None:
        self.rung.append(due)

    async def publish(self, events: tuple[Event, ...]) -> None:
        self.published += events

    def open_tracker(self, name: str, *_: Any) -> ModelTracker:
        clock = Clock()
        clock.at = NOW
        tracker = ModelTracker(name, clock, lambda field, value: value, markers=True)
        tracker.step = self.calls.append
        return self.trackers.setdefault(name, tracker)

    # What is on the node

    async def add_connector(self, name: str) -> None:
        record = Connector(name, name, "model", {}, NOW)
        await self.store.write(lambda c: connectors.add(c, self.store.vault, record))

    async def add_connection(self, id: str, connector: str, **changes: Any) -> None:
        known: dict[str, Any] = {
            "shared": "shared",
            "name": id,
            "type": "private",
            "mode": "basic",
            "status": "active",
            "local_side": "us",
            "remote_side": "them",
            "peer": "peer",
            "counterpart": "",
            "settings": ConnectionSettings(project="P"),
            "created": NOW,
            "changed": NOW,
        }
        record = Connection(id=id, connector=connector, **(known | changes))

        def work(c: Any) -> None:
            connections.add(c, record)
            rule_versions.add(c, id, "", "", author="a", message="", now=NOW)

        await self.store.write(work)

    async def add_local(
        self, *, here: str = "a", there: str = "b", shared: str = "s", **changes: Any
    ) -> None:
        """One local connection; its ends are called like `a-b.a` and `a-b.b`."""
        ends = (f"{here}-{there}.{here}", f"{here}-{there}.{there}")
        for connector, own, other in ((here, *ends), (there, *ends[::-1])):
            await self.add_connection(
                own,
                connector,
                shared=shared,
                type="local",
                peer="",
                counterpart=other,
                local_side=connector,
                remote_side=there if connector == here else here,
                **changes,
            )

    async def add_peer(self) -> None:
        await self.store.write(lambda c: peers.add(c, Peer("peer", "globex", b"", b"", "e")))

    # What happens

    async def change(self, connector: str, issue: str, **changes: Any) -> None:
        await self.worker.handle((IssueChanged(connector, issue, **changes),))

    async def sync(self, connection: str, issue: str) -> str:
        """Puts an issue under sync; answers the twin."""
        live = self.roster.connections[connection]
        tracker = self.roster.connectors[live.record.connector].tracker
        seen = await tracker.read(issue, frozenset())
        key = await self.worker.begin(live, seen, Hint(local=True))
        assert key is not None
        return key.twin

    async def rest(self) -> None:
        """Rings whom this node itself rings, until nobody is."""
        for _ in range(20):
            due, self.rung = self.rung, []
            if not due:
                return
            await self.worker.handle(due)
        raise AssertionError("it does not come to rest")

    # What came of it

    async def row(self, connection: str, twin: str) -> TwinRow:
        found = await self.store.read(lambda c: twins.get(c, connection, twin))
        assert found is not None
        return found

    async def rows(self) -> list[TwinRow]:
        return await self.store.read(lambda c: twins.page(c))

    async def sent(self) -> list[TwinMessage]:
        rows = await self.store.read(lambda c: outbox.after(c, "peer", 0, 1 << 30, 1000))
        return [decode(row.payload) for row in rows]

    async def parked(self) -> list[Any]:
        return await self.store.read(lambda c: parked.page(c))

"""A node with one local connection between two simulated trackers, and a clock for all three."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from adapters.offer import Adapter
from schemas.events import TwinDue
from schemas.issue import ALL_PARTS, FieldChange, Issue, IssueDraft
from schemas.node import ConnectionSettings, Connector
from service.rules.port import RuleEngine
from service.store import connectors, rule_versions, twins
from service.store.store import Store, open_store
from service.store.twin_records import TwinRow
from service.store.vault import Vault
from tests.pairs import agreement
from tests.pairs.agreement import Tie
from tests.pairs.company import Company
from tests.pairs.systems import SITES
from tests.unit.service.workers.workshop import Workshop

VAULT = Vault([b"k" * 32])
_ROUNDS = 400


class Node(Workshop):
    """With the real rules."""

    def __init__(
        self, store: Store, engine: RuleEngine, at: int, *, owner: str = "worker-1"
    ) -> None:
        super().__init__(store)
        self.at = at
        self.engine = engine  # type: ignore[assignment]
        self.worker = self.make_worker(owner)


class Stage:
    def __init__(self, node: Node, companies: dict[str, Company], ties: tuple[Tie, ...]) -> None:
        self.node, self.companies, self.ties = node, companies, ties
        self.skew = 0.0
        """By how many seconds the node's clock is ahead of the trackers'."""
        self._number = 0

    def other(self, name: str) -> Company:
        (other,) = (each for each in self.companies.values() if each.name != name)
        return other

    def ties_from(self, name: str) -> tuple[Tie, ...]:
        first = next(iter(self.companies))
        return self.ties if name == first else tuple(tie.turned() for tie in self.ties)

    # Time

    def pass_(self, seconds: float) -> None:
        clocks = [company.site.clock for company in self.companies.values()]
        now = max(clock.millis for clock in clocks) + int(seconds * 1000)
        self.node.at = now + int(self.skew * 1000)
        for clock in clocks:
            clock.millis = now

    # People

    async def write(self, name: str, type: str, **fields: Any) -> Issue:
        self.pass_(60)
        self._number += 1
        company = self.companies[name]
        marker = f"{self._number:032d}"
        draft = IssueDraft(company.values.project, type, fields, marker)
        return await company.tracker.create(draft)

    async def read(self, name: str, issue: str) -> Issue:
        return await self.companies[name].tracker.read(issue, ALL_PARTS)

    async def edit(self, name: str, issue: str, change: FieldChange) -> Issue:
        self.pass_(60)
        tracker = self.companies[name].tracker
        return await tracker.update(await self.read(name, issue), change)

    # The node

    async def begin(self, name: str, issue: str) -> str:
        """Puts it under sync, and answers the twin once all is at rest."""
        self.pass_(60)
        twin = await self.node.sync(end(name), issue)
        await self.work()
        return twin

    async def changed(self, name: str, issue: str) -> None:
        self.pass_(1)
        await self.node.change(name, issue)
        await self.work()

    async def work(self) -> None:
        """Until nothing is due; what waits for a while is waited for."""
        for _ in range(_ROUNDS):
            self.pass_(1)
            now = self.node.now()
            due = await self.node.store.read(lambda c, now=now: twins.due(c, now))
            if due:
                await self.node.worker.handle([TwinDue(k.twin, k.connection) for k in due])
            elif not await self._waits():
                return
            else:
                self.pass_(15)
        raise AssertionError("it does not come to rest")

    async def _waits(self) -> bool:
        return any(row.due_at is not None and not row.parked for row in await self.node.rows())

    async def row(self, name: str, twin: str) -> TwinRow:
        return await self.node.row(end(name), twin)

    async def parked(self) -> list[str]:
        return [f"{each.connection}: {each.message}" for each in await self.node.parked()]


def end(name: str) -> str:
    """The connection as seen from there."""
    return f"end-{name}"


@asynccontextmanager
async def opened(one: str, other: str, folder: Path, engine: RuleEngine) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        companies = {
            name: await Company.open(name, await stack.enter_async_context(SITES[name]()))
            for name in (one, other)
        }
        stack.enter_context(mock.patch("service.workers.systems.system", _systems(companies)))
        store = await stack.enter_async_context(
            open_store(f"sqlite:///{folder}/{one}-{other}.sqlite", vault=VAULT)
        )
        at = max(company.site.clock.millis for company in companies.values())
        node = Node(store, engine, at)
        for name in companies:
            record = Connector(name, name, name, {}, at)
            await store.write(lambda c, record=record: connectors.add(c, VAULT, record))
        ties = agreement.custom_ties(*companies.values())
        stage = Stage(node, companies, ties)
        for name, company in companies.items():
            await _connect(stage, company, stage.other(name))
        await node.roster.reload()
        try:
            yield stage
        finally:
            await stage.node.roster.close()


def _systems(companies: dict[str, Company]) -> Callable[[str], Adapter]:
    """The node's connectors are opened with the settings of each site."""

    def find(name: str) -> Adapter:
        company = companies[name]
        return Adapter(company.tracker.capabilities, lambda *_: company.site.open())

    return find


async def _connect(stage: Stage, here: Company, there: Company) -> None:
    ties = stage.ties_from(here.name)
    settings: ConnectionSettings = agreement.settings(here, there, ties)
    await stage.node.add_connection(
        end(here.name),
        here.name,
        type="local",
        peer="",
        counterpart=end(there.name),
        local_side=here.name,
        remote_side=there.name,
        settings=settings,
    )
    files = agreement.rules(here, there, ties)
    await stage.node.store.write(
        lambda c: rule_versions.add(
            c, end(here.name), *files, author="a", message="", now=stage.node.at
        )
    )

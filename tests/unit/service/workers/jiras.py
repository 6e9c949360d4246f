"""Two simulated Jiras over HTTP in one node, with the adapters and the default rules."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from adapters.jira.simulator import JiraSimulator, SimulatorConfig
from schemas.events import TwinDue
from schemas.issue import ALL_PARTS, FieldChange, Issue, IssueDraft
from schemas.node import ConnectionSettings, Connector
from schemas.rich_text import plain
from service.codec import MarkdownCodec
from service.rules.defaults import default_rules
from service.rules.monty_engine import open_engine
from service.store import connectors, rule_versions, twins
from service.store.store import Store
from service.workers.systems import manifest_of
from tests.unit.service.workers.workshop import NOW, Workshop

SETTINGS = ConnectionSettings(project="SIM", issue_type="Bug")


class Jiras:
    """One local connection between the Jiras `a` and `b`, with the rules that it begins with."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self._number = 0

    def tracker(self, name: str):
        opened = self.shop.roster.connector_named(name)
        assert opened is not None
        return opened.tracker

    async def write(self, type: str, **fields) -> Issue:
        self._number += 1
        fields = {"summary": f"Issue {self._number}", "description": plain("Words"), **fields}
        marker = f"{self._number:032d}"
        return await self.tracker("a").create(IssueDraft("SIM", type, fields, marker))

    async def edit(self, name: str, issue: str, change: FieldChange) -> None:
        self.shop.at += 60_000
        tracker = self.tracker(name)
        await tracker.update(await tracker.read(issue, ALL_PARTS), change)
        await self.shop.change(name, issue)
        await self.work()

    async def work(self) -> None:
        for _ in range(30):
            self.shop.at += 1_000
            due = await self.shop.store.read(lambda c: twins.due(c, self.shop.now()))
            if not due:
                return
            await self.shop.worker.handle([TwinDue(key.twin, key.connection) for key in due])
        raise AssertionError("it does not come to rest")

    async def sync(self, issue: Issue) -> str:
        """Answers the mirror's id."""
        twin = await self.shop.sync("a-b.a", issue.ref.id)
        await self.work()
        row = await self.shop.row("a-b.b", twin)
        assert row.state.issue is not None, [each.message for each in await self.shop.parked()]
        return row.state.issue.id

    async def held(self, issue: str) -> dict:
        return (await self.tracker("b").read(issue, ALL_PARTS)).fields

    async def losses(self, issue: str) -> list[str]:
        rows = [row for row in await self.shop.rows() if row.connection == "a-b.b"]
        (row,) = [row for row in rows if row.state.issue and row.state.issue.id == issue]
        return [f"{loss.field}: {loss.reason}" for loss in row.state.losses]


@asynccontextmanager
async def open_jiras(
    store: Store, *, masks: tuple[str, ...] = (), **changes: Any
) -> AsyncIterator[Jiras]:
    async with AsyncExitStack() as stack:
        shop = Workshop(store, masks=masks)
        config = SimulatorConfig()
        for name in "ab":
            simulator = await stack.enter_async_context(JiraSimulator(config, now=shop.now))
            params = {"url": simulator.url, "token": config.token, "projects": ["SIM"]}
            record = Connector(name, name, "jira", {**params, "webhook_secret": "hush"}, NOW)
            await store.write(lambda c, record=record: connectors.add(c, store.vault, record))
        shop.engine = await stack.enter_async_context(open_engine(MarkdownCodec()))
        shop.worker = shop.make_worker("worker-1")
        await shop.add_local(settings=SETTINGS, **changes)
        rules = default_rules(manifest_of("jira"), manifest_of("jira"))
        for end in ("a-b.a", "a-b.b"):
            await store.write(
                lambda c, end=end: rule_versions.add(
                    c, end, *rules, author="a", message="", now=NOW
                )
            )
        await shop.roster.reload()
        stack.push_async_callback(shop.roster.close)
        yield Jiras(shop)

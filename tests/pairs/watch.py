"""Scans of one company's tracker, whose new issues come under sync by themselves; no webhooks."""

from collections.abc import Sequence

import msgspec

from schemas.events import Event
from schemas.node import Trigger
from schemas.rich_text import to_plain
from service.store import connections, twins
from service.workers.scanner import Scanner
from service.workers.webhook_desk import WebhookDesk
from tests.pairs import stage
from tests.pairs.stage import Stage


class Watch:
    def __init__(self, opened: Stage, name: str) -> None:
        self._stage, self._name = opened, name
        node = opened.node
        self.scanner = Scanner(
            name,
            store=node.store,
            roster=node.roster,
            desk=WebhookDesk(node.roster, node.worker.recent, node.store),
            breakers=node.breakers,
            metrics=node.metrics,
            publish=self._publish,
            now=node.now,
            interval=60,
            full_hours=24,
        )

    async def begin(self) -> None:
        node, end = self._stage.node, stage.end(self._name)
        settings = node.roster.connections[end].record.settings
        project = self._stage.companies[self._name].values.project
        wide = msgspec.structs.replace(settings, trigger=Trigger(project))
        await node.store.write(lambda c: connections.update_settings(c, end, wide, node.at))
        await node.roster.reload()
        await self.scanner.scan()

    async def _publish(self, events: Sequence[Event]) -> None:
        await self._stage.node.worker.handle(events)

    async def scan(self, *, full: bool = False) -> None:
        self._stage.pass_(60)
        await (self.scanner.full_scan() if full else self.scanner.scan())
        await self._stage.work()

    async def mirrored(self, issue: str) -> tuple[str, list[str]]:
        """Summary and last lines of the comments at the other end."""
        node, other = self._stage.node, self._stage.other(self._name)
        assert await self._stage.parked() == []
        (found,) = await node.store.read(lambda c: twins.by_issue(c, self._name, issue))
        row = await self._stage.row(other.name, found.twin)
        assert row.state.issue is not None
        mirror = await self._stage.read(other.name, row.state.issue.id)
        comments = [to_plain(c.body).rpartition("\n")[2] for c in mirror.comments or ()]
        return str(mirror.fields["summary"]), comments

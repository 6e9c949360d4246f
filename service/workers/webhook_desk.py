"""What the webhooks ask of the daemon: a connector's tracker, and who cares about a change."""

from functools import partial

import sqlalchemy as sa
import structlog

from adapters.port import Tracker
from schemas.errors import StoreUnavailable
from schemas.events import IssueChanged
from service.store import twins
from service.store.store import Store
from service.workers.hints import is_echo, of_change
from service.workers.lookup import Place, TwinLookup
from service.workers.recent import Recent
from service.workers.roster import LiveConnection, OpenConnector, Roster
from service.workers.triggers import may_match

log = structlog.get_logger()

_Changes = tuple[IssueChanged, ...]


class WebhookDesk:
    def __init__(self, roster: Roster, recent: Recent, store: Store) -> None:
        self._roster = roster
        self._recent = recent
        self._store = store
        self._lookup = TwinLookup(self._read)

    def tracker(self, connector: str) -> Tracker | None:
        opened = self._roster.connector_named(connector)
        return opened.tracker if opened else None

    async def interested(self, changes: _Changes) -> _Changes:
        """Without echoes, and without issues that no twin has and no trigger may want."""
        news = tuple(change for change in changes if self._is_news(change))
        strangers = {
            (change.connector, change.issue) for change in news if self._is_strange(change)
        }
        if not strangers:
            return news
        try:
            under_sync = await self._lookup.under_sync(strangers)
        except StoreUnavailable as error:
            # The bus keeps them until the store can tell.
            log.warning("webhook.unchecked", error=error)
            return news
        unwanted = strangers - under_sync
        return tuple(c for c in news if (c.connector, c.issue) not in unwanted)

    def _is_news(self, change: IssueChanged) -> bool:
        opened = self._roster.connector_named(change.connector)
        if opened is None:
            return False
        connections = self._roster.of_connector(opened.record.id)
        if not connections:
            return False
        return not (len(connections) == 1 and self._is_echo(opened, change))

    def _is_echo(self, opened: OpenConnector, change: IssueChanged) -> bool:
        """By state: a version that was reconciled already has nothing to tell."""
        rest = self._recent.of_issue(opened.record.id, change.issue)
        if rest is None:
            return False
        return is_echo(of_change(change), rest, opened.tracker.capabilities)

    def _is_strange(self, change: IssueChanged) -> bool:
        opened = self._roster.connector_named(change.connector)
        if opened is None or self._recent.twin_of(opened.record.id, change.issue) is not None:
            return False
        connections = self._roster.of_connector(opened.record.id)
        return not any(_may_want(live, change.project) for live in connections)

    async def _read(self, strangers: set[Place]) -> set[Place]:
        return await self._store.read(partial(self._under_sync, strangers))

    def _under_sync(self, strangers: set[Place], c: sa.Connection) -> set[Place]:
        found = set()
        for name, issue in strangers:
            opened = self._roster.connector_named(name)
            if opened is not None and twins.by_issue(c, opened.record.id, issue):
                found.add((name, issue))
        return found


def _may_want(live: LiveConnection, project: str) -> bool:
    return live.record.status == "active" and may_match(live, project)

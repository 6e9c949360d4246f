"""Which twins changed issues have: from memory where that is certain, else from the store."""

from functools import partial

import sqlalchemy as sa

from service.store import twins
from service.store.store import Store
from service.store.twin_records import FoundTwin, TwinKey
from service.workers.hints import Hint, merged
from service.workers.recent import Recent
from service.workers.roster import OpenConnector, Roster


class Finder:
    def __init__(self, store: Store, roster: Roster, recent: Recent) -> None:
        self._store, self._roster, self._recent = store, roster, recent

    async def find(
        self, changed: dict[tuple[str, str], Hint], due: dict[TwinKey, Hint]
    ) -> list[tuple[str, str]]:
        """Adds the twins of changed issues to `due`; answers the issues that have none."""
        strangers = []
        by_connector: dict[str, list[str]] = {}
        for connector, issue in changed:
            by_connector.setdefault(connector, []).append(issue)
        for name, issues in by_connector.items():
            opened = self._roster.connector_named(name)
            if opened is None or not self._roster.of_connector(opened.record.id):
                continue
            issues = [
                issue
                for issue in issues
                if not self._known(opened, issue, changed[name, issue], due)
            ]
            if not issues:
                continue
            found = await self._store.read(partial(_by_issues, opened.record.id, issues))
            known = set()
            for twin in found:
                known |= {twin.issue_id, twin.issue_key}
                key = TwinKey(twin.connection, twin.twin)
                hint = changed.get((name, twin.issue_id)) or changed.get((name, twin.issue_key))
                if hint is not None and not twin.stopped:
                    due[key] = merged(due.get(key), hint)
            strangers += [
                (name, issue) for issue in issues if not self._covered(opened, found, issue)
            ]
        return strangers

    def _known(
        self, opened: OpenConnector, issue: str, hint: Hint, due: dict[TwinKey, Hint]
    ) -> bool:
        """Adds the twin that was reconciled lately, where the issue can have no other."""
        connections = self._roster.of_connector(opened.record.id)
        key = self._recent.twin_of(opened.record.id, issue)
        if key is None or len(connections) != 1 or key.connection != connections[0].record.id:
            return False
        due[key] = merged(due.get(key), hint)
        return True

    def _covered(self, opened: OpenConnector, found: list[FoundTwin], issue: str) -> bool:
        """Whether every connection that might want the issue has it already."""
        having = {t.connection for t in found if issue in (t.issue_id, t.issue_key)}
        return all(
            live.record.id in having or not live.triggers
            for live in self._roster.of_connector(opened.record.id)
        )


def _by_issues(connector: str, issues: list[str], c: sa.Connection) -> list[FoundTwin]:
    return twins.by_issues(c, connector, issues)

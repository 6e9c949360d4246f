"""Does an undertaking, in one transaction."""

import msgspec
import sqlalchemy as sa

from schemas.configuration import ConfiguredRules
from schemas.rules import RuleSet, Snippet
from service.rules.defaults import Manifest
from service.rules.linking import used_by
from service.store import connections, connectors, rule_snippets, rule_versions, triggers
from service.store.rule_snippets import SnippetVersion
from service.store.triggers import TriggerRow
from service.workers.alm.office import Office
from service.workers.operations.configuration.alm_applying import AlmApplying
from service.workers.operations.configuration.own_snippets import own_used
from service.workers.operations.configuration.undertaking import EndWork, Undertaking
from service.workers.operations.connections import end_connection
from service.workers.operations.initiation import add_rules
from service.workers.operations.snippets import renew
from service.workers.roster import LiveConnection


class Applying:
    """Who, and why, for the history of the rules."""

    def __init__(self, office: Office, found: Undertaking, *, author: str, message: str) -> None:
        self._desk, self._found = office.desk, found
        self._alm = AlmApplying(office, found)
        self._author, self._message = author, message

    def write(self, c: sa.Connection) -> dict[str, int]:
        """Answers the new versions of rules, by connection."""
        desk, found = self._desk, self._found
        for each in found.connectors:
            put = connectors.update if each.before else connectors.add
            put(c, desk.store.vault, each.after)
        # Before the rules that import them.
        for snippet in found.snippets:
            self._save(c, snippet.after)
        versions: dict[str, int] = {}
        ends = [work for work in found.ends if not work.idle]
        # Both ends of a new connection are there before either gets what belongs to it.
        for work in ends:
            self._keep(c, work)
        for work in ends:
            versions |= self._fill(c, work)
        for live in found.renewed:
            versions[live.record.name] = self._renew(c, live)
        self._alm.write(c)
        self._alm.remove(c)
        for removal in found.removed:
            end_connection(c, desk, removal.record.id, told=bool(removal.record.peer))
        for connector in found.removed_connectors:
            connectors.remove(c, connector.id)
        for gone in found.removed_snippets:
            self._save(c, gone.snippet, removed=True)
        return versions

    def _save(self, c: sa.Connection, snippet: Snippet, *, removed: bool = False) -> int:
        """Numbers go on where there was one of this name."""
        last = rule_snippets.last(c, snippet.name)
        version = last.version + 1 if last else 1
        rule_snippets.add(
            c,
            SnippetVersion(
                snippet.name,
                version,
                "" if removed else snippet.source,
                self._author,
                self._message,
                self._desk.now(),
                removed,
            ),
        )
        return version

    def _renew(self, c: sa.Connection, live: LiveConnection) -> int:
        return renew(
            c, live, _library(c), author=self._author, message=self._message, now=self._desk.now()
        )

    def _keep(self, c: sa.Connection, work: EndWork) -> None:
        if work.before is None:
            connections.add(c, work.after)
            return
        known = connections.locked(c, work.after.id)
        if known is not None and known != work.after:
            # Its standing may have changed meanwhile, by what the other side said.
            changed = msgspec.structs.replace(
                known,
                settings=work.after.settings,
                description=work.after.description,
                changed=self._desk.now(),
            )
            connections.replace(c, changed)

    def _fill(self, c: sa.Connection, work: EndWork) -> dict[str, int]:
        own, now = work.after.id, self._desk.now()
        stand = work.before.triggers if work.before else {}
        for name, spec in work.triggers.items():
            if stand.get(name) != spec:
                triggers.put(c, TriggerRow(own, name, spec, now))
        for name in stand.keys() - work.triggers.keys():
            triggers.remove(c, own, name)
        if work.rules is None:
            if work.before is None:
                add_rules(c, own, *self._manifests(c, work), "single-project", now)
            return {}
        version = rule_versions.add(
            c,
            own,
            work.rules.outgoing,
            work.rules.incoming,
            author=self._author,
            message=self._message,
            now=now,
            snippets=self._pins(c, work.rules),
        )
        return {work.name: version}

    def _pins(self, c: sa.Connection, rules: ConfiguredRules) -> dict[str, int]:
        """The versions of the snippets that the rules use."""
        if not rules.snippets:
            return used_by(RuleSet(0, rules.outgoing, rules.incoming), _library(c))
        return {name: self._pin(c, name, source) for name, source in own_used(rules).items()}

    def _pin(self, c: sa.Connection, name: str, source: str) -> int:
        """Where there never was one of these words it becomes part of the history: what the node
        has for all others, or that it has none, stands again after it."""
        known = rule_snippets.worded(c, name, source)
        if known is not None:
            return known
        stands = rule_snippets.last(c, name)
        version = self._save(c, Snippet(name, 0, source))
        if stands is None or stands.removed:
            self._save(c, Snippet(name, 0, source), removed=True)
        else:
            self._save(c, stands.snippet)
        return version

    def _manifests(self, c: sa.Connection, work: EndWork) -> tuple[Manifest, Manifest]:
        other = connections.get(c, work.after.counterpart)
        there = other.connector if other else work.after.connector
        return self._manifest(c, work.after.connector), self._manifest(c, there)

    def _manifest(self, c: sa.Connection, connector: str) -> Manifest:
        found = connectors.get(c, self._desk.store.vault, connector)
        return self._desk.roster.manifest(connector, found.system if found else "")


def _library(c: sa.Connection) -> tuple[Snippet, ...]:
    return tuple(row.snippet for row in rule_snippets.newest(c))

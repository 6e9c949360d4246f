"""The two ends of an ALM connection among the node's own: made, changed and removed with it."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.errors import ConfigurationError, InputError
from schemas.node import Connection, ConnectionSettings, Connector, Standing
from service.store import alm, connections, connectors, outbox, rule_versions
from service.store.alm import ConnectionRow
from service.workers.alm import rules
from service.workers.alm.office import Office
from service.workers.alm.params import Settings
from service.workers.alm.rules import Names
from service.workers.alm.trackers import connector_of, project_of
from service.workers.roster import touch
from service.workers.systems import system

SDE, ALM = "sde", "alm"
_POLICIES = {"alm": ALM, "sde": SDE, "timestamp": "newest"}
_SDE_FIELDS = ("summary", "description", "status", "priority", "labels", "comments", "key", "url",
               "testing")  # fmt: skip
_ALM_FIELDS = ("status", "issue", "comments", "key", "url")


class Ends:
    """`make` and `change` run in the transaction of the ALM connection's own row."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = office.desk

    def make(
        self, c: sa.Connection, row: ConnectionRow, settings: Settings, sde: str
    ) -> ConnectionRow:
        """`row` has its number already, `sde` is the id of the connector to SD Elements. Answers
        the row with the end that was made for it."""
        desk = self._desk
        now = desk.now()
        name = self._free(c, f"alm-{row.id}")
        system, given = connector_of(settings.system, settings.raw)
        connector = Connector(desk.new_id(), name, system, given, now)
        self._check(connector)
        here = Connection(
            id=desk.new_id(),
            shared=desk.new_id(),
            name=name,
            type="alm",
            mode="script",
            status="active",
            local_side=SDE,
            remote_side=ALM,
            connector=sde,
            peer="",
            counterpart=desk.new_id(),
            settings=_settings(row.project, "", settings, _SDE_FIELDS),
            created=now,
            changed=now,
            description=row.alias,
            standing=Standing(inviter=True, since=now),
        )
        there = msgspec.structs.replace(
            here,
            id=here.counterpart,
            name=f"{name}.tracker",
            local_side=ALM,
            remote_side=SDE,
            connector=connector.id,
            counterpart=here.id,
            settings=_of_tracker(settings),
            standing=Standing(since=now),
        )
        connectors.add(c, desk.store.vault, connector)
        for end in (here, there):
            connections.add(c, end)
        names = Names(**row.names)
        self.write_rules(c, here.id, there.id, settings, names, {})
        touch(c)
        made = msgspec.structs.replace(row, own=here.id)
        alm.update_connection(c, desk.store.vault, made)
        return made

    def change(self, c: sa.Connection, row: ConnectionRow, settings: Settings) -> None:
        desk = self._desk
        here = connections.get(c, row.own)
        there = connections.get(c, here.counterpart) if here else None
        if here is None or there is None:
            return
        connector = connectors.get(c, desk.store.vault, there.connector)
        system, given = connector_of(settings.system, settings.raw)
        if connector is not None and (connector.system, connector.params) != (system, given):
            fresh = msgspec.structs.replace(connector, params=given, system=system)
            self._check(fresh)
            if system == connector.system:
                connectors.update(c, desk.store.vault, fresh)
            else:
                self._exchange(c, there, fresh)
        sde = _settings(row.project, "", settings, _SDE_FIELDS)
        connections.update_settings(c, here.id, sde, desk.now())
        connections.update_settings(c, there.id, _of_tracker(settings), desk.now())
        touch(c)

    def _exchange(self, c: sa.Connection, end: Connection, fresh: Connector) -> None:
        """The system of a connector stays: the end gets another one, under another name."""
        vault = self._desk.store.vault
        made = msgspec.structs.replace(
            fresh, id=self._desk.new_id(), name=self._free(c, fresh.name), revision=1
        )
        connectors.add(c, vault, made)
        connections.replace(c, msgspec.structs.replace(end, connector=made.id))
        connectors.remove(c, fresh.id)

    def remove(self, c: sa.Connection, row: ConnectionRow) -> None:
        """Tasks and issues stay."""
        here = connections.get(c, row.own)
        there = connections.get(c, here.counterpart) if here else None
        for end in filter(None, (here, there)):
            outbox.remove(c, end.id)
            connections.remove(c, end.id)
        if there is not None:
            connectors.remove(c, there.connector)
        touch(c)

    def write_rules(
        self,
        c: sa.Connection,
        here: str,
        there: str,
        settings: Settings,
        names: Names,
        phases: dict[str, str],
    ) -> bool:
        """True when they differ from those before."""
        wanted = (
            (here, rules.of_sd_elements(settings, phases)),
            (there, rules.of_tracker(settings, names)),
        )
        changed = False
        for end, files in wanted:
            known = rule_versions.newest(c, end)
            same = known is not None and (known.outgoing, known.incoming) == (
                files.outgoing, files.incoming,
            )  # fmt: skip
            if not same:
                rule_versions.add(
                    c, end, files.outgoing, files.incoming, author="tidegate",
                    message="Params of the ALM connection", now=self._desk.now(),
                )  # fmt: skip
                touch(c)
                changed = True
        return changed

    def _check(self, connector: Connector) -> None:
        """Params that the adapter would refuse later are refused now."""
        try:
            system(connector.system)
        except ConfigurationError as error:
            raise InputError(error.message, remedy=error.remedy) from error

    def _free(self, c: sa.Connection, wanted: str) -> str:
        vault = self._desk.store.vault

        def taken(name: str) -> bool:
            return (
                connectors.by_name(c, vault, name) is not None
                or connections.by_name(c, name) is not None
                or connections.by_name(c, f"{name}.tracker") is not None
            )

        name, number = wanted, 2
        while taken(name):
            name, number = f"{wanted}-{number}", number + 1
        return name


def _settings(
    project: str, issue_type: str, settings: Settings, disclosed: tuple[str, ...]
) -> ConnectionSettings:
    return ConnectionSettings(
        project=project,
        issue_type=issue_type,
        conflict_policy=_POLICIES[settings.policy],
        disclosed=disclosed,
    )


def _of_tracker(settings: Settings) -> ConnectionSettings:
    project: Any = project_of(settings.system, settings.raw)
    return _settings(project, settings.issue_type, settings, _ALM_FIELDS)

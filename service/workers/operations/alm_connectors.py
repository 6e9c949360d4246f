"""ALM connectors: the trackers that SD Elements' projects are kept in step with."""

import msgspec
import sqlalchemy as sa

from schemas.access import Caller
from schemas.alm import (
    AlmConnectorCreate,
    AlmConnectorPatch,
    AlmConnectorQuery,
    AlmConnectorTest,
    AlmConnectorView,
    AlmField,
    AlmList,
    AlmListQuery,
    AlmOption,
    AlmPlugin,
    AlmSection,
    AlmSuccess,
    AlmSystem,
    SystemGiven,
)
from schemas.configuration import alm_name
from schemas.errors import InputError
from schemas.node import Connector
from service.store import alm, twins
from service.store.alm import ConnectorRow
from service.workers.alm import catalogue, params
from service.workers.alm.catalogue import Param, System
from service.workers.alm.ends import Ends
from service.workers.alm.office import (
    Office,
    not_found,
    number_of,
    refuse,
    system_of,
    together,
)
from service.workers.alm.trackers import connector_of
from service.workers.operations.alm_lists import page_of
from service.workers.operations.alm_places import place_of, stays
from service.workers.systems import open_tracker


class AlmConnectorOperations:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = office.desk

    async def all(self, caller: Caller, query: AlmConnectorQuery) -> AlmList[AlmConnectorView]:
        store = self._desk.store
        rows = await store.read(lambda c: alm.connectors(c, store.vault))
        found = [
            row for row in rows if query.system in ("", row.system) and query.name in ("", row.name)
        ]
        return page_of(query, found, lambda row: self._view(caller, row))

    async def one(self, caller: Caller, id: str) -> AlmConnectorView:
        return self._view(caller, await self.row(id))

    async def create(self, caller: Caller, body: AlmConnectorCreate) -> AlmConnectorView:
        system = catalogue.find(id_of(body.system))
        given = params.merged({}, params.adopted(body.params))
        refuse(params.check_connector(system, given))
        row = ConnectorRow(0, body.name, system.id, body.inaccessible, given)
        store = self._desk.store
        number = await store.write(lambda c: alm.add_connector(c, store.vault, row))
        return await self.one(caller, str(number))

    async def patch(self, caller: Caller, id: str, body: AlmConnectorPatch) -> AlmConnectorView:
        """Its connections follow; where one of them would not fit any more, or has issues under
        sync that would be elsewhere, nothing changes."""
        known = await self.row(id)
        system = system_of(known)
        if body.system is not msgspec.UNSET and id_of(body.system) != system.id:
            raise InputError(
                "The system of a connector stays.", field="system", remedy="Create another one."
            )
        given = {} if body.params is msgspec.UNSET else params.adopted(body.params)
        row = ConnectorRow(
            known.id,
            known.name if body.name is msgspec.UNSET else body.name,
            known.system,
            known.inaccessible if body.inaccessible is msgspec.UNSET else body.inaccessible,
            params.merged(known.params, given),
        )
        refuse(params.check_connector(system, row.params))
        store, ends = self._desk.store, Ends(self._office)

        def work(c: sa.Connection) -> None:
            alm.update_connector(c, store.vault, row)
            under = twins.count(c)
            for connection in alm.connections(c, store.vault):
                if connection.connector == row.id:
                    both = together(row, connection)
                    refuse(params.check_connection(system, both))
                    moved = place_of(known, connection) != place_of(row, connection)
                    if moved and (count := under.get(connection.own, 0)):
                        raise stays(count, alm_name(connection.project, connection.alias))
                    ends.change(c, connection, params.settings_of(system, both))

        await store.write(work)
        await self._desk.changed()
        return await self.one(caller, id)

    async def delete(self, id: str) -> None:
        row = await self.row(id)
        store = self._desk.store

        def work(c: sa.Connection) -> list[str]:
            users = [x.alias for x in alm.connections(c, store.vault) if x.connector == row.id]
            if not users:
                alm.remove_connector(c, row.id)
            return users

        if users := await store.write(work):
            raise InputError(
                f"The connector is used by: {', '.join(users[:3])}.",
                status=409,
                remedy="Delete these connections first.",
            )

    async def test(self, body: AlmConnectorTest) -> AlmSuccess:
        system = catalogue.find(id_of(body.system))
        given = params.merged({}, params.adopted(body.params))
        refuse(params.check_connector(system, given))
        await self.reach(system, given, "")
        return AlmSuccess(success=True)

    async def reach(self, system: System, given: params.Params, project: str) -> None:
        """Raises `InputError` that tells the first stage that failed."""
        adapter, settings = connector_of(system, given)
        desk = self._desk
        record = Connector(desk.new_id(), "alm-test", adapter, settings, desk.now())
        session = desk.open_session(record)
        try:
            tracker = open_tracker(record, session, desk.now)
            stages = await tracker.check(project)
        finally:
            await session.close()
        failed = next((stage for stage in stages if not stage.passed), None)
        if failed is not None:
            raise InputError(
                f"The {failed.stage} check failed: {failed.message}",
                remedy=failed.remedy or "Correct the params.",
            )

    async def row(self, id: str) -> ConnectorRow:
        row = await self._office.connector(number_of(id, "ALM connector"))
        if row is None:
            raise not_found("ALM connector", id)
        return row

    def _view(self, caller: Caller, row: ConnectorRow) -> AlmConnectorView:
        shown = params.shown(row.params, {}, secrets=self._office.config.show_secrets)
        return AlmConnectorView(
            id=row.id,
            name=row.name,
            system=system_view(system_of(row)),
            inaccessible=row.inaccessible,
            params=shown if caller.has_permission("edit_alm") else msgspec.UNSET,
        )


def id_of(given: SystemGiven) -> str:
    return given if isinstance(given, str) else given.id


def system_view(system: System) -> AlmSystem:
    return AlmSystem(system.id, system.short_name, system.name)


# Plugins


def plugins(query: AlmListQuery) -> AlmList[AlmPlugin]:
    return page_of(query, list(catalogue.supported()), _plugin)


def plugin(id: str) -> AlmPlugin:
    found = next((system for system in catalogue.supported() if system.id == id), None)
    if found is None:
        raise not_found("supported system", id)
    return _plugin(found)


def _plugin(system: System) -> AlmPlugin:
    common = {param.name for param in catalogue.COMMON}
    access = [p for p in system.params if p not in system.own and p.name not in common]
    sections = (
        AlmSection("Server", False, tuple(map(_field, access))),
        AlmSection(system.name, False, tuple(map(_field, system.own))),
        AlmSection("Synchronization", True, tuple(map(_field, catalogue.COMMON))),
    )
    return AlmPlugin(system.id, system.name, system.short_name, system.command, sections)


def _field(param: Param) -> AlmField:
    return AlmField(
        name=param.name,
        label=param.label,
        description=param.help,
        field_type=param.kind,
        default=param.default,
        readonly=False,
        max_length=param.longest,
        required=param.required,
        deprecated=False,
        placeholder="",
        scope=param.scope,
        help_text=param.help,
        options=tuple(AlmOption(option, option) for option in param.options),
    )

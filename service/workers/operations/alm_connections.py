"""ALM connections: an SD Elements project with a project of a tracker."""

import zlib

import msgspec
import sqlalchemy as sa

from schemas.access import Caller
from schemas.alm import (
    AlmConnectionCreate,
    AlmConnectionOneQuery,
    AlmConnectionPatch,
    AlmConnectionQuery,
    AlmConnectionTest,
    AlmConnectionView,
    AlmLastJob,
    AlmList,
    AlmSuccess,
)
from schemas.errors import Fault, InputError, TrackerError
from schemas.redaction import MASK
from service.store import alm, twins
from service.store.alm import ConnectionRow, ConnectorRow, JobRow
from service.workers.alm import params
from service.workers.alm.ends import Ends
from service.workers.alm.frequency import next_run
from service.workers.alm.office import (
    Office,
    moment,
    not_found,
    number_of,
    refuse,
    surveyed,
    system_of,
    together,
)
from service.workers.alm.trackers import project_of
from service.workers.operations.alm_connectors import (
    AlmConnectorOperations,
    id_of,
    system_view,
)
from service.workers.operations.alm_lists import page_of
from service.workers.operations.alm_places import place_of, stays
from service.workers.roster import OpenConnector


class AlmConnectionOperations:
    def __init__(self, office: Office, connectors: AlmConnectorOperations) -> None:
        self._office = office
        self._desk = office.desk
        self._connectors = connectors

    async def all(self, caller: Caller, query: AlmConnectionQuery) -> AlmList[AlmConnectionView]:
        store = self._desk.store

        def work(c: sa.Connection) -> tuple[list[ConnectionRow], dict[int, ConnectorRow], Jobs]:
            used = {row.id: row for row in alm.connectors(c, store.vault)}
            jobs = Jobs(alm.last_jobs(c), frozenset(job.connection for job in alm.open_jobs(c)))
            return alm.connections(c, store.vault), used, jobs

        rows, used, jobs = await store.read(work)
        found = [
            row
            for row in rows
            if self.seen(caller, row) and _wanted(query, row, used[row.connector])
        ]
        with_job = "last_job" in query.include.split(",")
        return page_of(
            query,
            found,
            lambda row: self._view(caller, row, used[row.connector], jobs, with_job=with_job),
        )

    async def one(self, caller: Caller, id: str, query: AlmConnectionOneQuery) -> AlmConnectionView:
        row = await self.row(caller, id)
        connector = await self._connectors.row(str(row.connector))
        with_job = "last_job" in query.include.split(",")

        def work(c: sa.Connection) -> Jobs:
            open_ = frozenset(job.connection for job in alm.open_jobs(c))
            return Jobs(alm.last_jobs(c) if with_job else {}, open_)

        jobs = await self._desk.store.read(work)
        return self._view(caller, row, connector, jobs, with_job=with_job)

    async def create(
        self, caller: Caller, body: AlmConnectionCreate, remote: str = ""
    ) -> AlmConnectionView:
        connector = await self._connector(body.connector)
        system = system_of(connector)
        given = params.merged({}, params.adopted(body.params))
        refuse(params.check_connection(system, params.of_connection(connector.params, given)))
        sde = self._office.sd_elements()
        names = await names_of(sde, str(body.project))
        row = ConnectionRow(
            id=0,
            connector=connector.id,
            alias=body.alias,
            project=str(body.project),
            frequency=body.frequency,
            debug_mode=body.debug_mode,
            params=given,
            own="",
            names=names,
            due=next_run(body.frequency, self._desk.now(), self._office.zone),
            remote=remote,
        )
        settings = params.settings_of(system, together(connector, row))
        store, ends = self._desk.store, Ends(self._office)

        def work(c: sa.Connection) -> int:
            number = alm.add_connection(c, store.vault, row)
            ends.make(c, msgspec.structs.replace(row, id=number), settings, sde.record.id)
            return number

        number = await store.write(work)
        await self._desk.changed()
        return await self.one(caller, str(number), AlmConnectionOneQuery())

    async def patch(self, caller: Caller, id: str, body: AlmConnectionPatch) -> AlmConnectionView:
        known = await self.row(caller, id)
        before = await self._connectors.row(str(known.connector))
        connector = before
        if body.connector is not msgspec.UNSET:
            connector = await self._connector(body.connector)
        system = system_of(connector)
        given = {} if body.params is msgspec.UNSET else params.adopted(body.params)
        # Clients send back the connector's params, which the answer had among the others.
        fresh = {name: value for name, value in given.items()
                 if value != MASK and connector.params.get(name) != value}  # fmt: skip
        own = params.merged(known.params, fresh)
        project = known.project if body.project is msgspec.UNSET else str(body.project)
        row = msgspec.structs.replace(
            known,
            connector=connector.id,
            alias=known.alias if body.alias is msgspec.UNSET else body.alias,
            project=project,
            debug_mode=known.debug_mode if body.debug_mode is msgspec.UNSET else body.debug_mode,
            params=own,
        )
        if body.frequency is not msgspec.UNSET and body.frequency != known.frequency:
            due = next_run(body.frequency, self._desk.now(), self._office.zone)
            row = msgspec.structs.replace(row, frequency=body.frequency, due=due)
        both = together(connector, row)
        refuse(params.check_connection(system, both))
        await self._check_moved(known, before, row, connector)
        if project != known.project:
            row = msgspec.structs.replace(row, names=await self._names(project))
        store, ends = self._desk.store, Ends(self._office)

        def work(c: sa.Connection) -> None:
            alm.update_connection(c, store.vault, row)
            ends.change(c, row, params.settings_of(system, both))

        await store.write(work)
        await self._desk.changed()
        return await self.one(caller, id, AlmConnectionOneQuery())

    async def _check_moved(
        self, known: ConnectionRow, before: ConnectorRow, row: ConnectionRow, after: ConnectorRow
    ) -> None:
        """Issues that are under sync stay where they are: another place is another connection."""
        if place_of(before, known) == place_of(after, row):
            return
        count = (await self._desk.store.read(twins.count)).get(known.own, 0)
        if count:
            raise stays(count)

    async def delete(self, caller: Caller, id: str) -> None:
        row = await self.row(caller, id)
        ends = Ends(self._office)

        def work(c: sa.Connection) -> None:
            alm.remove_connection(c, row.id)
            ends.remove(c, row)

        await self._desk.store.write(work)
        await self._desk.changed()

    async def test(self, body: AlmConnectionTest) -> AlmSuccess:
        """Server and login, both projects, and whether the settings fit each other."""
        connector = await self._connector(body.connector)
        system = system_of(connector)
        if id_of(body.system) != system.id:
            raise InputError(f"The connector {connector.id} is for {system.id}.", field="system")
        put = params.merged(connector.params, params.adopted(body.params))
        both = params.of_connection(put, {})
        refuse(params.check_connection(system, both))
        await self._names(str(body.project))
        await self._connectors.reach(system, both, project_of(system, both))
        return AlmSuccess(success=True)

    async def row(self, caller: Caller, id: str) -> ConnectionRow:
        row = await self._office.connection(number_of(id, "ALM connection"))
        if row is None or not self.seen(caller, row):
            raise not_found("ALM connection", id)
        return row

    def seen(self, caller: Caller, row: ConnectionRow) -> bool:
        if caller.connections is None:
            return True
        end = self._office.end(row)
        return end is not None and caller.sees(end.record.name)

    async def _connector(self, given: int | str) -> ConnectorRow:
        row = await self._office.connector(int(given))
        if row is None:
            raise InputError(f'Invalid pk "{given}" - object does not exist.', field="connector")
        return row

    async def _names(self, project: str) -> dict[str, str]:
        return await names_of(self._office.sd_elements(), project)

    def _view(
        self,
        caller: Caller,
        row: ConnectionRow,
        connector: ConnectorRow,
        jobs: "Jobs",
        *,
        with_job: bool,
    ) -> AlmConnectionView:
        system = system_of(connector)
        last: AlmLastJob | msgspec.UnsetType | None = msgspec.UNSET
        if with_job:
            job = jobs.last.get(row.id)
            last = last_job(job) if job else None
        shown = self.params_of(row, connector)
        return AlmConnectionView(
            id=row.id,
            alias=row.alias,
            system=system_view(system),
            frequency=row.frequency,
            command=system.command,
            debug_mode=row.debug_mode,
            inaccessible=connector.inaccessible,
            in_progress=row.id in jobs.open,
            connector=row.connector,
            project=project_id(row),
            params=shown if caller.has_permission("edit_alm") else msgspec.UNSET,
            last_job=last,
        )

    def params_of(self, row: ConnectionRow, connector: ConnectorRow) -> params.Params:
        """With what is only told: the project's names, and where debugging is heard."""
        derived = {
            "sde_businessunit": row.names.get("business_unit", ""),
            "sde_application": row.names.get("application", ""),
            "sde_project": row.names.get("project", ""),
            "alm_reference_context": row.id,
        }
        if row.debug_mode:
            derived["session_capture_socket"] = self._office.socket
        secrets = self._office.config.show_secrets
        return params.shown(together(connector, row), derived, secrets=secrets, whole=True)


async def names_of(sde: OpenConnector, project: str) -> dict[str, str]:
    """Of the project and what is above it; refuses one that SD Elements does not show."""
    try:
        found = await surveyed(sde).survey.project(project)
    except TrackerError as error:
        if error.fault in (Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION):
            raise InputError(
                f'Invalid pk "{project}" - object does not exist.', field="project"
            ) from error
        raise
    return {
        "project": found.name,
        "application": found.application,
        "business_unit": found.business_unit,
    }


class Jobs(msgspec.Struct, frozen=True):
    last: dict[int, JobRow]
    open: frozenset[int]
    """Connections with a job that is not over."""


def _wanted(query: AlmConnectionQuery, row: ConnectionRow, connector: ConnectorRow) -> bool:
    return (
        query.project in ("", row.project)
        and query.alias in ("", row.alias)
        and query.frequency in (None, row.frequency)
        and query.system in ("", connector.system)
        and query.connector in ("", str(row.connector))
    )


def project_id(row: ConnectionRow) -> int | str:
    """As SD Elements counts them."""
    return int(row.project) if row.project.isdecimal() and len(row.project) < 16 else row.project


def last_job(job: JobRow) -> AlmLastJob:
    return AlmLastJob(
        id=job.id,
        succeeded=job.succeeded,
        last_run=moment(job.ended or job.created),
        result_message=job.message,
        user=zlib.crc32(job.user.encode()) % 1_000_000 + 1,
        ready=job.ready,
        automatic=job.automatic,
    )

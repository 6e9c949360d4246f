"""Jobs of ALM connections: listed, started, and told of by whoever ran one elsewhere."""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from schemas.access import Caller
from schemas.alm import (
    AlmJobConnection,
    AlmJobPost,
    AlmJobProgress,
    AlmJobQuery,
    AlmJobView,
    AlmList,
)
from schemas.errors import InputError
from service.store import alm
from service.store.alm import ConnectionRow, ConnectorRow, JobRow
from service.workers.alm.office import Office, moment, not_found, number_of, system_of
from service.workers.operations.alm_connections import AlmConnectionOperations, project_id
from service.workers.operations.alm_connectors import system_view
from service.workers.operations.alm_lists import page_of


class AlmJobOperations:
    """`ring` wakes those that run jobs."""

    def __init__(
        self, office: Office, connections: AlmConnectionOperations, ring: Callable[[], None]
    ) -> None:
        self._office = office
        self._store = office.desk.store
        self._connections = connections
        self._ring = ring

    async def all(self, caller: Caller, query: AlmJobQuery) -> AlmList[AlmJobView]:
        known = await self._known(caller)
        rows = await self._store.read(alm.jobs)
        found = [row for row in rows if row.connection in known and _wanted(query, row)]
        return page_of(query, found, lambda row: self._view(caller, row, known))

    async def one(self, caller: Caller, id: str) -> AlmJobView:
        number = number_of(id, "job")
        row = await self._store.read(lambda c: alm.job(c, number))
        known = await self._known(caller)
        if row is None or row.connection not in known:
            raise not_found("job", id)
        return self._view(caller, row, known)

    async def post(self, caller: Caller, project: str, body: AlmJobPost) -> AlmJobView:
        row = await self._connection(caller, project, body.connection)
        now = self._office.desk.now()
        over = body.result_message is not None or body.ready
        job = JobRow(
            id=0,
            connection=row.id,
            user=caller.name,
            automatic=body.automatic,
            ready=over,
            succeeded=bool(body.succeeded) and over,
            message=body.result_message or "",
            created=now,
            ended=now if over else None,
            owner="",
            progress=AlmJobProgress(),
        )

        def work(c: sa.Connection) -> int:
            waiting = [each for each in alm.open_jobs(c) if each.connection == row.id]
            # Jobs of one connection never pile up: whoever asks again is told of the one there is.
            return waiting[0].id if waiting and not over else alm.add_job(c, job)

        number = await self._store.write(work)
        self._ring()
        return await self.one(caller, str(number))

    async def _connection(self, caller: Caller, project: str, given: int | str) -> ConnectionRow:
        row = await self._office.connection(int(given))
        known = await self._known(caller)
        if row is None or row.id not in known or row.project != project:
            raise InputError(f'Invalid pk "{given}" - object does not exist.', field="connection")
        return row

    async def _known(self, caller: Caller) -> dict[int, tuple[ConnectionRow, ConnectorRow]]:
        store = self._store

        def work(c: sa.Connection) -> tuple[list[ConnectionRow], list[ConnectorRow]]:
            return alm.connections(c, store.vault), alm.connectors(c, store.vault)

        rows, used = await store.read(work)
        by_id = {connector.id: connector for connector in used}
        return {
            row.id: (row, by_id[row.connector])
            for row in rows
            if self._connections.seen(caller, row)
        }

    def _view(
        self, caller: Caller, job: JobRow, known: dict[int, tuple[ConnectionRow, ConnectorRow]]
    ) -> AlmJobView:
        row, connector = known[job.connection]
        system = system_of(connector)
        shown = self._connections.params_of(row, connector)
        return AlmJobView(
            id=job.id,
            user=job.user,
            succeeded=job.succeeded,
            automatic=job.automatic,
            ready=job.ready,
            result_message=job.message,
            last_run=moment(job.ended or job.created),
            connection=AlmJobConnection(
                id=row.id,
                alias=row.alias,
                command=system.command,
                frequency=row.frequency,
                project=project_id(row),
                system=system_view(system),
                params=shown if caller.has_permission("edit_alm") else msgspec.UNSET,
            ),
            progress=job.progress,
        )


def _wanted(query: AlmJobQuery, row: JobRow) -> bool:
    return (
        query.automatic in (None, row.automatic)
        and query.connection in ("", str(row.connection))
        and query.ready in (None, row.ready)
        and query.succeeded in (None, row.succeeded)
        and query.user in ("", row.user)
    )

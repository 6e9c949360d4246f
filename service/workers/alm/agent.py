"""A remote agent: runs here the jobs that SD Elements keeps for one, and posts their results.

What SD Elements lists as waiting is the only memory: a job that is listed and not known here is
begun, one that is over here is told of. So neither a restart nor a lost answer loses one.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from adapters.sd_elements.survey import AgentConnection, AgentJob
from schemas.access import Caller
from schemas.alm import (
    AlmConnectionCreate,
    AlmConnectionView,
    AlmConnectorCreate,
    AlmConnectorPatch,
    AlmConnectorView,
    AlmJobPost,
    AlmJobView,
)
from schemas.errors import InputError, TidegateError
from service.store import alm
from service.store.alm import ConnectionRow, JobRow
from service.workers.alm.office import Office, surveyed

log = structlog.get_logger()

LOOK_SECONDS = 30.0
REPORTED = "reported"
"""As the owner of a job: SD Elements has its result."""


class Making(msgspec.Struct, frozen=True):
    """How connectors, connections and jobs come about."""

    connector: Callable[[Caller, AlmConnectorCreate], Awaitable[AlmConnectorView]]
    patch: Callable[[Caller, str, AlmConnectorPatch], Awaitable[AlmConnectorView]]
    connection: Callable[[Caller, AlmConnectionCreate, str], Awaitable[AlmConnectionView]]
    job: Callable[[Caller, str, AlmJobPost], Awaitable[AlmJobView]]


class Agent:
    def __init__(
        self,
        office: Office,
        making: Making,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._office = office
        self._making = making
        self._store = office.desk.store
        self._sleep = sleep

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except TidegateError as error:
                log.warning("alm.agent_failed", error=error)
            await self._sleep(LOOK_SECONDS)

    async def look(self) -> None:
        survey = surveyed(self._office.sd_elements()).survey
        for job in await survey.waiting_jobs():
            try:
                await self._see_to(job)
            except InputError as error:
                # It would be refused again: whoever waits for the job is told why.
                log.warning("alm.agent_refused", job=job.id, error=error)
                await self._report(job, succeeded=False, message=error.message)

    async def _see_to(self, job: AgentJob) -> None:
        known = await self._known(job)
        if known is None:
            await self._begin(job)
        elif known.ready and known.owner != REPORTED:
            await self._report(job, succeeded=known.succeeded, message=known.message)
            told = msgspec.structs.replace(known, owner=REPORTED)
            await self._store.write(lambda c: alm.update_job(c, told))

    async def _report(self, job: AgentJob, *, succeeded: bool, message: str) -> None:
        survey = surveyed(self._office.sd_elements()).survey
        await survey.report(
            str(job.connection.project),
            job.connection.id,
            succeeded=succeeded,
            message=message,
            automatic=job.automatic,
        )

    async def _known(self, job: AgentJob) -> JobRow | None:
        rows = await self._store.read(alm.jobs)
        return next((row for row in rows if row.user == _caller(job).name), None)

    async def _begin(self, job: AgentJob) -> None:
        row = await self._connection(job.connection)
        if row is None:
            made = await self._connect(job)
            number = made.id
        else:
            number = row.id
            patch = AlmConnectorPatch(params=_settable(job.connection))
            await self._making.patch(_caller(job), str(row.connector), patch)
        body = AlmJobPost(connection=number, automatic=job.automatic)
        await self._making.job(_caller(job), str(job.connection.project), body)

    async def _connection(self, told: AgentConnection) -> ConnectionRow | None:
        store = self._store
        rows = await store.read(lambda c: alm.connections(c, store.vault))
        return next((row for row in rows if row.remote == str(told.id)), None)

    async def _connect(self, job: AgentJob) -> AlmConnectionView:
        """Its params are all on the connector, which is for this one connection."""
        told, caller = job.connection, _caller(job)
        name = told.alias or f"Connection {told.id}"
        system = told.system if isinstance(told.system, str) else str(told.system.get("id", ""))
        connector = await self._making.connector(
            caller, AlmConnectorCreate(name, system, _settable(told), inaccessible=True)
        )
        body = AlmConnectionCreate(name, connector.id, told.project, {})
        return await self._making.connection(caller, body, str(told.id))


def _settable(told: AgentConnection) -> dict[str, object]:
    """References are kept under SD Elements' own number of the connection."""
    given = dict(told.params)
    given.setdefault("alm_reference_context", str(told.id))
    return given


def _caller(job: AgentJob) -> Caller:
    return Caller(f"agent, job {job.id}", "admin", edit_alm=True)

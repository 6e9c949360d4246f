"""SD Elements' ALM API, put together from its areas."""

from collections.abc import Callable

from schemas.access import Caller
from schemas.alm import (
    AlmConnectionCreate,
    AlmConnectionOneQuery,
    AlmConnectionPatch,
    AlmConnectionQuery,
    AlmConnectionTest,
    AlmConnectionView,
    AlmConnectorCreate,
    AlmConnectorPatch,
    AlmConnectorQuery,
    AlmConnectorTest,
    AlmConnectorView,
    AlmJobPost,
    AlmJobQuery,
    AlmJobView,
    AlmList,
    AlmListQuery,
    AlmPlugin,
    AlmSuccess,
)
from service.workers.alm.agent import Making
from service.workers.alm.office import Office
from service.workers.operations import alm_connectors
from service.workers.operations.alm_connections import AlmConnectionOperations
from service.workers.operations.alm_connectors import AlmConnectorOperations
from service.workers.operations.alm_jobs import AlmJobOperations


class AlmOperations:
    def __init__(self, office: Office, ring: Callable[[], None]) -> None:
        self.office = office
        self._connectors = AlmConnectorOperations(office)
        self._connections = AlmConnectionOperations(office, self._connectors)
        self._jobs = AlmJobOperations(office, self._connections, ring)

    @property
    def making(self) -> Making:
        """For a remote agent."""
        return Making(
            connector=self._connectors.create,
            patch=self._connectors.patch,
            connection=self._connections.create,
            job=self._jobs.post,
        )

    async def connectors(
        self, caller: Caller, query: AlmConnectorQuery
    ) -> AlmList[AlmConnectorView]:
        return await self._connectors.all(caller, query)

    async def connector(self, caller: Caller, id: str) -> AlmConnectorView:
        return await self._connectors.one(caller, id)

    async def create_connector(self, caller: Caller, body: AlmConnectorCreate) -> AlmConnectorView:
        return await self._connectors.create(caller, body)

    async def patch_connector(
        self, caller: Caller, id: str, body: AlmConnectorPatch
    ) -> AlmConnectorView:
        return await self._connectors.patch(caller, id, body)

    async def delete_connector(self, id: str) -> None:
        await self._connectors.delete(id)

    async def test_connector(self, body: AlmConnectorTest) -> AlmSuccess:
        return await self._connectors.test(body)

    async def connections(
        self, caller: Caller, query: AlmConnectionQuery
    ) -> AlmList[AlmConnectionView]:
        return await self._connections.all(caller, query)

    async def connection(
        self, caller: Caller, id: str, query: AlmConnectionOneQuery
    ) -> AlmConnectionView:
        return await self._connections.one(caller, id, query)

    async def create_connection(
        self, caller: Caller, body: AlmConnectionCreate
    ) -> AlmConnectionView:
        return await self._connections.create(caller, body)

    async def patch_connection(
        self, caller: Caller, id: str, body: AlmConnectionPatch
    ) -> AlmConnectionView:
        return await self._connections.patch(caller, id, body)

    async def delete_connection(self, caller: Caller, id: str) -> None:
        await self._connections.delete(caller, id)

    async def test_connection(self, body: AlmConnectionTest) -> AlmSuccess:
        return await self._connections.test(body)

    async def plugins(self, query: AlmListQuery) -> AlmList[AlmPlugin]:
        return alm_connectors.plugins(query)

    async def plugin(self, id: str) -> AlmPlugin:
        return alm_connectors.plugin(id)

    async def jobs(self, caller: Caller, query: AlmJobQuery) -> AlmList[AlmJobView]:
        return await self._jobs.all(caller, query)

    async def job(self, caller: Caller, id: str) -> AlmJobView:
        return await self._jobs.one(caller, id)

    async def post_job(self, caller: Caller, project: str, body: AlmJobPost) -> AlmJobView:
        return await self._jobs.post(caller, project, body)

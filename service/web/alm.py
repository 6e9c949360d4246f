"""The port behind SD Elements' ALM API."""

from typing import Protocol

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


class AlmPort(Protocol):
    """Ids come as the path has them. What does not exist raises `InputError` with status 404; who
    may not edit ALM connections is shown no params."""

    async def connectors(
        self, caller: Caller, query: AlmConnectorQuery
    ) -> AlmList[AlmConnectorView]: ...

    async def connector(self, caller: Caller, id: str) -> AlmConnectorView: ...

    async def create_connector(
        self, caller: Caller, body: AlmConnectorCreate
    ) -> AlmConnectorView: ...

    async def patch_connector(
        self, caller: Caller, id: str, body: AlmConnectorPatch
    ) -> AlmConnectorView: ...

    async def delete_connector(self, id: str) -> None: ...

    async def test_connector(self, body: AlmConnectorTest) -> AlmSuccess: ...

    async def connections(
        self, caller: Caller, query: AlmConnectionQuery
    ) -> AlmList[AlmConnectionView]: ...

    async def connection(
        self, caller: Caller, id: str, query: AlmConnectionOneQuery
    ) -> AlmConnectionView: ...

    async def create_connection(
        self, caller: Caller, body: AlmConnectionCreate
    ) -> AlmConnectionView: ...

    async def patch_connection(
        self, caller: Caller, id: str, body: AlmConnectionPatch
    ) -> AlmConnectionView: ...

    async def delete_connection(self, caller: Caller, id: str) -> None: ...

    async def test_connection(self, body: AlmConnectionTest) -> AlmSuccess: ...

    async def plugins(self, query: AlmListQuery) -> AlmList[AlmPlugin]: ...

    async def plugin(self, id: str) -> AlmPlugin: ...

    async def jobs(self, caller: Caller, query: AlmJobQuery) -> AlmList[AlmJobView]: ...

    async def job(self, caller: Caller, id: str) -> AlmJobView: ...

    async def post_job(self, caller: Caller, project: str, body: AlmJobPost) -> AlmJobView: ...

"""Connectors: add, show, check, remove."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import sqlalchemy as sa

from adapters.port import StageResult, Tracker
from schemas.api import Page, PageQuery
from schemas.connector_api import (
    CheckedStage,
    ConnectorAdd,
    ConnectorChange,
    ConnectorCheck,
    ConnectorView,
)
from schemas.errors import ConfigurationError, InputError
from schemas.node import Connector
from schemas.redaction import MASK, masked
from service.store import connections, connectors, outbox
from service.workers.operations.desk import Desk
from service.workers.operations.naming import check_name
from service.workers.operations.pages import page_of
from service.workers.roster import OpenConnector, touch
from service.workers.systems import open_tracker


class ConnectorOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def all(self, query: PageQuery) -> Page[ConnectorView]:
        opened = sorted(self._desk.roster.connectors.values(), key=lambda c: c.record.name)
        return page_of(query, [self._view(each) for each in opened])

    async def one(self, name: str) -> ConnectorView:
        return self._view(self._desk.connector(name))

    async def add(self, body: ConnectorAdd) -> ConnectorView:
        desk = self._desk
        check_name(body.name)
        if desk.roster.connector_named(body.name) is not None:
            raise InputError(
                f"There is a connector {body.name!r} already.",
                status=409,
                remedy="Choose another name.",
            )
        record = Connector(desk.new_id(), body.name, body.system, body.params, desk.now())
        await try_connector(desk, record, check=body.check)

        def work(c: sa.Connection) -> None:
            connectors.add(c, desk.store.vault, record)
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        return await self.one(body.name)

    async def change(self, name: str, body: ConnectorChange) -> ConnectorView:
        """The new settings are tried first; with wrong ones the old stay."""
        desk = self._desk
        known = desk.connector(name).record
        given = {key: value for key, value in body.params.items() if value != MASK}
        params = {key: value for key, value in (known.params | given).items() if value is not None}
        record = msgspec.structs.replace(known, params=params)
        await try_connector(desk, record, check=body.check)

        def work(c: sa.Connection) -> None:
            connectors.update(c, desk.store.vault, record)
            touch(c)

        await desk.store.write(work)
        # Another account may see other people and other fields.
        desk.worker.people.forget(record.id)
        desk.worker.known.forget(record.id)
        await desk.changed()
        return await self.one(name)

    async def remove(self, name: str) -> None:
        desk = self._desk
        record = desk.connector(name).record

        def work(c: sa.Connection) -> None:
            for ended in connections.all(c, "removed"):
                if ended.connector == record.id:
                    outbox.remove(c, ended.id)
                    connections.remove(c, ended.id)
            connectors.remove(c, record.id)
            touch(c)

        try:
            await desk.store.write(work)
        except ConfigurationError as error:
            raise InputError(error.message, status=409, remedy=error.remedy) from error
        await desk.changed()

    async def check(self, name: str, project: str) -> ConnectorCheck:
        opened = self._desk.connector(name)
        stages = await opened.tracker.check(project)
        return ConnectorCheck(
            connector=name,
            passed=all(stage.passed for stage in stages),
            stages=tuple(_stage(stage) for stage in stages),
        )

    def _view(self, opened: OpenConnector) -> ConnectorView:
        record = opened.record
        return ConnectorView(
            id=record.id,
            name=record.name,
            system=record.system,
            params=masked(record.params),
            webhook_path=_webhook_path(record, opened.tracker),
            connections=len(self._desk.roster.of_connector(record.id)),
            created=record.created,
            revision=record.revision,
        )


async def try_connector(desk: Desk, record: Connector, *, check: bool) -> None:
    """Wrong params are refused; so are a server and credentials that do not answer."""
    async with tried(desk, record, check=check):
        return


@asynccontextmanager
async def tried(desk: Desk, record: Connector, *, check: bool) -> AsyncIterator[OpenConnector]:
    """Open for a look. Raises `InputError` for what is wrong with it."""
    try:
        session = desk.open_session(record)
    except ConfigurationError as error:
        raise InputError(error.message, remedy=error.remedy) from error
    try:
        tracker = _opened(record, desk, session)
        failed = await _failed(tracker) if check else None
        if failed is not None:
            raise InputError(
                f"The {failed.stage} check failed: {failed.message}",
                remedy=failed.remedy or "Correct the connector's parameters.",
            )
        yield OpenConnector(record, tracker, session)
    finally:
        await session.close()


async def _failed(tracker: Tracker) -> StageResult | None:
    return next((stage for stage in await tracker.check() if not stage.passed), None)


def _opened(record: Connector, desk: Desk, session: aiohttp.ClientSession) -> Tracker:
    try:
        return open_tracker(record, session, desk.now)
    except ConfigurationError as error:
        raise InputError(error.message, remedy=error.remedy) from error


def _webhook_path(record: Connector, tracker: Tracker) -> str:
    if not tracker.capabilities.webhook_authentication:
        return ""
    path = f"/hooks/{record.name}"
    return f"{path}/{MASK}" if record.params.get("webhook_secret") else path


def _stage(stage: StageResult) -> CheckedStage:
    return CheckedStage(stage.stage, stage.passed, stage.message, stage.remedy)

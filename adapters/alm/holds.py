"""Holding an entity while it is written: locks, and check-out in projects under version control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from lxml import etree

from adapters.alm import errors
from adapters.alm.client import AlmClient
from adapters.alm.ids import IssueId
from adapters.alm.people import People
from adapters.alm.wire import Entity
from adapters.http.lanes import Lanes
from schemas.errors import Fault, TrackerError

log = structlog.get_logger()

_COMMENT = "Synchronised by Tidegate"


class Holds:
    def __init__(self, client: AlmClient, people: People) -> None:
        self._client = client
        self._people = people
        self._lanes = Lanes()

    @asynccontextmanager
    async def locked(self, issue: IssueId) -> AsyncIterator[None]:
        """Alone with it: nobody else writes, here or in ALM."""
        async with self._lanes.enter(str(issue)):
            await self._client.act("POST", f"{issue.path}/lock", what=f"lock {issue}")
            try:
                yield
            finally:
                await self._unlock(issue)

    async def check_out(self, issue: IssueId, held: Entity) -> bool:
        """True when it has to be checked in after the write."""
        status = held.text("vc-status").casefold().replace("_", " ")
        if status == "checked in":
            body = _parameters("CheckOutParameters")
            path = f"{issue.path}/versions/check-out"
            await self._client.act("POST", path, what=f"check out {issue}", body=body)
            return True
        holder = held.text("vc-checkout-user-name")
        if status != "checked out" and not holder:
            return False
        if holder.casefold() != (await self._people.myself()).id.casefold():
            raise TrackerError(
                Fault.CONFLICT,
                f"{issue} is checked out by {holder or 'somebody'} in ALM.",
                remedy="Nothing to do: it is tried again when it is checked in.",
                retry_after=errors.LOCK_WAIT,
            )
        return True

    async def check_in(self, issue: IssueId) -> None:
        body = _parameters("CheckInParameters")
        path = f"{issue.path}/versions/check-in"
        await self._client.act("POST", path, what=f"check in {issue}", body=body)

    async def _unlock(self, issue: IssueId) -> None:
        try:
            await self._client.act("DELETE", f"{issue.path}/lock", what=f"unlock {issue}")
        except TrackerError as error:
            # What was written stands; the lock ends with the session.
            log.warning("alm.lock_left", issue=str(issue), error=error)


def _parameters(name: str) -> bytes:
    root = etree.Element(name)
    etree.SubElement(root, "Comment").text = _COMMENT
    written: bytes = etree.tostring(root, encoding="utf-8")
    return written

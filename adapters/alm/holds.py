"""Holding an entity while it is written: locks, and check-out in projects under version control."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

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
Step = Literal["check-out", "check-in", "undo-check-out"]
_PARAMETERS: dict[Step, str] = {
    "check-out": "CheckOutParameters",
    "check-in": "CheckInParameters",
}


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

    @asynccontextmanager
    async def checked_out(self, issue: IssueId, held: Entity) -> AsyncIterator[bool]:
        """Tells whether it is checked in afterwards, which makes another version of it. Nothing is
        left checked out: people could not go on."""
        fresh = await self._check_out(issue, held)
        if fresh is None:
            yield False
            return
        done = False
        try:
            yield True
            done = True
        finally:
            if not done:
                keep = not fresh or _may_stand(sys.exception())
                await self._give_back(issue, "check-in" if keep else "undo-check-out")
        try:
            await self._version(issue, "check-in")
        except TrackerError as error:
            raise errors.unconfirmed(error, f"{issue} was written") from error

    @asynccontextmanager
    async def checked_out_for_files(self, issue: IssueId) -> AsyncIterator[None]:
        """Defects are never under version control, and are spared the look."""
        if issue.type == "defect":
            yield
            return
        held = await self._client.one(issue.path, what="read the issue")
        async with self.checked_out(issue, held):
            yield

    async def _check_out(self, issue: IssueId, held: Entity) -> bool | None:
        """True when it was just checked out, False when we had it, None where there are no
        versions."""
        status = held.text("vc-status").casefold().replace("_", " ")
        if status == "checked in":
            await self._version(issue, "check-out")
            return True
        holder = held.text("vc-checkout-user-name")
        if status != "checked out" and not holder:
            return None
        if holder.casefold() != (await self._people.myself()).id.casefold():
            raise TrackerError(
                Fault.CONFLICT,
                f"{issue} is checked out by {holder or 'somebody'} in ALM.",
                remedy="Nothing to do: it is tried again when it is checked in.",
                retry_after=errors.LOCK_WAIT,
            )
        return False

    async def _version(self, issue: IssueId, step: Step) -> None:
        name = _PARAMETERS.get(step)
        body = _with_comment(name) if name else None
        path = f"{issue.path}/versions/{step}"
        await self._client.act("POST", path, what=f"{step} {issue}", body=body)

    async def _give_back(self, issue: IssueId, step: Step) -> None:
        try:
            await self._version(issue, step)
        except TrackerError as error:
            # The failure of the write itself is what is told; the next write checks it in.
            log.warning("alm.left_checked_out", issue=str(issue), error=error)

    async def _unlock(self, issue: IssueId) -> None:
        try:
            await self._client.act("DELETE", f"{issue.path}/lock", what=f"unlock {issue}")
        except TrackerError as error:
            # What was written stands; the lock ends with the session.
            log.warning("alm.lock_left", issue=str(issue), error=error)


def _may_stand(error: BaseException | None) -> bool:
    """Whether what was written may be there all the same."""
    if isinstance(error, TrackerError):
        return error.fault is Fault.UNKNOWN_OUTCOME
    return isinstance(error, asyncio.CancelledError)


def _with_comment(name: str) -> bytes:
    root = etree.Element(name)
    etree.SubElement(root, "Comment").text = _COMMENT
    written: bytes = etree.tostring(root, encoding="utf-8")
    return written

"""Invitations after they were given away: how they stand, revoked, issued again."""

from typing import Literal

import msgspec
import sqlalchemy as sa

from schemas.api import Page, PageQuery
from schemas.errors import InputError
from schemas.invitation import Invitation
from schemas.invitation_api import InvitationReissue, InvitationStatus, InvitationView
from schemas.relay import RelayPlace
from schemas.values import Millis
from service.store import invitations
from service.store.invitations import MAX_TRIES
from service.store.invitations import Invitation as InvitationRow
from service.workers.operations.desk import Desk
from service.workers.operations.initiation import (
    HOUR,
    Begun,
    Meet,
    check_no_destination,
    fresh_invitation,
    issue,
)
from service.workers.operations.pages import page_of
from service.workers.operations.pairing import Draft, decode_draft

_AGAIN = "Issue it again: tidegate invitation reissue {name}"
_REMEDIES: dict[InvitationStatus, str] = {
    "open": "",
    "used": "",
    "expired": _AGAIN,
    "revoked": _AGAIN,
    "locked": "Somebody tried it with a wrong secret. " + _AGAIN,
}


class InvitationOperations:
    """By the name of the connection that an invitation makes."""

    def __init__(self, desk: Desk, meet: Meet) -> None:
        self._desk = desk
        self._meet = meet

    async def all(self, query: PageQuery) -> Page[InvitationView]:
        found = await self._desk.store.read(invitations.all)
        return page_of(query, [self._view(row) for row in found])

    async def newest(self, name: str) -> InvitationView:
        return self._view((await self._of(name))[0])

    async def revoke(self, name: str) -> InvitationView:
        rows = await self._of(name)
        now = self._desk.now()

        def work(c: sa.Connection) -> int:
            return sum(invitations.revoke(c, row.id, now) for row in rows)

        if not await self._desk.store.write(work):
            status = _status(rows[0], now)
            raise InputError(
                f"The invitation of {name!r} cannot be revoked: it is {status} already.",
                status=409,
                remedy="To end the connection itself: tidegate connection remove " + name,
            )
        return await self.newest(name)

    async def reissue(self, name: str, body: InvitationReissue) -> Begun:
        """A new code; the one before is worthless from now on. Where the two sides meet at a relay,
        it is for a new channel: whoever tried the old code may have locked that one."""
        desk = self._desk
        rows = await self._of(name)
        record = desk.connection(name).record
        draft = decode_draft(rows[0].draft)
        if record.status != "pending" or record.peer or draft.role != "inviter":
            raise InputError(
                f"There is nothing to invite to: {name!r} is {record.status}, and its invitation"
                f" was made by the {'other side' if draft.role != 'inviter' else 'side here'}.",
                status=409,
                remedy="Begin another connection: tidegate connection initiate",
            )

        expires = desk.now() + body.valid_hours * HOUR
        prepared: Invitation | None = None
        if draft.relay is not None or body.relay:
            prepared, place = await self._new_channel(body.relay, draft, expires)
            draft = msgspec.structs.replace(draft, relay=place, left=False)

        def work(c: sa.Connection) -> tuple[str, Millis]:
            for row in rows:
                invitations.revoke(c, row.id, desk.now())
            return issue(c, desk, draft, expires, prepared)

        code, until = await desk.store.write(work)
        return Begun(name, code, until)

    async def _new_channel(
        self, relay: str, draft: Draft, expires: Millis
    ) -> tuple[Invitation, RelayPlace]:
        check_no_destination(draft.destination)
        if not relay:
            raise InputError(
                "The two sides meet at a relay, and a new invitation needs a new channel there.",
                status=409,
                remedy="Give the relay's pass once more (--relay).",
            )
        return await self._meet(relay, fresh_invitation(self._desk, "", expires))

    async def _of(self, name: str) -> list[InvitationRow]:
        own = self._desk.connection(name).record.id
        rows = await self._desk.store.read(lambda c: invitations.of_connection(c, own))
        if not rows:
            raise InputError(
                f"The connection {name!r} has no invitation.",
                status=404,
                remedy="See those that there are: tidegate invitation list",
            )
        return rows

    def _view(self, row: InvitationRow) -> InvitationView:
        live = self._desk.roster.connections.get(row.connection or "")
        name = live.record.name if live else ""
        status = _status(row, self._desk.now())
        again = live is not None and live.record.status == "pending" and not live.record.peer
        return InvitationView(
            id=row.id,
            connection=name,
            role=_role(row),
            status=status,
            created=row.created,
            expires=row.expires,
            tries=row.tries,
            remedy=_REMEDIES[status].format(name=name) if again else "",
        )


def _role(row: InvitationRow) -> Literal["inviter", "joiner"]:
    return "joiner" if decode_draft(row.draft).role == "joiner" else "inviter"


def _status(row: InvitationRow, now: Millis) -> InvitationStatus:
    if row.used is not None:
        return "used"
    if row.revoked is not None:
        return "revoked"
    if row.tries >= MAX_TRIES:
        return "locked"
    return "expired" if row.expires <= now else "open"

"""What this side wishes to agree on with the other, told to it."""

import msgspec
import sqlalchemy as sa

from schemas.agreement import Agreement, AgreementBody
from schemas.errors import InputError
from schemas.node import Activity, Connection
from service.store import activity, connections
from service.workers import notices
from service.workers.agreement import wishing
from service.workers.operations.desk import Desk
from service.workers.roster import touch


async def agree(desk: Desk, name: str, body: AgreementBody) -> None:
    record = desk.connection(name).record
    wish = Agreement(body.conflict_policy, body.field_policies, body.paragraphs)
    _check(record, wish)
    now = desk.now()

    def work(c: sa.Connection) -> None:
        ends = tuple(filter(None, (record.id, record.counterpart)))
        for end in ends:
            known = connections.locked(c, end)
            if known is None or known.status == "removed":
                raise InputError("The connection was removed.", status=409)
            if record.counterpart:
                standing = msgspec.structs.replace(known.standing, wish_there=wish)
                known = msgspec.structs.replace(known, standing=standing)
            after = wishing(known, wish)
            if after.peer:
                after = notices.tell(c, after, now)
            connections.replace(c, after)
            detail = {"wish": msgspec.to_builtins(wish), "agreed": after.settings != known.settings}
            activity.append(c, Activity(now, "agreement.wished", end, detail=detail))
        touch(c)

    await desk.store.write(work)
    await desk.changed()
    if record.peer:
        desk.ring_peer(record.peer)


def _check(record: Connection, wish: Agreement) -> None:
    if record.type == "alm":
        raise InputError(
            "Conflicts of an ALM connection are decided as its own settings have it.",
            status=409,
            remedy="Set conflict_policy there: tidegate alm.",
        )
    known = ("newest", "park", record.local_side, record.remote_side)
    for policy in (wish.conflict_policy, *wish.field_policies.values()):
        if policy not in known:
            raise InputError(
                f"{policy!r} decides nothing here.", remedy=f"Choose of: {', '.join(known)}."
            )

"""What two sides tell each other about a connection, and what becomes of it here."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa
import structlog

from schemas.node import Activity, Connection
from schemas.peer import NOTICE_TWIN, ConnectionNotice
from schemas.values import Millis
from service.store import activity, connections, invitations, outbox, twins
from service.workers.agreement import hearing, in_force, wish_of
from service.workers.roster import touch
from service.workers.standing import restated

log = structlog.get_logger()

_encode = msgspec.msgpack.Encoder().encode
decode_notice = msgspec.msgpack.Decoder(ConnectionNotice).decode

UNKNOWN_THERE = (
    "The other node does not know this connection any more. If it was removed there, remove it here"
    " too and pair again; if that node was restored from a backup, ask its administrator. It goes"
    " on by itself as soon as the other node takes messages again."
)


def tell(c: sa.Connection, record: Connection, now: Millis) -> Connection:
    """Puts how our side stands into the outbox; the newest notice replaces the older."""
    serial = max(record.standing.serial + 1, now)
    standing = msgspec.structs.replace(record.standing, serial=serial)
    record = msgspec.structs.replace(record, standing=standing)
    notice = ConnectionNotice(
        _ours(record), serial, now, wish=wish_of(record), agreed=in_force(record)
    )
    outbox.put(c, record.peer, record.id, NOTICE_TWIN, _encode(notice), now)
    return record


def _ours(record: Connection) -> str:
    standing = record.standing
    if standing.removed:
        return "removed"
    if standing.unconfirmed_here:
        return "pending"
    return "paused" if standing.paused_here else "active"


def keep(c: sa.Connection, before: Connection, after: Connection) -> None:
    """Stores the new standing. What waited while the connection rested goes on its way."""
    connections.replace(c, after)
    if after.status != before.status:
        note_status(c, after)
    if after.status == "active" and before.status != "active":
        twins.wake(c, after.id, after.changed)
        if after.peer:
            outbox.set_free(c, after.peer, after.id)
    touch(c)


def note_status(c: sa.Connection, record: Connection) -> None:
    log.info(f"connection.{record.status}", connection=record.name, reason=record.reason)
    detail = {"name": record.name, "status": record.status, "reason": record.reason}
    activity.append(c, Activity(record.changed, "connection.status", record.id, detail=detail))


def bury(c: sa.Connection, record: Connection, by: str, now: Millis) -> Connection:
    """Twins, rules and waiting messages go; the record stays as a tombstone, its name is free."""
    outbox.remove(c, record.id)
    for row in invitations.of_connection(c, record.id):
        invitations.revoke(c, row.id, now)
    connections.remove(c, record.id)
    ended = restated(record, now, removed=by, name=record.name, broken="")
    ended = msgspec.structs.replace(ended, name=f"{record.name[:200]}~{record.id[:8]}")
    connections.add(c, ended)
    note_status(c, ended)
    touch(c)
    return ended


def hear(c: sa.Connection, known: str, notice: ConnectionNotice, now: Millis) -> Connection | None:
    """Takes a notice in; None when it is late, repeated or says nothing that we know."""
    record = connections.locked(c, known)
    if record is None or notice.serial <= record.standing.heard:
        return None
    if record.status == "removed":
        return None
    if notice.status == "removed":
        return bury(c, restated(record, now, heard=notice.serial), "there", now)
    standing = record.standing
    spoke = notice.status in ("active", "paused")
    after = restated(
        record,
        now,
        heard=notice.serial,
        broken="",
        unconfirmed_there=standing.unconfirmed_there and not spoke,
        paused_there=notice.status == "paused" if spoke else standing.paused_there,
    )
    after = hearing(after, notice)
    if after.settings != record.settings or after.standing.wish_there != standing.wish_there:
        _note_wish(c, record, after)
    if after.settings != record.settings:
        # Whoever wished it first learns that it holds here as well.
        after = tell(c, after, now)
    keep(c, record, after)
    return after


def _note_wish(c: sa.Connection, before: Connection, after: Connection) -> None:
    wish, agreed = after.standing.wish_there, after.settings != before.settings
    log.info("agreement.heard", connection=after.name, agreed=agreed)
    detail = {"wish": msgspec.to_builtins(wish), "agreed": agreed}
    activity.append(c, Activity(after.changed, "agreement.heard", after.id, detail=detail))


def heed_message(c: sa.Connection, known: str, now: Millis) -> Connection | None:
    """A message about an issue has come: its sender takes the connection for good."""
    record = connections.locked(c, known)
    if record is None or record.standing.unconfirmed_here or record.status == "removed":
        return None
    after = restated(record, now, unconfirmed_there=False, broken="")
    keep(c, record, after)
    return after


def set_broken(c: sa.Connection, known: str, why: str, now: Millis) -> bool:
    """'' heals it. False when it stood so already, or has ended."""
    record = connections.locked(c, known)
    if record is None or record.status == "removed" or record.standing.broken == why:
        return False
    keep(c, record, restated(record, now, broken=why))
    return True


def ask_again(c: sa.Connection, records: Iterable[Connection], now: Millis) -> list[str]:
    """Whether the other side takes a broken connection again, shows what becomes of a notice.
    Answers the peers to ring."""
    rung = []
    for each in records:
        record = connections.locked(c, each.id)
        if record is not None and record.status == "broken":
            connections.replace(c, tell(c, record, now))
            rung.append(record.peer)
    return rung

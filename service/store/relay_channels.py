"""Channels at this relay, and the envelopes and contents that lie in them, sealed."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store import relay_passes
from service.store.tables import (
    relay_blobs,
    relay_channels,
    relay_chunks,
    relay_slots,
)
from service.store.tables import (
    relay_passes as passes,
)

MAX_CHANNELS = 200
"""That one pass may open."""
MAX_BLOBS = 256
"""That may lie in one channel."""
ENVELOPE_LIFE: Millis = 30 * 86_400_000
BLOB_LIFE: Millis = 86_400_000
UNUSED_LIFE: Millis = 30 * 86_400_000
"""Of a channel that nobody joined, or whose pass was revoked."""

_channel = relay_channels.c
_slot = relay_slots.c
_blob = relay_blobs.c
_chunk = relay_chunks.c


class ChannelRow(msgspec.Struct, frozen=True):
    id: str
    pass_id: str
    inviter: bytes
    joiner: bytes | None
    join_key: bytes
    tries: int
    created: Millis
    revoked: Millis | None = None
    """When its pass was."""


class SlotState(msgspec.Struct, frozen=True):
    number: int
    envelope: bytes


class Swept(msgspec.Struct, frozen=True):
    envelopes: int
    blobs: int
    channels: int


def get(c: sa.Connection, id: str) -> ChannelRow | None:
    statement = (
        sa.select(relay_channels, passes.c.revoked)
        .join(passes, passes.c.id == _channel.pass_id)
        .where(_channel.id == id)
    )
    row = c.execute(statement).one_or_none()
    return None if row is None else ChannelRow(**row._mapping)


def add(c: sa.Connection, row: ChannelRow) -> bool:
    """False when the name is another's, or the pass has as many as it may have."""
    known = get(c, row.id)
    if known is not None:
        return known.inviter == row.inviter and known.join_key == row.join_key
    if relay_passes.usage(c, row.pass_id).channels >= MAX_CHANNELS:
        return False
    values = msgspec.structs.asdict(row)
    del values["revoked"]
    c.execute(sa.insert(relay_channels).values(values))
    return True


def join(c: sa.Connection, id: str, card: bytes, key: bytes, max_tries: int) -> bool:
    """With the right key, once. A wrong one counts as a try."""
    fits = sa.and_(_channel.id == id, _channel.join_key == key)
    free = sa.and_(_channel.joiner.is_(None), _channel.tries < max_tries)
    joined = sa.update(relay_channels).where(fits, free).values(joiner=card)
    if c.execute(joined).rowcount:
        return True
    tried = sa.update(relay_channels).where(_channel.id == id).values(tries=_channel.tries + 1)
    c.execute(tried)
    return False


def remove(c: sa.Connection, id: str) -> None:
    c.execute(sa.delete(relay_channels).where(_channel.id == id))


def put(
    c: sa.Connection, id: str, side: str, slot: str, envelope: bytes, now: Millis
) -> int | None:
    """The envelope's number; None when the pass has no room for it."""
    pass_id = _pass_of(c, id)
    if pass_id is None:
        return None
    room = relay_passes.room(c, pass_id)
    place = sa.and_(_slot.channel == id, _slot.side == side, _slot.slot == slot)
    old = c.execute(sa.select(_slot.number, _slot.size).where(place)).one_or_none()
    if len(envelope) > room + (old.size if old else 0):
        return None
    number = (old.number if old else 0) + 1
    values = {"number": number, "at": now, "size": len(envelope), "envelope": envelope}
    if old is None:
        c.execute(sa.insert(relay_slots).values(channel=id, side=side, slot=slot, **values))
    else:
        c.execute(sa.update(relay_slots).where(place).values(values))
    return number


def lying(c: sa.Connection, id: str, side: str, slot: str, have: int) -> SlotState:
    """What `side` has put; its bytes only when the number is another than `have`."""
    place = sa.and_(_slot.channel == id, _slot.side == side, _slot.slot == slot)
    row = c.execute(sa.select(_slot.number, _slot.size).where(place)).one_or_none()
    if row is None or not row.size:
        return SlotState(0, b"")
    if row.number == have:
        return SlotState(row.number, b"")
    return SlotState(row.number, c.execute(sa.select(_slot.envelope).where(place)).scalar_one())


def begin_blob(
    c: sa.Connection, id: str, side: str, blob: str, head: str, upload: str, now: Millis
) -> bool:
    """Replaces an older one of the same name. False when too many lie in the channel."""
    drop_blob(c, id, side, blob)
    count = sa.select(sa.func.count()).select_from(relay_blobs).where(_blob.channel == id)
    if c.execute(count).scalar_one() >= MAX_BLOBS:
        return False
    values = {"upload": upload, "head": head, "size": len(head), "whole": False, "at": now}
    c.execute(sa.insert(relay_blobs).values(channel=id, side=side, blob=blob, **values))
    return True


def add_chunk(c: sa.Connection, upload: str, number: int, content: bytes) -> bool | None:
    """False when the upload is not there any more; None when the pass has no room."""
    row = c.execute(sa.select(_blob.channel).where(_blob.upload == upload)).one_or_none()
    pass_id = None if row is None else _pass_of(c, row.channel)
    if pass_id is None:
        return False
    if len(content) > relay_passes.room(c, pass_id):
        return None
    c.execute(sa.insert(relay_chunks).values(upload=upload, number=number, content=content))
    grown = sa.update(relay_blobs).where(_blob.upload == upload)
    c.execute(grown.values(size=_blob.size + len(content)))
    return True


def end_blob(c: sa.Connection, upload: str) -> bool:
    """False when the upload is not there any more."""
    ended = sa.update(relay_blobs).where(_blob.upload == upload).values(whole=True)
    return c.execute(ended).rowcount > 0


def drop_blob(c: sa.Connection, id: str, side: str, blob: str) -> None:
    c.execute(
        sa.delete(relay_blobs).where(_blob.channel == id, _blob.side == side, _blob.blob == blob)
    )


def drop_upload(c: sa.Connection, upload: str) -> None:
    c.execute(sa.delete(relay_blobs).where(_blob.upload == upload))


def whole_blobs(c: sa.Connection, id: str, side: str) -> tuple[str, ...]:
    """That `side` has put, the oldest first."""
    statement = (
        sa.select(_blob.blob)
        .where(_blob.channel == id, _blob.side == side, _blob.whole)
        .order_by(_blob.at, _blob.blob)
    )
    return tuple(c.execute(statement).scalars())


def find_blob(c: sa.Connection, id: str, side: str, blob: str) -> tuple[str, str] | None:
    """Upload and head of a whole one."""
    statement = sa.select(_blob.upload, _blob.head).where(
        _blob.channel == id, _blob.side == side, _blob.blob == blob, _blob.whole
    )
    row = c.execute(statement).one_or_none()
    return None if row is None else (row.upload, row.head)


def chunk(c: sa.Connection, upload: str, number: int) -> bytes | None:
    statement = sa.select(_chunk.content).where(_chunk.upload == upload, _chunk.number == number)
    return c.execute(statement).scalar()


def sweep(c: sa.Connection, now: Millis) -> Swept:
    """Removes what is too old. An envelope's number stays, so that the next one has another."""
    old = sa.and_(_slot.at < now - ENVELOPE_LIFE, _slot.size > 0)
    envelopes = c.execute(sa.update(relay_slots).where(old).values(size=0, envelope=b"")).rowcount
    blobs = c.execute(sa.delete(relay_blobs).where(_blob.at < now - BLOB_LIFE)).rowcount
    before = now - UNUSED_LIFE
    revoked = sa.select(passes.c.id).where(passes.c.revoked < before)
    unused = sa.or_(
        sa.and_(_channel.joiner.is_(None), _channel.created < before),
        _channel.pass_id.in_(revoked),
    )
    channels = c.execute(sa.delete(relay_channels).where(unused)).rowcount
    return Swept(envelopes, blobs, channels)


def _pass_of(c: sa.Connection, id: str) -> Any:
    return c.execute(sa.select(_channel.pass_id).where(_channel.id == id)).scalar()

"""Peers, and how far we have stored what each of them sent."""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.errors import ConfigurationError
from schemas.node import Peer, PublicPeer, RelayedPeer, Trust
from schemas.relay import RelayPlace
from schemas.values import Millis
from service.store import identity, outbox
from service.store.prepared import Prepared
from service.store.tables import peers

_t = peers.c
_bind = sa.bindparam
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Trust).decode

_encode_place = msgspec.msgpack.Encoder().encode
_decode_place = msgspec.msgpack.Decoder(RelayPlace).decode

# A lower number of the same epoch is a late or repeated message.
_SET_RECEIVED = Prepared(
    sa.update(peers)
    .where(
        _t.id == _bind("peer"),
        sa.or_(_t.received_epoch != _bind("epoch"), _t.received < _bind("seq")),
    )
    .values(received_epoch=_bind("epoch"), received=_bind("seq"))
)
_FEED = Prepared(
    sa.select(
        _t.received_epoch,
        _t.received,
        _t.last_contact,
        _t.feed_epoch,
        identity.own_epoch,
        outbox.newest_of(_t.id),
    ).where(_t.id == _bind("peer"))
)
_SET_CONTACT = Prepared(
    sa.update(peers).where(_t.id == _bind("peer")).values(last_contact=_bind("now"))
)


_TRUST = Trust.__struct_fields__


class FeedState(msgspec.Struct, frozen=True):
    """Both directions of the feed with one peer."""

    epoch: str
    """Ours, towards this peer; '' before this node has an identity."""
    newest: int
    """The highest number in our outbox for the peer."""
    received_epoch: str
    """Theirs, when we last stored something; '' when we never did."""
    received: int
    """The highest of their numbers that we stored."""
    last_contact: Millis
    """0 when there never was one."""


def add(c: sa.Connection, peer: Peer) -> None:
    """Raises `ConfigurationError` when it is there already."""
    try:
        c.execute(
            sa.insert(peers).values(
                id=peer.id,
                received_epoch="",
                received=0,
                last_contact=0,
                feed_epoch="",
                **_values(peer),
            )
        )
    except sa.exc.IntegrityError as error:
        raise ConfigurationError(
            f"The peer {peer.name!r} is paired already.",
            remedy="Use the pairing that exists, or update it.",
        ) from error


def get(c: sa.Connection, id: str) -> Peer | None:
    row = c.execute(sa.select(peers).where(_t.id == id)).one_or_none()
    return None if row is None else _peer(row)


def all(c: sa.Connection) -> list[Peer]:
    return [_peer(row) for row in c.execute(sa.select(peers).order_by(_t.name, _t.id))]


def of_key(c: sa.Connection, identity_key: bytes) -> Peer | None:
    """Whoever speaks under this key now."""
    row = c.execute(sa.select(peers).where(_t.identity_key == identity_key)).first()
    return None if row is None else _peer(row)


def pin(c: sa.Connection, fresh: Peer) -> Peer:
    """What a pairing brought. A second connection with a known node keeps its place, what is known
    of its past, and an address or a relay that it gave before."""
    knows = identity.serial(c)
    known = get(c, fresh.id) or of_key(c, fresh.identity_key)
    if known is None:
        fresh = msgspec.structs.replace(fresh, knows=knows, met=knows)
        add(c, fresh)
        return fresh
    kept = {name: getattr(known, name) for name in _TRUST} | {
        "knows": knows,
        "met": knows,
        "revoked": False,
    }
    url = next((p.url for p in (fresh, known) if isinstance(p, PublicPeer)), None)
    relay = next((p.relay for p in (fresh, known) if isinstance(p, RelayedPeer)), None)
    pinned = (known.id, fresh.name, fresh.identity_key, fresh.message_key, known.epoch)
    peer = _of_kind(pinned, url, relay, kept)
    update(c, peer)
    return peer


def update(c: sa.Connection, peer: Peer) -> None:
    """Replaces name, keys, epoch and address; the feed's place stays."""
    if not c.execute(sa.update(peers).where(_t.id == peer.id).values(_values(peer))).rowcount:
        raise _unknown(peer.id)


def change(c: sa.Connection, id: str, changed: Callable[[Peer], Peer]) -> Peer:
    """Reads the peer and writes what became of it, while nobody else can."""
    row = c.execute(sa.select(peers).where(_t.id == id).with_for_update()).one_or_none()
    if row is None:
        raise _unknown(id)
    before = _peer(row)
    after = changed(before)
    if after != before:
        update(c, after)
    return after


def set_feed_epoch(c: sa.Connection, id: str, epoch: str) -> None:
    c.execute(sa.update(peers).where(_t.id == id).values(feed_epoch=epoch))


def remove(c: sa.Connection, id: str) -> bool:
    return c.execute(sa.delete(peers).where(_t.id == id)).rowcount > 0


def feed_state(c: sa.Connection, peer: str) -> FeedState:
    row = _FEED.one(c, peer=peer)
    if row is None:
        raise _unknown(peer)
    received_epoch, received, last_contact, feed_epoch, own_epoch, newest = row
    return FeedState(
        epoch=feed_epoch or own_epoch or "",
        newest=newest or 0,
        received_epoch=received_epoch,
        received=received,
        last_contact=last_contact,
    )


def set_received(c: sa.Connection, peer: str, epoch: str, seq: int) -> bool:
    """Never goes back within one epoch; False when it would have."""
    return _SET_RECEIVED.count(c, peer=peer, epoch=epoch, seq=seq) > 0


def heard_through_relay(c: sa.Connection, peer: str) -> int:
    """Number of the peer's last envelope that was taken in; 0 when none was."""
    return c.execute(sa.select(_t.relay_heard).where(_t.id == peer)).scalar() or 0


def set_heard_through_relay(c: sa.Connection, peer: str, number: int) -> None:
    c.execute(sa.update(peers).where(_t.id == peer).values(relay_heard=number))


def set_contact(c: sa.Connection, peer: str, now: Millis) -> None:
    _SET_CONTACT.count(c, peer=peer, now=now)


def _values(peer: Peer) -> dict[str, object]:
    return {
        "name": peer.name,
        "identity_key": peer.identity_key,
        "message_key": peer.message_key,
        "epoch": peer.epoch,
        "url": peer.url if isinstance(peer, PublicPeer) else None,
        "relay": _encode_place(peer.relay) if isinstance(peer, RelayedPeer) else None,
        "trust": _encode(Trust(**{name: getattr(peer, name) for name in _TRUST})),
    }


def _peer(row: sa.Row[Any]) -> Peer:
    pinned = (row.id, row.name, row.identity_key, row.message_key, row.epoch)
    trust = Trust() if row.trust is None else _decode(row.trust)
    more = {name: getattr(trust, name) for name in _TRUST}
    relay = None if row.relay is None else _decode_place(row.relay)
    return _of_kind(pinned, row.url, relay, more)


def _of_kind(
    pinned: tuple[str, str, bytes, bytes, str],
    url: str | None,
    relay: RelayPlace | None,
    trust: dict[str, Any],
) -> Peer:
    if url is not None:
        return PublicPeer(*pinned, url, **trust)
    if relay is not None:
        return RelayedPeer(*pinned, relay=relay, **trust)
    return Peer(*pinned, **trust)


def _unknown(peer: str) -> ConfigurationError:
    return ConfigurationError(
        f"There is no peer with the id {peer}.", remedy="Pair with that node first."
    )

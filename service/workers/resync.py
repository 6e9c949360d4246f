"""What follows when a node or its peer was restored from a backup: everything is said once more.

Nothing is written per twin: versions below the peer's `floor` are over, so each twin that is looked
at again rises above it and says everything whole.
"""

import sqlalchemy as sa
import structlog

from schemas.node import Activity, Connection, Peer
from schemas.values import Millis
from service.store import activity, connections, outbox, peers, twins

log = structlog.get_logger()

AT_MOST_EVERY: Millis = 60_000


def may_begin(peer: Peer, now: Millis) -> bool:
    """A peer that keeps asking for it must not keep us busy."""
    return now - peer.floor >= AT_MOST_EVERY


def wake_connections(c: sa.Connection, peer: str, now: Millis) -> None:
    for record in of_peer(c, peer):
        twins.wake_all(c, record.id, now)


def begin_epoch(c: sa.Connection, peer: str, epoch: str, now: Millis) -> None:
    """For a node that was restored: its feed to this peer begins anew, above all it ever said."""
    peers.set_feed_epoch(c, peer, epoch)
    # Said before the restore was known: mirrors that were forgotten look like news in it.
    outbox.drop_all(c, peer)
    wake_connections(c, peer, now)
    log.warning("node.restored", peer=peer)
    note(c, "node.restored", peer, now)


def note(c: sa.Connection, event: str, peer: str, now: Millis, **detail: str | int) -> None:
    activity.append(c, Activity(at=now, event=event, detail={"peer": peer, **detail}))


def of_peer(c: sa.Connection, peer: str) -> list[Connection]:
    return [record for record in connections.all(c) if record.peer == peer]

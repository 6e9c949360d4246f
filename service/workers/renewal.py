"""Keys pinned again by a code, after a revocation or a loss: the connections go on."""

import msgspec
import sqlalchemy as sa

from schemas.errors import InputError
from schemas.node import Lineage, Peer, PublicPeer
from schemas.values import Millis
from service.store import identity as identities
from service.store import peers
from service.workers import resync
from service.workers.acquaintance import KEYS_REASON, lift
from service.workers.roster import touch


def renew_keys(c: sa.Connection, id: str, fresh: Peer, now: Millis) -> None:
    """The connections with the peer that stopped for its keys are active again.

    Raises `InputError` when it is another known peer that has come.
    """
    other = peers.of_key(c, fresh.identity_key)
    if other is not None and other.id != id:
        raise InputError(
            "The code was made to renew the keys of another node than the one that used it.",
            status=409,
            remedy="Use it on the node whose keys are to be renewed.",
        )
    serial = identities.serial(c)

    def renewed(peer: Peer) -> Peer:
        if isinstance(peer, PublicPeer) and isinstance(fresh, PublicPeer):
            peer = msgspec.structs.replace(peer, url=fresh.url)
        return msgspec.structs.replace(
            peer,
            identity_key=fresh.identity_key,
            message_key=fresh.message_key,
            former_key=b"",
            serial=0,
            knows=serial,
            met=serial,
            renewed=now,
            revoked=False,
            refused_url="",
            lineage=Lineage(),
        )

    peers.change(c, id, renewed)
    lift(c, id, KEYS_REASON, now)
    resync.note(c, "peer.renewed", id, now)
    touch(c)

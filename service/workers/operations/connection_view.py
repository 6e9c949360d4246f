"""A connection as the API shows it."""

from collections.abc import Mapping
from typing import Literal

from schemas.agreement import Agreement
from schemas.connection_api import ConnectionView
from schemas.node import Connection, ConnectionStatus, Standing
from schemas.values import Millis
from service.store.tallies import Tally
from service.workers.agreement import in_force, wish_of
from service.workers.operations.desk import Desk
from service.workers.operations.relay_pairing import relay_host
from service.workers.roster import LiveConnection
from service.workers.standing import paused_by

UNKNOWN = "unknown"
"""The other node before it has accepted."""


_NONE = Tally()


def connection_view(
    desk: Desk, live: LiveConnection, tallies: Mapping[str, Tally]
) -> ConnectionView:
    record = live.record
    tally = tallies.get(record.id, _NONE)
    connector = desk.connector_of(record)
    peer = desk.roster.peers.get(record.peer)
    local = record.type in ("local", "alm")
    status, reason, since = _seen(desk, record)
    return ConnectionView(
        id=record.id,
        name=record.name,
        type=record.type,
        mode=record.mode,
        status=status,
        reason=reason,
        local_side=record.local_side,
        remote_side=record.remote_side,
        connector=connector.name if connector else "",
        peer=peer.name if peer else "" if local else UNKNOWN,
        settings=record.settings,
        rules_version=live.rules.version,
        twins=tally.twins,
        parked=tally.parked,
        created=record.created,
        changed=record.changed,
        description=record.description,
        check=record.standing.check,
        status_since=since,
        paused_by=paused_by(record.standing),
        confirmed=_confirmed(record.standing) if record.peer else "",
        last_sync=tally.last or None,
        wish_here=_unmet(record, wish_of(record)),
        wish_there=_unmet(record, record.standing.wish_there),
        via=relay_host(peer),
    )


def _unmet(record: Connection, wish: Agreement | None) -> Agreement | None:
    return None if wish == in_force(record) else wish


def _seen(desk: Desk, record: Connection) -> tuple[ConnectionStatus, str, Millis]:
    """A peer that refuses us altogether breaks the connection for as long as it does so. Its words
    are not signed, so they are shown and change nothing."""
    contact = desk.contacts.of(record.peer) if record.status == "active" and record.peer else None
    if contact is not None and contact.refused and contact.away_since is not None:
        return "broken", f"{contact.cause} {contact.remedy}".strip(), contact.away_since
    return record.status, record.reason, record.standing.since or record.changed


def _confirmed(standing: Standing) -> Literal["", "local", "remote", "both"]:
    if standing.unconfirmed_here:
        return "" if standing.unconfirmed_there else "remote"
    return "local" if standing.unconfirmed_there else "both"

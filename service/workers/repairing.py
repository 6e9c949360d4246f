"""Pairs of issues that existed before their connection: put together again by both sides' admins.

Each admin names the same pair. The side that made the invitation speaks first, so that the two do
not take over each other's values crosswise; the other listens, and takes the message only for an
issue that its own admin has named. Otherwise a peer could have any issue read to it.
"""

import hashlib
from functools import partial

import sqlalchemy as sa

from schemas.issue import IssueRef
from schemas.node import Activity, Connection
from schemas.replica import TwinMessage
from schemas.twin import Twin
from schemas.values import Millis
from service.store import activity, twins
from service.sync.intake import merge_messages


def pair_id(record: Connection, local_issue: str, remote_issue: str, before: int = 0) -> str:
    """The twin's id, the same on both sides. `before`: how many of the pair's twins were cleaned
    up, which both sides do together."""
    first, second = local_issue, remote_issue
    if not record.standing.inviter:
        first, second = second, first
    again = [str(before)] if before else []
    seed = "\x1f".join(("paired again", record.shared, first, second, *again))
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def claim(
    c: sa.Connection, record: Connection, issue: IssueRef, remote_issue: str, now: Millis
) -> str:
    """Names a pair on this side; answers the twin."""
    name = partial(pair_id, record, issue.id, remote_issue)
    twin = Twin(
        id=twins.first_living(c, record.id, name),
        connection=record.id,
        issue=issue,
        remote_issue=remote_issue,
        claimed=True,
        # Who listens waits for the other side's word, whatever happens to the issue here.
        stopped=not record.standing.inviter,
    )
    due = None if twin.stopped else now
    if not twins.create(c, twin, record.connector, now, due):
        known = twins.get(c, record.id, twin.id)
        if known is not None and known.state.issue is None:
            # The other side has spoken already.
            twins.adopt(c, twin, now)
    return twin.id


def receive(c: sa.Connection, record: Connection, message: TwinMessage, now: Millis) -> bool:
    """Keeps the message until our admin has named the pair; True when that is done already."""
    offered = Twin(message.twin, record.id, stopped=True)
    if twins.create(c, offered, record.connector, now, due_at=None):
        detail = {"issue": message.claims, "remote": message.replica.key or message.issue}
        activity.append(c, Activity(now, "pairs.offered", record.id, message.twin, detail=detail))
    received = twins.receive(
        c, record.id, message.twin, record.connector, message, merge_messages, now
    )
    row = twins.get(c, record.id, message.twin)
    if row is None or row.state.issue is None or row.state.issue.id != message.claims:
        return False
    if row.stopped and row.state.claimed:
        return twins.adopt(c, row.state, now)
    return received

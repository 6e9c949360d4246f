"""The draft of a connection's rules: one, kept until it is published or thrown away."""

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store.tables import rule_drafts

_t = rule_drafts.c


class RuleDraft(msgspec.Struct, frozen=True):
    outgoing: str
    incoming: str
    based_on: int
    """The published version that was edited."""
    author: str
    message: str
    saved: Millis


def get(c: sa.Connection, connection: str) -> RuleDraft | None:
    row = c.execute(sa.select(rule_drafts).where(_t.connection == connection)).one_or_none()
    if row is None:
        return None
    return RuleDraft(
        row.outgoing.decode(),
        row.incoming.decode(),
        row.based_on,
        row.author,
        row.message,
        row.saved,
    )


def put(c: sa.Connection, connection: str, draft: RuleDraft) -> None:
    discard(c, connection)
    c.execute(
        sa.insert(rule_drafts).values(
            connection=connection,
            outgoing=draft.outgoing.encode(),
            incoming=draft.incoming.encode(),
            based_on=draft.based_on,
            author=draft.author,
            message=draft.message,
            saved=draft.saved,
        )
    )


def discard(c: sa.Connection, connection: str) -> bool:
    """False: there was none."""
    return c.execute(sa.delete(rule_drafts).where(_t.connection == connection)).rowcount > 0

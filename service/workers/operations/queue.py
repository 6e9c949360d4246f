"""What waits: twins that are due, messages for peers, what has arrived, who waits for a person."""

import sqlalchemy as sa

from schemas.node_api import PeerQueue, QueueView
from service.store import outbox, parked, twins
from service.workers.operations.desk import Desk


async def queue(desk: Desk) -> QueueView:
    now = desk.now()

    def work(c: sa.Connection) -> QueueView:
        found = twins.waiting(c, now)
        return QueueView(
            due=found.due,
            later=found.later,
            working=found.working,
            arrived=found.arrived,
            parked=parked.total(c),
            outbox=outbox.count(c),
            oldest_due=twins.oldest_due(c, now),
            oldest_outbox=outbox.oldest(c),
            peers=tuple(
                PeerQueue(peer.name, outbox.count(c, peer.id), outbox.oldest(c, peer.id))
                for peer in sorted(desk.roster.peers.values(), key=lambda peer: peer.name)
            ),
        )

    return await desk.store.read(work)

"""What all operations work with."""

from collections.abc import Awaitable, Callable

import aiohttp
import msgspec

from schemas.errors import InputError
from schemas.events import Event
from schemas.node import Connection, Connector
from schemas.values import Millis
from service.peers.contact import Contacts
from service.peers.courier import Courier
from service.peers.identity import NodeIdentity
from service.rules.port import RuleEngine
from service.store.store import Store
from service.workers.dry_run_desk import DryRunDesk
from service.workers.keys import KeyDesk
from service.workers.metadata import ProjectMetadata
from service.workers.roster import LiveConnection, OpenConnector, Roster
from service.workers.runs import Runs
from service.workers.worker import Worker


class Desk(msgspec.Struct, frozen=True):
    store: Store
    roster: Roster
    engine: RuleEngine
    worker: Worker
    courier: Courier
    identity: NodeIdentity
    node_name: str
    public_url: str
    publish: Callable[[tuple[Event, ...]], Awaitable[None]]
    rearrange: Callable[[], Awaitable[None]]
    """Brings the running tasks in line with what the store now holds."""
    open_session: Callable[[Connector], aiohttp.ClientSession]
    """For the connector of that name."""
    now: Callable[[], Millis]
    new_id: Callable[[], str]
    random_bytes: Callable[[int], bytes]
    check_url: Callable[[str], str]
    ring_peer: Callable[[str], None]
    contacts: Contacts
    keys: KeyDesk
    runs: Runs
    known: ProjectMetadata
    """What the trackers' projects know."""
    dry_runs: DryRunDesk

    async def changed(self) -> None:
        """After a transaction that changed what this node has."""
        await self.roster.reload()
        await self.rearrange()

    def connector(self, name: str) -> OpenConnector:
        found = self.roster.connector_named(name)
        if found is None:
            names = sorted(c.record.name for c in self.roster.connectors.values())
            raise InputError(
                f"There is no connector {name!r}.",
                status=404,
                remedy=f"Connectors of this node: {', '.join(names) or 'none yet'}.",
            )
        return found

    def connector_of(self, record: Connection) -> Connector | None:
        found = self.roster.connectors.get(record.connector)
        return found.record if found else None

    def name_of(self, connection: str) -> str:
        """Of a connection's id, which stays as it is where there is no such connection any more."""
        live = self.roster.connections.get(connection)
        return live.record.name if live else connection

    def connection(self, name: str) -> LiveConnection:
        found = self.roster.connection_named(name)
        if found is None:
            names = sorted(c.record.name for c in self.roster.connections.values())
            raise InputError(
                f"There is no connection {name!r}.",
                status=404,
                remedy=f"Connections of this node: {', '.join(names) or 'none yet'}.",
            )
        return found

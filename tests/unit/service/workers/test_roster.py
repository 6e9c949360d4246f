"""What the roster answers about a peer's connections."""

from typing import Any

import msgspec

from schemas.node import ConnectionSettings
from service.store import connections
from service.workers.roster import touch


async def settle(shop: Any, connection: str, seconds: float, status: str = "active") -> None:
    def work(c: Any) -> None:
        settings = ConnectionSettings(poll_seconds=seconds)
        connections.update_settings(c, connection, settings, 0)
        connections.set_status(c, connection, status, "", 0)
        touch(c)

    await shop.store.write(work)
    await shop.roster.reload()


async def test_the_shortest_interval_of_the_active_connections_counts(private: Any) -> None:
    asked = lambda: private.roster.poll_seconds("peer", 20.0)  # noqa: E731
    assert asked() == 20.0
    await settle(private, "c", 7.0)
    assert asked() == 7.0
    await private.add_connection("d", "a", shared="shared-d")
    await settle(private, "d", 3.0)
    assert asked() == 3.0
    await settle(private, "d", 3.0, "paused")
    assert asked() == 7.0
    assert private.roster.poll_seconds("another", 20.0) == 20.0
    assert msgspec.to_builtins(ConnectionSettings()) == {}

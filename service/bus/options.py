"""What an operator may set on a bus."""

import msgspec


class BusOptions(msgspec.Struct, frozen=True):
    prefix: str = "tidegate"
    """Begins every exchange's and queue's name; two nodes on one virtual host need two."""
    delivery_limit: int = 20
    """After so many redeliveries an event goes to the dead-letter queue."""
    max_length_bytes: int = 256 << 20
    """What may wait; beyond it `publish` is refused."""
    publish_timeout: float = 5.0
    """Seconds for each 500 events of one `publish`."""
    connect_timeout: float = 10.0
    """Seconds for connecting and declaring, and what opening waits before it starts degraded."""
    probe_interval: float = 15.0
    """Seconds between two proofs that a quiet connection still works."""
    probe_timeout: float = 5.0
    reconnect_base: float = 0.25
    reconnect_cap: float = 15.0
    redelivery_base: float = 0.05
    """Seconds before a failed event is tried again; doubles each time, up to `redelivery_cap`."""
    redelivery_cap: float = 5.0

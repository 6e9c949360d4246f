"""How calls to one tracker are bounded."""

import msgspec


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, sizes in bytes."""

    connector: str
    title: str
    """The tracker's name in messages."""
    base: str
    """What every path is added to, without a slash at its end."""
    connect_timeout: float = 10.0
    request_timeout: float = 30.0
    """For a whole call; within a download, for each part."""
    transfer_timeout: float = 3600.0
    """For one attachment, up or down."""
    concurrency: int = 8
    """Calls under way at once; uploads are counted by themselves."""
    rate: float = 0.0
    """Calls a second; 0 knows no limit."""
    burst: int = 20
    """Calls that may come at once before `rate` holds them back."""
    write_rate: float = 0.0
    """Of writes alone, counted besides `rate`."""
    write_burst: int = 5
    patience: float = 2.0
    """What one call waits in all for limits and between tries."""
    tries: int = 3
    """Of a read, or of a write that is repeatable, when the tracker cannot be reached."""
    largest_answer: int = 64 << 20

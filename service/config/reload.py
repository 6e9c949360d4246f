"""What a running node takes over from a configuration that was read again."""

import msgspec

from service.config.model import Config

_LIVE = ("log", "scan")
"""Whole sections that can change while running."""
_LIVE_LIMITS = (
    "settle_ms", "drain_seconds", "peer_requests", "refusals_per_address", "partial_hours",
)  # fmt: skip
_LIVE_PEERS = ("poll_seconds", "allow_http_hosts")


class Changes(msgspec.Struct, frozen=True):
    taken: tuple[str, ...]
    left: tuple[str, ...]
    """Changed in the file, but only a restart brings them."""


def reloaded(running: Config, fresh: Config) -> tuple[Changes, Config]:
    """The running configuration with what can change taken from the fresh one."""
    limits = msgspec.structs.replace(
        running.limits, **{name: getattr(fresh.limits, name) for name in _LIVE_LIMITS}
    )
    peers = msgspec.structs.replace(
        running.peers, **{name: getattr(fresh.peers, name) for name in _LIVE_PEERS}
    )
    merged = msgspec.structs.replace(
        running, limits=limits, peers=peers, **{name: getattr(fresh, name) for name in _LIVE}
    )
    return Changes(_differences(running, merged), _differences(merged, fresh)), merged


def _differences(old: Config, new: Config) -> tuple[str, ...]:
    """Names of the keys whose values differ; values are never told, for they may be secret."""
    found = []
    for section in Config.__struct_fields__:
        before, after = getattr(old, section), getattr(new, section)
        if not isinstance(before, msgspec.Struct):
            found += [section] if before != after else []
            continue
        found += [
            f"{section}.{name}"
            for name in before.__struct_fields__
            if getattr(before, name) != getattr(after, name)
        ]
    return tuple(found)

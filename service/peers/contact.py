"""When each peer was last heard of, and since when it is away: for health."""

from collections.abc import Callable
from typing import Literal

import msgspec
import structlog

from schemas.errors import ClocksDiffer, PeerError, TidegateError
from schemas.values import Millis

log = structlog.get_logger()

Way = Literal["push", "long poll", "interval", "mailbox", "relay"]
"""`mailbox`: the peer is private and asks us."""


_SILENT = 90_000
"""Milliseconds. A private peer asks at least every 25 seconds, or every 20 where polls are cut."""


class PeerContact(msgspec.Struct, frozen=True):
    peer: str
    way: Way
    last: Millis | None
    away_since: Millis | None
    """None while the peer answers (or, of a private peer, while it asks)."""
    cause: str = ""
    remedy: str = ""
    refused: bool = False
    """The peer answers, and does not take what we say: its key or a clock is not what it was."""


class Contacts:
    def __init__(self, *, now: Callable[[], Millis]) -> None:
        self._now = now
        self._known: dict[str, PeerContact] = {}
        self._ahead: dict[str, int] = {}

    def of(self, peer: str) -> PeerContact | None:
        known = self._known.get(peer)
        return known and self._silent(known)

    def all(self) -> tuple[PeerContact, ...]:
        return tuple(map(self._silent, self._known.values()))

    def _silent(self, known: PeerContact) -> PeerContact:
        """Nobody notices a failure to ask us, only that nothing comes."""
        if known.way != "mailbox" or known.last is None or self._now() - known.last < _SILENT:
            return known
        return msgspec.structs.replace(
            known,
            away_since=known.last,
            cause="The peer has stopped asking for news.",
            remedy="Check that the other node runs and can reach this one's public URL.",
        )

    def clock_ahead(self, peer: str) -> int | None:
        """Seconds by which the peer's clock was ahead when it was last measured."""
        return self._ahead.get(peer)

    def measured(self, peer: str, ahead: int) -> None:
        """By what the peer signed, so it includes the way that it took here."""
        self._ahead[peer] = ahead

    def forget(self, peer: str) -> None:
        self._known.pop(peer, None)

    def reached(self, peer: str, way: Way) -> None:
        before = self._known.get(peer)
        if before is not None and before.away_since is not None:
            log.info("peer.back", peer=peer, away_since=before.away_since)
        self._known[peer] = PeerContact(peer, way, self._now(), None)

    def failed(self, peer: str, way: Way, error: TidegateError) -> None:
        before = self._known.get(peer)
        since = before.away_since if before else None
        if since is None:
            since = self._now()
            log.warning("peer.away", peer=peer, cause=error.message)
        if isinstance(error, ClocksDiffer):
            self._ahead[peer] = -error.ahead
        last = before.last if before else None
        refused = isinstance(error, PeerError)
        self._known[peer] = PeerContact(
            peer, way, last, since, error.message, error.remedy, refused
        )

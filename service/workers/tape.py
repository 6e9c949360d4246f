"""Keeps what rules were given, and what they made of it, while one twin is reconciled."""

import zlib
from typing import Literal

import msgspec

from schemas.issue import Issue
from schemas.replica import Replica
from schemas.rules import Diagnostic, Outgoing, RuleContext, RuleSet, Snippet, Wanted
from schemas.values import Millis
from service.rules.port import Direction, RuleEngine
from service.store import rule_recordings
from service.store.rule_recordings import Bounds
from service.store.store import Store
from service.workers.roster import LiveConnection

HOUR: Millis = 3_600_000


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """One run of a rule. `twin` and `key` say of what."""

    direction: Literal["outgoing", "incoming"]
    version: int
    context: RuleContext
    issue: Issue | None = None
    replica: Replica | None = None
    twin: str = ""
    key: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Run).decode


class TapedEngine:
    """A `RuleEngine` in front of another one."""

    def __init__(self, engine: RuleEngine) -> None:
        self._engine = engine
        self.runs: list[Run] = []
        self.sent: Outgoing | None = None
        """What the outgoing rule made last."""
        self.wanted: Wanted | None = None
        """What the incoming rule made first: of the newest replica."""
        self._asked = False

    async def outgoing(self, rules: RuleSet, issue: Issue, context: RuleContext) -> Outgoing | None:
        self.runs.append(
            Run("outgoing", rules.version, context, issue=issue, key=context.local_key)
        )
        self.sent = await self._engine.outgoing(rules, issue, context)
        return self.sent

    async def incoming(
        self, rules: RuleSet, replica: Replica, issue: Issue | None, context: RuleContext
    ) -> Wanted | None:
        first, self._asked = not self._asked, True
        if first:
            key = context.local_key or context.remote_key
            self.runs.append(Run("incoming", rules.version, context, issue, replica, key=key))
        wanted = await self._engine.incoming(rules, replica, issue, context)
        if first:
            self.wanted = wanted
        return wanted

    async def check(
        self, direction: Direction, source: str, file: str, library: tuple[Snippet, ...] = ()
    ) -> tuple[Diagnostic, ...]:
        return await self._engine.check(direction, source, file, library)

    async def check_snippet(
        self, snippet: Snippet, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]:
        return await self._engine.check_snippet(snippet, library)

    async def close(self) -> None:
        """The engine behind it belongs to another."""


class Recorder:
    """Writes tapes for the connections whose settings ask for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = 0

    def tape(self, live: LiveConnection, engine: RuleEngine) -> TapedEngine | None:
        return TapedEngine(engine) if live.record.settings.record_hours else None

    async def keep(
        self, tape: TapedEngine, live: LiveConnection, twin: str, fence: int, now: Millis
    ) -> None:
        if not tape.runs:
            return
        self._kept += 1
        contents = [packed(msgspec.structs.replace(run, twin=twin)) for run in tape.runs]
        place = f"{twin}-{fence}-{self._kept}"
        await self._store.write(
            lambda c: rule_recordings.add(
                c,
                self._store.vault,
                live.record.id,
                contents,
                place=place,
                at=now,
                bounds=bounds_of(live, now),
            )
        )


def bounds_of(live: LiveConnection, now: Millis) -> Bounds:
    """Switched off, it keeps nothing."""
    settings = live.record.settings
    size = settings.record_megabytes << 20 if settings.record_hours else 0
    return Bounds(now - settings.record_hours * HOUR, size)


def packed(run: Run) -> bytes:
    return zlib.compress(_encode(run), 1)


def unpacked(content: bytes) -> Run:
    return _decode(zlib.decompress(content))

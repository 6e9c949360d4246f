"""Sandbox sessions: one for each rule file in use, kept warm, thrown away when in doubt."""

import re
from asyncio import Semaphore
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from pydantic_monty import AsyncMonty, AsyncMontySession, OSPolicy

from schemas.rules import RuleSet, Snippet
from service.rules.limits import RuleLimits
from service.rules.linking import linked
from service.rules.port import Direction
from service.rules.prelude import prelude
from service.rules.snippets import bare

PRELUDE = prelude()
SURFACE = files("service.rules").joinpath("surface.pyi").read_text("utf-8")


class Script(msgspec.Struct, frozen=True):
    """What is loaded into a session. Equal ones share one, so all connections with default rules
    do."""

    direction: Direction
    source: str
    tables: str = ""
    snippets: tuple[Snippet, ...] = ()
    """Those that the file reaches, in their order."""

    @property
    def sources(self) -> tuple[str, ...]:
        return (*(snippet.source for snippet in self.snippets), self.source)


def script_of(direction: Direction, rules: RuleSet) -> Script:
    source = rules.outgoing if direction == "outgoing" else rules.incoming
    if not rules.snippets:
        return Script(direction, source, rules.tables)
    reached = linked(source, f"{direction}.py", rules.snippets)
    return Script(direction, source, rules.tables, reached.snippets)


RUNS = 500
"""A session is renewed after so many runs: its budget of suspensions is for its whole life."""

_VARYING = re.compile(
    r"\bimport\b.*\b(?:datetime|time|random|uuid|secrets)\b"
    r"|\bfrom\s+(?:datetime|time|random|uuid|secrets)\b"
    r"|\b(?:eval|exec)\b"
)

_INCOMING = re.compile(
    r"^def[ \t]+incoming\s*\(\s*\w+\s*(?::[^,*()]*)?,\s*(\w+)\s*[:,]", re.MULTILINE
)
_REFLECTING = re.compile(r"\b(?:eval|exec|locals|globals|vars|dir|lambda)\b|\bincoming\s*=")

Printed = Callable[[str, str], None]


@lru_cache(maxsize=256)
def varies(source: str) -> bool:
    """True when a rule may look at the clock or draw: it then gets a session for itself."""
    return _VARYING.search(source) is not None


def frozen(now: int, seed: str) -> OSPolicy:
    moment = datetime.fromtimestamp(now / 1000, UTC)
    return OSPolicy(datetime=moment, timezone="UTC", sleep="zero", random_start={"seed": seed})


@lru_cache(maxsize=256)
def asks_for_issue(source: str) -> bool:
    """False only where an incoming rule surely never looks at the issue here, which it then is not
    given: most rules ask the replica alone."""
    heads = _INCOMING.findall(source)
    if len(heads) != 1 or _REFLECTING.search(source):
        return True
    return len(re.findall(rf"\b{heads[0]}\b", source)) > 1


class RuleSession:
    """A worker that holds the prelude and one rule file."""

    def __init__(self, session: AsyncMontySession) -> None:
        self._session = session
        self.runs = 0

    async def load(self, script: Script) -> None:
        tables = script.tables
        filled = f"{PRELUDE}\n_tables.update({tables})\n" if tables else PRELUDE
        await self._session.feed_run(filled)
        for source in script.sources:
            await self._session.feed_run(bare(source), print_callback=_ignore)
        await self._session.feed_run(f"{script.direction} and None")

    async def run(
        self,
        code: str,
        inputs: dict[str, Any],
        lookup: dict[str, Any],
        printed: Printed,
    ) -> Any:
        self.runs += 1
        return await self._session.feed_run(
            code, inputs=inputs, external_lookup=lookup, print_callback=printed
        )

    @property
    def worker_pid(self) -> int | None:
        return self._session.worker_pid

    async def end(self) -> None:
        await self._session.__aexit__(None, None, None)


class RuleSessions:
    """`workers` rules run at once; up to `kept` sessions stay warm, the least used goes first."""

    def __init__(self, pool: AsyncMonty, *, workers: int, kept: int, limits: RuleLimits) -> None:
        self._pool = pool
        self._kept = kept
        self._limits = limits
        self._idle: list[tuple[Script, RuleSession]] = []
        self.turn = Semaphore(workers)

    @asynccontextmanager
    async def borrow(self, script: Script) -> AsyncIterator[RuleSession]:
        """A warm session. One in which anything went wrong does not come back."""
        async with self.turn:
            session = self._take(script) or await self._open(script, frozen(0, ""))
            try:
                yield session
            except BaseException:
                await session.end()
                raise
            await self._give_back(script, session)

    @asynccontextmanager
    async def fresh(
        self, script: Script, policy: OSPolicy, *, patience: int = 1
    ) -> AsyncIterator[RuleSession]:
        """`patience` allows so many times as much time."""
        async with self.turn:
            session = await self._open(script, policy, patience)
            try:
                yield session
            finally:
                await session.end()

    async def close(self) -> None:
        while self._idle:
            _, session = self._idle.pop()
            await session.end()

    def workers(self) -> tuple[int, ...]:
        """Process ids of the idle sessions."""
        pids = (session.worker_pid for _, session in self._idle)
        return tuple(pid for pid in pids if pid is not None)

    def _take(self, script: Script) -> RuleSession | None:
        for place in range(len(self._idle) - 1, -1, -1):
            if self._idle[place][0] == script:
                return self._idle.pop(place)[1]
        return None

    async def _give_back(self, script: Script, session: RuleSession) -> None:
        if session.runs >= RUNS:
            await session.end()
            return
        self._idle.append((script, session))
        while len(self._idle) > self._kept:
            _, oldest = self._idle.pop(0)
            await oldest.end()

    async def _open(self, script: Script, policy: OSPolicy, patience: int = 1) -> RuleSession:
        checkout = self._pool.checkout(
            script_name=f"{script.direction}.py",
            limits=self._limits.for_session(patience),
            os_policy=policy,
        )
        session = RuleSession(await checkout.__aenter__())
        try:
            await session.load(script)
        except BaseException:
            await session.end()
            raise
        return session


def _ignore(stream: str, text: str) -> None:
    """What a rule file prints while it loads was meant for nobody."""

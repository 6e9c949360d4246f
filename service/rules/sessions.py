"""Sandbox sessions: one for each rule file in use, kept warm, thrown away when in doubt."""

from asyncio import Semaphore
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from pydantic_monty import AsyncMonty, AsyncMontySession, OSPolicy

from schemas.rules import RuleSet, Snippet
from service.rules.inputs import Crossing
from service.rules.limits import RuleLimits
from service.rules.linking import linked
from service.rules.needs import Needs, needs_of
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
    needs: Needs = Needs()

    @property
    def sources(self) -> tuple[str, ...]:
        return (*(snippet.source for snippet in self.snippets), self.source)


def script_of(direction: Direction, rules: RuleSet) -> Script:
    source = rules.outgoing if direction == "outgoing" else rules.incoming
    return _script(direction, source, rules.tables, rules.snippets)


@lru_cache(maxsize=256)
def _script(direction: Direction, source: str, tables: str, library: tuple[Snippet, ...]) -> Script:
    reached = linked(source, f"{direction}.py", library).snippets if library else ()
    script = Script(direction, source, tables, reached)
    return msgspec.structs.replace(script, needs=needs_of(direction, script.sources))


RUNS = 500
"""A session is renewed after so many runs: its budget of suspensions is for its whole life."""

Printed = Callable[[str, str], None]


def frozen(now: int, seed: str) -> OSPolicy:
    moment = datetime.fromtimestamp(now / 1000, UTC)
    return OSPolicy(datetime=moment, timezone="UTC", sleep="zero", random_start={"seed": seed})


class RuleSession:
    """A worker that holds the prelude and one rule file."""

    def __init__(self, session: AsyncMontySession) -> None:
        self._session = session
        self.runs = 0

    async def load(self, script: Script) -> None:
        filled = f"{PRELUDE}\n_context_names.extend({script.needs.context or ()})\n"
        if script.tables:
            filled += f"_tables.update({script.tables})\n"
        await self._session.feed_run(filled)
        for source in script.sources:
            await self._session.feed_run(bare(source), print_callback=_ignore)
        await self._session.feed_run(f"{script.direction} and None")

    def run(
        self,
        code: str,
        given: Crossing,
        lookup: dict[str, Any],
        printed: Printed,
    ) -> Awaitable[Any]:
        self.runs += 1
        return self._session.feed_run(
            code, inputs={"_given": given}, external_lookup=lookup, print_callback=printed
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

    async def warm(self, script: Script, work: Callable[[RuleSession], Awaitable[Any]]) -> Any:
        """In a warm session. One in which anything went wrong does not come back."""
        async with self.turn:
            session = self._take(script) or await self._open(script, frozen(0, ""))
            try:
                done = await work(session)
            except BaseException:
                await session.end()
                raise
            await self._give_back(script, session)
            return done

    async def fresh(
        self,
        script: Script,
        policy: OSPolicy,
        work: Callable[[RuleSession], Awaitable[Any]],
        *,
        patience: int = 1,
    ) -> Any:
        """In a session of its own. `patience` allows so many times as much time."""
        async with self.turn:
            session = await self._open(script, policy, patience)
            try:
                return await work(session)
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

"""The script engine: rules run in worker processes of pydantic-monty, with limits always set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from pydantic_monty import AsyncMonty, MontyCrashedError, MontyError, MontyRuntimeError

from schemas.errors import ConfigurationError, MappingError, RuleError
from schemas.issue import Issue
from schemas.replica import Replica
from schemas.rules import Diagnostic, Outgoing, RuleContext, RuleSet, Snippet, Wanted
from service.rules import results
from service.rules.checking import check_rule, check_snippet
from service.rules.codec import RichTextCodec
from service.rules.failure import (
    FILES,
    asked,
    crashed,
    fed,
    function_line,
    out_of_time,
    translate,
    worn_out,
)
from service.rules.inputs import Crossing, Given, keys_input, previous_input
from service.rules.limits import RuleLimits
from service.rules.port import Direction, KeyAsked
from service.rules.sessions import RuleSession, RuleSessions, Script, frozen, script_of
from service.rules.worker_binary import confined_binary

log = structlog.get_logger()

GRACE = 0.3
"""Seconds past the limit after which a worker that does not end its rule is killed."""

PATIENCE = 3
"""The second try of a run may take so many times as long: a machine that is short of time must not
park an issue with hundreds of comments."""

_NO_START = (MontyError, OSError, RuntimeError)
"""What a pool raises whose worker cannot be started."""

_OUTGOING = "_run_outgoing(_given)"
_INCOMING = "_run_incoming(_given)"


class MontyEngine:
    """A `RuleEngine`. Made by `open_engine`."""

    def __init__(
        self, pool: AsyncMonty, sessions: RuleSessions, codec: RichTextCodec, limits: RuleLimits
    ) -> None:
        self._pool = pool
        self._codec = codec
        self._limits = limits
        self.sessions = sessions

    async def outgoing(self, rules: RuleSet, issue: Issue, context: RuleContext) -> Outgoing | None:
        given = Given(issue.fields, self._codec)
        given.held_before = context.told
        script = script_of("outgoing", rules)
        crossing = given.issue(issue), *_about(script, context)
        run = _Run(script, _OUTGOING, crossing, given, context, self._limits)
        exported = await self._answer(run)
        try:
            return results.outgoing(exported, given)
        except results.Refused as refused:
            raise run.refused(refused) from None

    async def incoming(
        self, rules: RuleSet, replica: Replica, issue: Issue | None, context: RuleContext
    ) -> Wanted | None:
        script = script_of("incoming", rules)
        given = Given(replica.fields, self._codec)
        local = given.issue(issue) if issue is not None and script.needs.issue else None
        given.held_before = context.taken
        crossing = given.replica(replica), local, *_about(script, context)
        run = _Run(script, _INCOMING, crossing, given, context, self._limits)
        exported = await self._answer(run)
        try:
            return results.wanted(exported, given)
        except results.Refused as refused:
            raise run.refused(refused) from None

    async def check(
        self, direction: Direction, source: str, file: str, library: tuple[Snippet, ...] = ()
    ) -> tuple[Diagnostic, ...]:
        async with self.sessions.turn:
            return await check_rule(self._pool, direction, source, file, library, self._limits)

    async def check_snippet(
        self, snippet: Snippet, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]:
        async with self.sessions.turn:
            return await check_snippet(self._pool, snippet, library, self._limits)

    async def close(self) -> None:
        await self.sessions.close()

    async def _answer(self, run: "_Run") -> Any:
        exported = await self._run(run)
        if isinstance(exported, tuple):
            way, key = exported
            raise KeyAsked(way, key, FILES[run.direction])
        return exported

    async def _run(self, run: "_Run") -> Any:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await self._once(run)
        except MontyCrashedError as error:
            log.warning("rule.worker_ended", direction=run.direction, cause=str(error))
            if clock() - began >= self._limits.seconds:
                raise out_of_time(run.direction, run.source, self._limits) from error
        except MontyError as error:
            # A machine that is short of time may have stopped a rule that is quick enough.
            if not worn_out(error) and not isinstance(error.exception(), TimeoutError):
                raise self._failure(error, run) from error
        began = clock()
        try:
            return await self._once(run, patience=PATIENCE)
        except MontyCrashedError as error:
            if clock() - began >= self._limits.seconds * PATIENCE:
                raise out_of_time(run.direction, run.source, self._limits) from error
            raise crashed(run.direction, error) from error
        except MontyError as error:
            raise self._failure(error, run) from error

    async def _once(self, run: "_Run", *, patience: int = 1) -> Any:
        try:
            if run.script.needs.varies or patience > 1:
                policy = run.policy()
                return await self.sessions.fresh(run.script, policy, run.within, patience=patience)
            return await self.sessions.warm(run.script, run.within)
        finally:
            if run.printed:
                log.debug("rule.printed", file=FILES[run.direction], text=run.printed)
                run.printed = ""

    def _failure(self, error: MontyError, run: "_Run") -> RuleError | MappingError:
        files = fed(run.direction, run.script.snippets)
        return translate(error, run.direction, run.source, self._limits, files)


def _about(script: Script, context: RuleContext) -> Crossing:
    """The context and what was before, for rules that may look at them, and the keys."""
    needs = script.needs
    asked = needs.context
    return (
        None if asked is None else tuple([getattr(context, name) for name in asked]),
        previous_input(context) if needs.previous and context.previous else None,
        keys_input(context),
    )


class _Run:
    def __init__(
        self,
        script: Script,
        code: str,
        crossing: Crossing,
        given: Given,
        context: RuleContext,
        limits: RuleLimits,
    ) -> None:
        self.script = script
        self.direction = script.direction
        self.source = script.source
        self.printed = ""
        """The beginning of what the rule prints."""
        self._code = code
        self._crossing = crossing
        self._given = given
        self._context = context
        self._room = limits.printed

    async def within(self, session: RuleSession) -> Any:
        lookup = {"_host_plain": self._given.plain, "_host_markdown": self._given.markdown}
        try:
            return await session.run(self._code, self._crossing, lookup, self._print)
        except MontyRuntimeError as error:
            # Here, so that the session stays warm: the rule is asked again at once.
            if (key := asked(error)) is not None:
                return key
            raise

    def _print(self, stream: str, text: str) -> None:
        self.printed += text[: self._room - len(self.printed)]

    def policy(self) -> Any:
        about = self._context
        return frozen(about.now, f"{about.connection} {about.local_key} {about.remote_key}")

    def refused(self, refused: results.Refused) -> RuleError:
        line = function_line(self.direction, self.source)
        return results.refusal(refused, FILES[self.direction], line)


@asynccontextmanager
async def open_engine(
    codec: RichTextCodec,
    *,
    workers: int = 2,
    kept: int = 8,
    limits: RuleLimits = RuleLimits(),  # noqa: B008 (frozen)
) -> AsyncIterator[MontyEngine]:
    """Starts the workers. `workers` rules run at once; `kept` rule files stay loaded.

    Each kept file has a worker process of its own, about 7 MB.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tidegate-rules-")))
        pool = await _start(stack, folder, workers + kept, limits)
        sessions = RuleSessions(pool, workers=workers, kept=kept, limits=limits)
        stack.push_async_callback(sessions.close)
        yield MontyEngine(pool, sessions, codec, limits)


async def _start(
    stack: AsyncExitStack, folder: Path, processes: int, limits: RuleLimits
) -> AsyncMonty:
    script = confined_binary(folder)
    if script is not None:
        try:
            return await stack.enter_async_context(_pool(script, processes, limits))
        except _NO_START as error:
            log.warning("rule.worker_unconfined", cause=str(error))
    try:
        return await stack.enter_async_context(_pool(None, processes, limits))
    except _NO_START as error:
        raise ConfigurationError(
            f"The worker of the rules does not start: {error}",
            remedy="Install tidegate again, so that the `monty` program stands beside it.",
        ) from error


def _pool(binary: Path | None, processes: int, limits: RuleLimits) -> AsyncMonty:
    return AsyncMonty(
        binary_path=binary,
        max_processes=processes,
        checkout_timeout=limits.check_seconds,
        request_timeout=limits.check_seconds,
        feed_duration_limit_grace=GRACE,
        turn_duration_limit_grace=GRACE,
    )

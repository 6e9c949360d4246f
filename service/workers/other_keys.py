"""Answers a rule that asks for the key of another issue: looked up, and the rule run again with it.

A rule has no way out of its sandbox. So it stays pure: with the same keys it says the same.
"""

from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import msgspec

from schemas.errors import RuleError
from schemas.issue import Issue
from schemas.replica import Replica
from schemas.rules import Diagnostic, Outgoing, RuleContext, RuleSet, Snippet, Wanted
from service.rules.port import Direction, KeyAsked, RuleEngine

MOST = 100
"""Keys that one rule may ask for in one run."""

Way = Literal["local", "remote"]
Find = Callable[[Way, str], Awaitable[str | None]]
R = TypeVar("R")


class KeysEngine:
    """A `RuleEngine` for one connection."""

    def __init__(self, engine: RuleEngine, find: Find) -> None:
        self._engine, self._find = engine, find

    async def outgoing(self, rules: RuleSet, issue: Issue, context: RuleContext) -> Outgoing | None:
        return await self._asked(context, lambda c: self._engine.outgoing(rules, issue, c))

    async def incoming(
        self, rules: RuleSet, replica: Replica, issue: Issue | None, context: RuleContext
    ) -> Wanted | None:
        return await self._asked(context, lambda c: self._engine.incoming(rules, replica, issue, c))

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

    async def _asked(self, context: RuleContext, run: Callable[[RuleContext], Awaitable[R]]) -> R:
        for _ in range(MOST):
            try:
                return await run(context)
            except KeyAsked as asked:
                found = {asked.key: await self._find(asked.way, asked.key)}
                if asked.way == "local":
                    keys = context.local_keys | found
                    context = msgspec.structs.replace(context, local_keys=keys)
                else:
                    keys = context.remote_keys | found
                    context = msgspec.structs.replace(context, remote_keys=keys)
        raise RuleError(
            f"The rule asked for the keys of more than {MOST} other issues and was ended.",
            remedy="Ask for fewer of them, then retry.",
        )

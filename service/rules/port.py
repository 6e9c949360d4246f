"""The script engine port."""

from typing import Literal, Protocol

from schemas.issue import Issue
from schemas.replica import Replica
from schemas.rules import Diagnostic, Outgoing, RuleContext, RuleSet, Snippet, Wanted

Direction = Literal["outgoing", "incoming"]


class RuleEngine(Protocol):
    """Runs rules. Raises `RuleError` or `MappingError`, both with what a person should do."""

    async def outgoing(self, rules: RuleSet, issue: Issue, context: RuleContext) -> Outgoing | None:
        """None: the rule lets nothing out."""
        ...

    async def incoming(
        self, rules: RuleSet, replica: Replica, issue: Issue | None, context: RuleContext
    ) -> Wanted | None:
        """None: the rule ignores this replica. `issue` is None on the first sync."""
        ...

    async def check(
        self, direction: Direction, source: str, file: str, library: tuple[Snippet, ...] = ()
    ) -> tuple[Diagnostic, ...]:
        """Syntax and types against the stubs, without running anything. Of the library's snippets
        the file may import."""
        ...

    async def check_snippet(
        self, snippet: Snippet, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]: ...

    async def close(self) -> None: ...

"""The script engine port."""

from typing import Literal, Protocol

from schemas.errors import RuleError
from schemas.issue import Issue
from schemas.replica import Replica
from schemas.rules import Diagnostic, Outgoing, RuleContext, RuleSet, Snippet, Wanted

Direction = Literal["outgoing", "incoming"]


class KeyAsked(RuleError):
    """The rule asks for the key of another issue, which the context does not have yet."""

    def __init__(self, way: Literal["local", "remote"], key: str, file: str) -> None:
        super().__init__(
            f"The rule asks for the {way} key of {key}, which is not given.",
            remedy=f"Give it in the context, as {way}_keys.",
            file=file,
        )
        self.way, self.key = way, key


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

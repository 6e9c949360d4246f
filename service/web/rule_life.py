"""What the management API asks of the daemon about the life of rules."""

from typing import Protocol

from schemas.api import Page, PageQuery
from schemas.rule_life import (
    DiffQuery,
    DraftPut,
    DraftView,
    DryRun,
    DryRunBody,
    PublishBody,
    RecorderView,
    ReplayBody,
    ReplayReport,
    RollbackBody,
    RulesDiff,
    RulesSaved,
    RuleVersionDetail,
    RuleVersionView,
)


class RuleLife(Protocol):
    """`name` is a connection's. Raises `InputError` as `Operations` does."""

    async def versions(self, name: str, query: PageQuery) -> Page[RuleVersionView]: ...

    async def version(self, name: str, version: str) -> RuleVersionDetail: ...

    async def draft(self, name: str) -> DraftView: ...

    async def save_draft(self, name: str, body: DraftPut, author: str) -> DraftView: ...

    async def discard(self, name: str) -> None: ...

    async def publish(self, name: str, body: PublishBody, author: str) -> RulesSaved:
        """Publishes nothing, and answers with findings, when the draft does not pass the check."""
        ...

    async def roll_back(self, name: str, body: RollbackBody, author: str) -> RulesSaved: ...

    async def diff(self, name: str, query: DiffQuery) -> RulesDiff: ...

    async def recorder(self, name: str) -> RecorderView: ...

    async def forget(self, name: str) -> None: ...

    async def replay(self, name: str, body: ReplayBody) -> ReplayReport: ...

    async def dry_run(self, name: str, body: DryRunBody, author: str = "") -> DryRun:
        """Where the other side is asked, it is on record who asked."""
        ...

"""What one reconcile works with, handed in by whoever runs it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from adapters.port import ByteStream, Tracker
from schemas.errors import TidegateError
from schemas.metadata import FieldInfo
from schemas.replica import ReplicaAttachment, TwinMessage
from schemas.rules import RuleContext, RuleSet
from schemas.twin import Twin
from schemas.values import Millis, User, Value
from service.rules.masking import Masks
from service.rules.port import RuleEngine
from service.sync.merge import Conflict
from service.sync.policy import Policy
from service.sync.relations import Known

NO_MASKS = Masks(())
OpenContent = Callable[[], Awaitable[ByteStream]]


class Contents(Protocol):
    """Bytes of the other side's attachments."""

    async def find(self, twin: Twin, file: ReplicaAttachment) -> OpenContent | None:
        """None: they are on their way; the twin is rung again when they are here."""
        ...

    async def decline(self, twin: Twin, file: ReplicaAttachment, reason: str) -> None:
        """They are left out here; the other side is told why."""
        ...

    async def release(self, twin: Twin, file: ReplicaAttachment) -> None:
        """The bytes are needed no more."""
        ...


class Kin(Protocol):
    """The other issues that are under sync in the same connection."""

    async def twins_of(self, issues: frozenset[str]) -> dict[str, str]:
        """By the local issue's id; those under no sync are left out."""
        ...

    async def issues_of(self, twins: frozenset[str]) -> dict[str, Known]:
        """By twin; those that have no local issue are left out."""
        ...


class Persons(Protocol):
    """The people of this side's tracker."""

    async def who_is(self, user: User) -> User | None:
        """Who the other side's user is here; None when nobody is known to be."""
        ...

    def in_table(self, user: User) -> bool:
        """Whether a person has said who the other side's user is here."""
        ...

    async def one_of_ours(self, user: User) -> User | None:
        """The person whom this side calls so, by e-mail, name or id."""
        ...


class Ground(Protocol):
    """What the tracker's projects know, as far as it can tell."""

    async def fields(
        self, project: str, type: str, *, young: bool = False
    ) -> Mapping[str, FieldInfo] | None:
        """By neutral name; None when the tracker does not tell. `young`: as they are now, or were
        a moment ago."""
        ...

    async def ids(self, project: str, fields: Mapping[str, Value]) -> dict[str, dict[str, str]]:
        """Field -> value -> its id, of what is chosen from a list whose entries have ids."""
        ...


class Note(msgspec.Struct, frozen=True):
    """One line for the activity log."""

    event: str
    detail: dict[str, str | int | list[str]]


class Outcome(msgspec.Struct, frozen=True):
    """What a reconcile came to, to be committed in one transaction."""

    twin: Twin
    message: TwinMessage | None
    conflicts: tuple[Conflict, ...]
    notes: tuple[Note, ...]
    error: TidegateError | None = None
    looked: int = 0
    """The local version as it was read, before anything was written; 0 when nothing was."""


class TwinLedger(Protocol):
    """Where a running reconcile commits what must outlive a crash."""

    async def checkpoint(self, outcome: Outcome) -> None:
        """Commits all that was done so far in one transaction, before a call that creates."""
        ...


class Wrote(Protocol):
    """Told of each write at once, so that its webhook is known as an echo."""

    def __call__(self, *, version: int = 0, comment: str = "") -> None: ...


class Bench(msgspec.Struct, frozen=True):
    connection: str
    """The id of the connection that both sides know."""
    tracker: Tracker
    engine: RuleEngine
    rules: RuleSet
    context: RuleContext
    policy: Policy
    allowed: frozenset[str]
    project: str
    issue_type: str
    attachment_limit: int
    ledger: TwinLedger
    contents: Contents
    kin: Kin
    persons: Persons
    ground: Ground
    wrote: Wrote
    now: Callable[[], Millis]
    far: bool = False
    """The other side is another node, which cannot ask this tracker what its values are."""
    masks: Masks = NO_MASKS
    """What must never leave in any text."""

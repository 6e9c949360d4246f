"""One end of the simulated connection: its tracker, what it has committed, and its passes."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol

import msgspec

from adapters.port import ByteStream
from schemas.errors import TrackerError
from schemas.issue import ALL_PARTS, IssueRef, Part
from schemas.metadata import FieldInfo
from schemas.replica import ReplicaAttachment, TwinMessage
from schemas.rules import RuleContext, RuleSet
from schemas.twin import Twin
from schemas.values import User
from service.sync.disclosure import DEFAULT as DEFAULT_ALLOWED
from service.sync.intake import merge_messages
from service.sync.markers import UNDER_WAY
from service.sync.merge import Conflict
from service.sync.policy import Policy
from service.sync.relations import Known
from service.sync.restoring import risen
from service.workers.bench import Bench, Kin, OpenContent, Outcome
from service.workers.field_writes import Undecided
from service.workers.reconciliation import Reconciliation
from tests.simulation.model_engine import Mapping, ModelEngine
from tests.simulation.model_tracker import Held, ModelTracker

TWIN = "twin"


class Crash(BaseException):
    """The process ends here; only what was committed remains."""


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine whose ports never wait, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a port of the simulation waited")


class Backup(msgspec.Struct, frozen=True):
    twin: Twin | None
    incoming: TwinMessage | None
    outbox: TwinMessage | None
    received: int
    parked: bool


class Family(Kin, Protocol):
    """The other twins of the same side."""

    def kept(self, before: Twin | None, after: Twin) -> None: ...


class Alone:
    """Of an end whose issue is the only one under sync."""

    def kept(self, before: Twin | None, after: Twin) -> None:
        """Called in each transaction that keeps the twin."""

    async def twins_of(self, issues: frozenset[str]) -> dict[str, str]:
        return {}

    async def issues_of(self, twins: frozenset[str]) -> dict[str, Known]:
        return {}


class End:
    """`faults` are planted: the harness must notice each."""

    def __init__(
        self, name: str, other: str, tracker: ModelTracker, mapping: Mapping, twin: str = TWIN
    ) -> None:
        self.name, self.other, self.tracker, self.id = name, other, tracker, twin
        self.engine = ModelEngine(mapping)
        self.kin: Family = Alone()
        self.twin: Twin | None = None
        self.incoming: TwinMessage | None = None
        self.outbox: TwinMessage | None = None
        self.received = 0
        """The newest version that ever arrived."""
        self.given = 0
        """Of the message that the running pass has taken in."""
        self.parked = False
        self.passes = self.undecided = 0
        self.rules_version = 1
        self.policy = "newest"
        self.paragraphs: tuple[str, ...] = ()
        self.conflicts: list[Conflict] = []
        self.decided_from = 0
        """How many there were when either side was last restored."""
        self.errors: list[Exception] = []
        self.floor = self.forgot = 0
        """As of a peer: raised when either side was restored from a backup."""
        self.left_over = False
        """After a restore, until its peer has told of it."""
        self.peer: End
        self.faults: frozenset[str] = frozenset()

    # The bench's ports

    async def checkpoint(self, outcome: Outcome) -> None:
        self.tracker.step("before checkpoint")
        if "intent not committed" not in self.faults:
            self._commit(outcome)
        self.tracker.step("after checkpoint")

    def _commit(self, outcome: Outcome) -> None:
        if "two transactions" in self.faults:
            self.twin = outcome.twin
            self.tracker.step("between commits")
        base = self.twin.base if self.twin else outcome.twin.base
        before, self.twin = self.twin, outcome.twin
        self.kin.kept(before, self.twin)
        if "base not saved" in self.faults:
            self.twin = msgspec.structs.replace(outcome.twin, base=base)
        if outcome.message is not None:
            self.outbox = self._spoiled(outcome.message)
        if self.incoming is not None and self.incoming.version <= self.given:
            self.incoming = None
        self.conflicts += outcome.conflicts
        if outcome.error is not None:
            self.errors.append(outcome.error)

    def _spoiled(self, message: TwinMessage) -> TwinMessage:
        if "decisions not told" in self.faults:
            return msgspec.structs.replace(message, decided=())
        if "stamps not kept" not in self.faults:
            return message
        stamps = {n: s for n, s in message.replica.stamps.items() if s.version == message.version}
        return msgspec.structs.replace(
            message, replica=msgspec.structs.replace(message.replica, stamps=stamps)
        )

    async def find(self, twin: Twin, file: ReplicaAttachment) -> OpenContent | None:
        peer_issue = self.peer.issue
        if peer_issue is None or file.id not in peer_issue.files:
            return None
        content = peer_issue.files[file.id][1]

        async def open_content() -> ByteStream:
            async def stream() -> AsyncIterator[bytes]:
                yield content

            return stream()

        return open_content

    async def decline(self, twin: Twin, file: ReplicaAttachment, reason: str) -> None:
        return None

    async def who_is(self, user: User) -> User | None:
        return None

    def in_table(self, user: User) -> bool:
        return False

    async def one_of_ours(self, user: User) -> User | None:
        return None

    async def fields(
        self, project: str, type: str, *, young: bool = False
    ) -> dict[str, FieldInfo] | None:
        return None

    async def ids(self, project: str, fields: object) -> dict[str, dict[str, str]]:
        return {}

    async def release(self, twin: Twin, file: ReplicaAttachment) -> None:
        return None

    def _bench(self) -> Bench:
        return Bench(
            connection="connection",
            tracker=self.tracker,
            engine=self.engine,
            rules=RuleSet(self.rules_version, "", ""),
            context=RuleContext("connection", self.name, self.other),
            policy=Policy(self.name, self.other, self.policy, paragraphs=self.paragraphs),
            allowed=DEFAULT_ALLOWED,
            project="P",
            issue_type="",
            attachment_limit=1 << 20,
            ledger=self,
            contents=self,
            kin=self.kin,
            persons=self,
            ground=self,
            wrote=lambda **_: None,
            now=self.tracker.clock,
        )

    # What happens to a node

    def start(self, issue_id: str) -> None:
        self.twin = Twin(self.id, "connection", issue=IssueRef(issue_id, issue_id, ""))

    def receive(self, message: TwinMessage) -> None:
        """A twin that waits for a person's decision is looked at again: it may have been made."""
        if self.twin is None:
            self.twin = Twin(self.id, "connection")
        if message.version <= self.received:
            return
        self.received = message.version
        if "waiting messages not merged" in self.faults:
            self.incoming = message
        else:
            self.incoming = merge_messages(self.incoming, message)
        if "acknowledged on arrival" in self.faults:
            self.twin = msgspec.structs.replace(self.twin, included=message.version)
        self.parked = False

    def decide(self, keep: str) -> None:
        """A person at this side settles the conflict that their twin is parked for."""
        if self.parked and self.twin is not None:
            self.twin = msgspec.structs.replace(
                self.twin, keep="local" if keep == "local" else "remote"
            )
            self.parked = False

    def lose_message(self) -> None:
        """What waited to be sent is gone for good; a person has the issue sent again."""
        if self.twin is not None and self.outbox is not None:
            self.outbox = None
            self.twin = msgspec.structs.replace(self.twin, resend=True)

    def backup(self) -> "Backup":
        return Backup(self.twin, self.incoming, self.outbox, self.received, self.parked)

    def restore(self, backup: "Backup") -> None:
        """The database as it was; the tracker and its people went on."""
        self.twin, self.incoming, self.outbox = backup.twin, backup.incoming, backup.outbox
        self.received, self.parked = backup.received, backup.parked
        self.left_over = True

    def forget_text(self) -> None:
        """The other side's large text, which it will refer to by its digest, is lost here."""
        if self.twin is None or self.twin.issue is None or self.incoming is not None:
            return
        if self.twin.included == self.twin.replica_version:
            fields = {n: v for n, v in self.twin.replica.fields.items() if n != "description"}
            replica = msgspec.structs.replace(self.twin.replica, fields=fields)
            self.twin = msgspec.structs.replace(self.twin, replica=replica)

    def ring(self, step: Callable[[str], None], parts: frozenset[Part] = ALL_PARTS) -> bool:
        """One pass. True when it came to its end; else what was committed is left."""
        if self.twin is None or self.parked:
            return True
        self.tracker.step = step
        self.passes += 1
        try:
            self._pass(self.twin, parts)
        except (Crash, TrackerError):
            self._wait()
            return False
        finally:
            self.tracker.step = lambda _: None
        return True

    def _pass(self, twin: Twin, parts: frozenset[Part]) -> None:
        self.given = self.incoming.version if self.incoming else 0
        if "marker not looked up" in self.faults:
            twin = msgspec.structs.replace(twin, intents=())
        run = Reconciliation(
            self._bench(),
            risen(twin, self.floor, self.forgot),
            incoming=self.incoming,
            waiting=self.outbox,
            parts=parts,
            deleted=bool(self.tracker.deleted),
            left_over=self.left_over,
        )
        outcome = drive(run.run())
        self.tracker.step("before commit")
        self._commit(outcome)
        self.parked = isinstance(outcome.error, Undecided)
        self.undecided += self.parked
        self.tracker.step("after commit")
        if outcome.error is not None:
            self._wait()

    def _wait(self) -> None:
        """A retry comes later: by then a call that was cut off is over."""
        self.tracker.clock.at += UNDER_WAY

    @property
    def issue(self) -> Held | None:
        if self.twin is None or self.twin.issue is None:
            return None
        return self.tracker.issues.get(self.twin.issue.id)

"""Two ends of one connection and the link between them, all in memory.

The ends run the daemon's own reconcile over a model tracker. The world can lose, double, delay and
reorder messages, crash an end between any two steps, let any call fail, and let a person edit in
the middle of a pass.
"""

import msgspec

from schemas.replica import TwinMessage
from schemas.rich_text import RichText, plain, to_plain
from service.workers.resync import AT_MOST_EVERY
from tests.simulation.end import End
from tests.simulation.model_engine import Mapping
from tests.simulation.model_tracker import Clock, ModelTracker
from tests.simulation.people import People

READ_BY_B = {"todo": "new", "progress": "active", "review": "active", "done": "closed"}
READ_BY_A = {"new": "todo", "active": "progress", "closed": "done"}
CUT = 12


class Terms(msgspec.Struct, frozen=True):
    """What holds for one history."""

    markers: bool = True
    """Whether comments keep their marker."""
    policy: str = "newest"
    refusing: str = ""
    """The side that takes no labels."""
    faults: frozenset[str] = frozenset()
    paragraphs: bool = False
    """Whether texts are merged by paragraphs."""


def tidy_a(name: str, value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def tidy_b(name: str, value: object) -> object:
    """The second tracker cuts summaries and loses bold print, as real ones do."""
    if name == "summary" and isinstance(value, str):
        return value.strip()[:CUT]
    if isinstance(value, RichText):
        return plain(to_plain(value))
    return value


class World:
    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.clock = Clock()
        self.a = self._end("a", "b", tidy_a, READ_BY_A)
        self.b = self._end("b", "a", tidy_b, READ_BY_B)
        self.a.peer, self.b.peer = self.b, self.a
        self.b.tracker.says_gone = self.b.tracker.counts_comments = False
        self.ends = {"a": self.a, "b": self.b}
        self.history: dict[str, list[TwinMessage]] = {"a": [], "b": []}
        self.people = People(self.ends, paragraphs=3 if terms.paragraphs else 1)
        self.a.start(self.a.tracker.person_creates(self.people.first_issue()))
        self.backups = {side: end.backup() for side, end in self.ends.items()}
        self.known_from = ("", 0)
        """The side that alone knows of a new policy, and its version when it began to."""
        self.restores = 0
        self.restored = ""
        """The side that was restored while neither knows what to make of it."""

    def _end(self, name: str, other: str, tidy: object, reads: dict[str, str]) -> End:
        terms = self.terms
        assert callable(tidy)
        tracker = ModelTracker(f"t{name}", self.clock, tidy, markers=terms.markers)
        end = End(name, other, tracker, Mapping(reads, refuses_labels=terms.refusing == name))
        end.policy, end.faults = terms.policy, terms.faults
        end.paragraphs = ("*",) if terms.paragraphs else ()
        return end

    def agree(self, side: str, policy: str) -> None:
        """Both wished the same; `side` knows first, and its next message tells the other."""
        self._settle_policy()
        end = self.ends[side]
        end.policy = policy
        self.known_from = (side, end.twin.version if end.twin else 0)

    def _settle_policy(self) -> None:
        side, _ = self.known_from
        if side:
            self.ends[side].peer.policy = self.ends[side].policy
        self.known_from = ("", 0)

    def _heed_policy(self, side: str, message: TwinMessage) -> None:
        if side == self.known_from[0] and message.version > self.known_from[1]:
            self._settle_policy()

    # The link

    def send(self, side: str) -> None:
        """The newest message leaves; it may arrive now, later, twice, or never."""
        message = self.ends[side].outbox
        if message is not None and message not in self.history[side]:
            self.history[side].append(message)

    def restore(self, side: str) -> None:
        """From the newest backup. Until both know of it, neither takes anything."""
        if self.restored:
            return
        self.restores += 1
        self.ends[side].restore(self.backups[side])
        self.people.forget(side)
        self.history = {"a": [], "b": []}
        self.restored = side

    def resync(self) -> None:
        """The restored side begins a new epoch, and both say everything once more."""
        if not self.restored:
            return
        self.clock.at += AT_MOST_EVERY
        floor = self.clock()
        for end in self.ends.values():
            end.floor = floor
            end.parked = end.left_over = False
            end.decided_from = len(end.conflicts)
        # Its feed begins anew: what it said in between is neither sent nor taken any more.
        self.history[self.restored] = []
        self.ends[self.restored].outbox = None
        self.ends[self.restored].forgot = floor
        self.restored = ""
        self.people.forgetful = ""
        for side, end in self.ends.items():
            end.ring(lambda _: None)
            self.send(side)

    def deliver(self, side: str, choice: int) -> None:
        """Any message that ever left `side` arrives at the other side, without its receipt."""
        if self.history[side] and not self.restored:
            message = self.history[side][choice % len(self.history[side])]
            self._heed_policy(side, message)
            self.ends[side].peer.receive(message)

    def deliver_newest(self, side: str) -> None:
        """The newest arrives, and so does its receipt."""
        self.send(side)
        end = self.ends[side]
        if end.outbox is not None and not self.restored:
            self._heed_policy(side, end.outbox)
            end.peer.receive(end.outbox)
            end.outbox = None

    # Rest

    def settle(self) -> None:
        """Lets everything run until nothing moves any more; people decide what waits for them."""
        self.resync()
        self._settle_policy()
        for turn in range(40):
            before = self.motion()
            for side in "ab":
                self.ends[side].ring(lambda _: None)
                self.deliver_newest(side)
            for side in "ab":
                self.ends[side].ring(lambda _: None)
            parked = next((e for e in self.ends.values() if e.parked), None)
            if parked is not None:
                parked.decide("local" if turn % 2 else "remote")
            elif self.motion() == before and not self._waits():
                return
        raise AssertionError("the two sides do not come to rest")

    def _waits(self) -> bool:
        return any(e.outbox or e.incoming for e in self.ends.values())

    def motion(self) -> tuple[int, ...]:
        versions = tuple(e.twin.version if e.twin else 0 for e in self.ends.values())
        return (self.a.tracker.writes, self.b.tracker.writes, *versions)

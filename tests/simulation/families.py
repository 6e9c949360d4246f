"""Several twins of one connection whose issues are tied: parents, links, and what waits for what.

Nobody is rung but by a person's edit, a message, a retry, or because another twin has made it due:
what comes to rest so was rung for by the product.
"""

import msgspec

from schemas.replica import TwinMessage
from schemas.twin import Relations, Twin
from schemas.values import Fields
from service.sync.relations import Known, awaited, concerned
from tests.simulation.end import End
from tests.simulation.model_engine import Mapping
from tests.simulation.model_tracker import CAPABILITIES, Clock, ModelTracker
from tests.simulation.people import PAUSE

ISSUES = 4
NONE = frozenset[str]()


class Same(dict[str, str]):
    def __missing__(self, word: str) -> str:
        return word


class Side:
    """Its ends by twin, and its rows: who is due, and who waits for what."""

    def __init__(self, name: str, clock: Clock, faults: frozenset[str]) -> None:
        self.name, self.faults = name, faults
        self.tracker = ModelTracker(f"t{name}", clock, lambda _, value: value, markers=True)
        other = "b" if name == "a" else "a"
        self.ends = {
            f"t{n}": End(name, other, self.tracker, Mapping(Same()), f"t{n}") for n in range(ISSUES)
        }
        for end in self.ends.values():
            end.kin = self
        self.due: set[str] = set()
        self.waits: dict[str, frozenset[str]] = {}

    # A bench's kin, and the ledger's share of it

    async def twins_of(self, issues: frozenset[str]) -> dict[str, str]:
        return {id: twin for twin, id in self._issues().items() if id in issues}

    async def issues_of(self, twins: frozenset[str]) -> dict[str, Known]:
        return {twin: Known(id) for twin, id in self._issues().items() if twin in twins}

    def _issues(self) -> dict[str, str]:
        return {
            twin: end.twin.issue.id
            for twin, end in self.ends.items()
            if end.twin and end.twin.issue
        }

    def kept(self, before: Twin | None, after: Twin) -> None:
        known = before.relations if before else Relations()
        if awaited(after.relations) != awaited(known) and "waiting not kept" not in self.faults:
            self.waits[after.id] = awaited(after.relations)
            if self.waits[after.id] & self._here():
                self.due.add(after.id)
        if after.issue is not None and (before is None or before.issue is None):
            self.arrived(after.id)
        if "other end not rung" not in self.faults:
            self.due |= concerned(before or Twin(after.id, ""), after)

    def arrived(self, twin: str) -> None:
        came = {f"twin:{twin}", f"issue:{self._issues()[twin]}"}
        for waiting, what in self.waits.items():
            if what & came:
                self.due.add(waiting)
                self.waits[waiting] = what - came

    def _here(self) -> set[str]:
        issues = self._issues()
        return {f"twin:{twin}" for twin in issues} | {f"issue:{id}" for id in issues.values()}

    def issue_of(self, twin: str) -> str | None:
        return self._issues().get(twin)


class Families:
    """`poor`: the second tracker knows no kind of link but the plain one."""

    def __init__(self, *, poor: bool, faults: frozenset[str]) -> None:
        self.clock = Clock()
        self.sides = {name: Side(name, self.clock, faults) for name in "ab"}
        a, b = self.sides.values()
        for twin, end in a.ends.items():
            end.peer, b.ends[twin].peer = b.ends[twin], end
        if poor:
            b.tracker.capabilities = msgspec.structs.replace(CAPABILITIES, link_kinds=("relates",))
        self.poor = poor
        self.history: dict[tuple[str, str], list[TwinMessage]] = {}
        self.at_home: dict[str, tuple[str, str]] = {}
        """By twin: the side whose people made its issue, and that issue."""
        for n in range(ISSUES):
            side = self.sides["ab"[n % 2]]
            fields: Fields = {"summary": f"s{n}", "status": "new", "links": (), "parent": None}
            id = side.tracker.person_creates(fields)
            self.at_home[f"t{n}"] = (side.name, id)

    # People

    def begin(self, twin: str) -> None:
        name, issue = self.at_home[twin]
        side = self.sides[name]
        if side.ends[twin].twin is None:
            side.ends[twin].start(issue)
            side.arrived(twin)
            side.due.add(twin)

    def _here(self, name: str, twin: str) -> str | None:
        """The issue as its people see it, under sync or not."""
        home, issue = self.at_home[twin]
        return issue if home == name else self.sides[name].issue_of(twin)

    def _edits(self, name: str, twin: str) -> None:
        self.sides[name].due |= {twin} if self.sides[name].ends[twin].twin else NONE

    def link(self, name: str, kind: str, twin: str, other: str) -> None:
        here, there = self._here(name, twin), self._here(name, other)
        tracker = self.sides[name].tracker
        if here and there and here != there and kind in tracker.capabilities.link_kinds:
            self.clock.at += PAUSE
            tracker.person_links(here, kind, there)
            self._edits(name, twin)

    def unlink(self, name: str, twin: str, choice: int) -> None:
        here = self._here(name, twin)
        tracker = self.sides[name].tracker
        links = tracker.issues[here].fields.get("links") if here else ()
        if here and isinstance(links, tuple) and links:
            self.clock.at += PAUSE
            kind, _, other = links[choice % len(links)].partition(" ")
            tracker.person_unlinks(here, kind, other)
            self._edits(name, twin)

    def adopt(self, name: str, twin: str, parent: str) -> None:
        """The same twin for a parent means: none any more."""
        here, there = self._here(name, twin), self._here(name, parent)
        if here and there:
            self.clock.at += PAUSE
            value = there if twin != parent else None
            self.sides[name].tracker.person_sets(here, "parent", value)
            self._edits(name, twin)

    # What happens to a node

    def ring(self, name: str, twin: str, step: object) -> None:
        side = self.sides[name]
        end = side.ends[twin]
        assert callable(step)
        side.due.discard(twin)
        failures = len(end.errors)
        if not end.ring(step) or len(end.errors) > failures:
            # A retry, or the lease of who died runs out.
            side.due.add(twin)
        self.send(name, twin)

    def send(self, name: str, twin: str) -> None:
        message = self.sides[name].ends[twin].outbox
        sent = self.history.setdefault((name, twin), [])
        if message is not None and message not in sent:
            sent.append(message)

    def deliver(self, name: str, twin: str, choice: int) -> None:
        sent = self.history.get((name, twin))
        if sent:
            self.sides[name].ends[twin].peer.receive(sent[choice % len(sent)])

    def deliver_newest(self, name: str, twin: str) -> None:
        self.send(name, twin)
        end = self.sides[name].ends[twin]
        if end.outbox is not None:
            end.peer.receive(end.outbox)
            end.outbox = None

    # Rest

    def settle(self) -> None:
        for twin in self.at_home:
            self.begin(twin)
        for _ in range(60):
            for name, side in self.sides.items():
                for twin in self.at_home:
                    if twin in side.due or side.ends[twin].incoming is not None:
                        self.ring(name, twin, lambda _: None)
                    self.deliver_newest(name, twin)
            if not any(self._waits(side) for side in self.sides.values()):
                return
        raise AssertionError("the ties do not come to rest")

    def _waits(self, side: Side) -> bool:
        return bool(side.due) or any(e.incoming or e.outbox for e in side.ends.values())

    def motion(self) -> tuple[int, ...]:
        ends = [end for side in self.sides.values() for end in side.ends.values()]
        writes = [side.tracker.writes for side in self.sides.values()]
        return (*writes, *(end.twin.version if end.twin else 0 for end in ends))

    def check(self) -> None:
        a, b = self.sides.values()
        for side in (a, b):
            assert len(side.tracker.issues) == ISSUES, f"{side.name} has doubles"
        assert self._links(a) == self._links(b), f"links: {self._links(a)} and {self._links(b)}"
        assert _parents(a) == _parents(b), f"parents: {_parents(a)} and {_parents(b)}"
        before = self.motion()
        for name, side in self.sides.items():
            for twin in side.ends:
                self.ring(name, twin, lambda _: None)
        assert self.motion() == before, "an echo caused a write or a message"

    def _links(self, side: Side) -> set[tuple[str, str, str]]:
        """From the end that blocks; where one tracker knows only plain links, all as such."""
        found = set()
        for twin, end in side.ends.items():
            links = _held(end).get("links") or ()
            assert isinstance(links, tuple)
            for element in links:
                kind, _, issue = element.partition(" ")
                (other,) = [t for t in side.ends if side.issue_of(t) == issue]
                if self.poor or kind == "relates":
                    found.add(("relates", *sorted((twin, other))))
                elif kind == "blocks":
                    found.add((kind, twin, other))
        return {(kind, one, two) for kind, one, two in found}


def _parents(side: Side) -> dict[str, str | None]:
    issues = {side.issue_of(twin): twin for twin in side.ends}
    found = {}
    for twin, end in side.ends.items():
        parent = _held(end).get("parent")
        found[twin] = issues[str(parent)] if parent is not None else None
    return found


def _held(end: End) -> dict[str, object]:
    assert end.issue is not None, f"{end.name} lacks the issue of {end.id}"
    return dict(end.issue.fields)

"""What must hold once everything has come to rest."""

import msgspec

from schemas.rich_text import to_plain
from schemas.values import Value
from service.sync.merge import Conflict
from tests.simulation.end import End
from tests.simulation.model_engine import passes
from tests.simulation.model_tracker import Held
from tests.simulation.people import tokens_of
from tests.simulation.world import CUT, READ_BY_A, READ_BY_B, World


def check(world: World) -> None:
    a, b = _only_issue(world.a), _only_issue(world.b)
    _check_fields(world, a, b)
    for end in world.ends.values():
        _check_comments(end, world.people.remaining(end.name))
        _check_files(end, world.people.may_remain[end.name])
        _check_nothing_lost(world)
    check_same_decisions(world)
    check_nothing_withheld_left(world)


def check_same_decisions(world: World) -> None:
    """Of the last conflict about each field, both sides have the same record.

    A restore takes what was decided since the backup from the memory of one side: then it is of
    what was decided since that the other side must have the same record.
    """
    a, b = world.ends["a"], world.ends["b"]
    for one, other in ((a, b), (b, a)):
        known = {_decision(c) for c in other.conflicts}
        last = {c.field: _decision(c) for c in one.conflicts[one.decided_from :]}
        missing = [
            d for d in last.values() if d not in known and not d.field.startswith("comment:")
        ]
        assert not missing, f"{one.name} has a record of {missing}, and {other.name} has {known}"


class Decided(msgspec.Struct, frozen=True):
    field: str
    edits: frozenset[int]
    """When both people wrote."""
    winner: str


def _decision(conflict: Conflict) -> Decided:
    edits = frozenset((conflict.local_at, conflict.remote_at))
    return Decided(conflict.field, edits, conflict.winner)


def check_gone(world: World, side: str, had: int) -> None:
    """A deleted issue costs the other side nothing: it keeps the one that it `had`."""
    survivor = world.ends["b" if side == "a" else "a"]
    now = len(survivor.tracker.issues)
    assert had <= now <= 1, f"the other side had {had} issues, and has {now}"
    if world.ends[side].twin is not None and survivor.twin is not None and survivor.received:
        assert survivor.twin.stopped, "the other side was not told"
    check_nothing_withheld_left(world)


def check_echo(world: World) -> None:
    """At rest, one more look changes nothing and says nothing."""
    before = world.motion()
    for end in world.ends.values():
        end.ring(lambda _: None)
    assert world.motion() == before, "an echo caused a write or a message"


def check_nothing_withheld_left(world: World) -> None:
    """Neither an internal comment nor a field that is not disclosed ever crosses."""
    internal = {
        to_plain(c.body)
        for end in world.ends.values()
        for held in end.tracker.issues.values()
        for c in held.comments.values()
        if c.internal
    }
    for messages in world.history.values():
        for message in messages:
            assert "secret" not in message.replica.fields, "an undisclosed field has left"
            said = msgspec.json.encode(message.replica.comments).decode()
            assert not any(words in said for words in internal), "an internal comment has left"


def _only_issue(end: End) -> Held:
    issues = list(end.tracker.issues.values())
    assert len(issues) == 1, f"{end.name} has {len(issues)} issues"
    return issues[0]


def _check_fields(world: World, a: Held, b: Held) -> None:
    here, there = a.fields, b.fields
    assert str(here["summary"])[:CUT] == str(there["summary"])[:CUT], "summaries differ"
    assert tokens_of(here["description"]) == tokens_of(there["description"]), "descriptions differ"
    if not world.terms.refusing:
        assert _elements(here["labels"]) == _elements(there["labels"]), "labels differ"
    agree = (
        READ_BY_B[str(here["status"])] == there["status"]
        or READ_BY_A[str(there["status"])] == here["status"]
    )
    assert agree, f"status differs: {here['status']} and {there['status']}"


def _elements(value: Value) -> set[str]:
    assert isinstance(value, tuple)
    return set(value)


def _check_comments(origin: End, may_remain: set[str]) -> None:
    here, there = _only_issue(origin), _only_issue(origin.peer)
    written = sorted(
        to_plain(c.body)
        for c in here.comments.values()
        if c.author.name == "person" and passes(c, origin.rules_version)
    )
    mirrored = sorted(
        words
        for c in there.comments.values()
        if c.author.name == "sync"
        and ((words := to_plain(c.body)) in written or words not in may_remain)
    )
    assert written == mirrored, f"comments of {origin.name}: {written}, mirrored {mirrored}"


def _check_files(origin: End, may_remain: set[str]) -> None:
    side = origin.name.encode()
    added = _contents(_only_issue(origin), side)
    remaining = {words.encode() for words in may_remain} - set(added)
    mirrored = [c for c in _contents(_only_issue(origin.peer), side) if c not in remaining]
    assert added == mirrored, f"attachments of {origin.name}: {added}, mirrored {mirrored}"


def _contents(issue: Held, side: bytes) -> list[bytes]:
    return sorted(content for _, content in issue.files.values() if content.startswith(side))


def _check_nothing_lost(world: World) -> None:
    for field, written in world.people.written.items():
        now = {t for e in world.ends.values() for t in tokens_of(_only_issue(e).fields[field])}
        recorded = {t for e in world.ends.values() for c in e.conflicts for t in tokens_of(c.lost)}
        lost = written - now - recorded - world.people.replaced
        assert not lost, f"written by a person and gone without a trace: {lost}"

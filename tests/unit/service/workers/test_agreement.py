"""Two sides agree on how conflicts are decided: whichever way their notices cross, both end with
the same, and what holds was wished by both."""

from itertools import permutations

import msgspec
import pytest

from schemas.agreement import Agreement
from schemas.node import Connection, ConnectionSettings
from schemas.peer import ConnectionNotice
from service.workers.agreement import hearing, in_force, unmet, wish_of, wishing

OLD = Agreement()
PARK = Agreement("park")
MINE = Agreement("newest", {"priority": "a"}, ("description",))


def end(name: str) -> Connection:
    other = "b" if name == "a" else "a"
    return Connection(
        id=name, shared="s", name=name, type="private", mode="basic", status="active",
        local_side=name, remote_side=other, connector="x", peer=other, counterpart="",
        settings=ConnectionSettings(), created=1, changed=1,
    )  # fmt: skip


def told(record: Connection) -> ConnectionNotice:
    return ConnectionNotice("active", 1, 1, wish=wish_of(record), agreed=in_force(record))


def test_a_wish_holds_once_the_other_side_wishes_the_same() -> None:
    a, b = wishing(end("a"), MINE), end("b")
    assert in_force(a) == OLD
    b = hearing(b, told(a))
    assert (in_force(b), b.standing.wish_there) == (OLD, MINE)
    assert "b has not agreed yet" in unmet(a)
    assert "connection agree b --accept" in unmet(b)
    b = wishing(b, MINE)
    assert in_force(b) == MINE
    a = hearing(a, told(b))
    assert in_force(a) == MINE
    assert (unmet(a), unmet(b), unmet(end("a"))) == ("", "", "")


def test_a_wish_that_was_changed_too_late_was_agreed_to_all_the_same() -> None:
    a = wishing(end("a"), MINE)
    b = wishing(hearing(end("b"), told(a)), MINE)
    a = hearing(wishing(a, PARK), told(b))
    assert (in_force(a), wish_of(a)) == (MINE, PARK)
    b = hearing(b, told(a))
    assert (in_force(b), b.standing.wish_there) == (MINE, PARK)


def test_nobody_can_make_the_other_side_hold_what_it_never_wished() -> None:
    forged = ConnectionNotice("active", 1, 1, wish=PARK, agreed=PARK)
    assert in_force(hearing(wishing(end("a"), MINE), forged)) == OLD
    silent = hearing(end("a"), ConnectionNotice("active", 1, 1))
    assert silent.standing.wish_there is None


@pytest.mark.parametrize("order", list(permutations(("a", "b", "to a", "to b"))))
def test_whatever_crosses_both_end_with_the_same(order: tuple[str, ...]) -> None:
    ends = {"a": wishing(end("a"), PARK), "b": end("b")}
    for step in order:
        if step in ends:
            ends[step] = wishing(ends[step], MINE)
        else:
            to, of = ("a", "b") if step == "to a" else ("b", "a")
            ends[to] = hearing(ends[to], told(ends[of]))
    for to, of in (("a", "b"), ("b", "a"), ("a", "b")):
        ends[to] = hearing(ends[to], told(ends[of]))
    assert in_force(ends["a"]) == in_force(ends["b"]) == MINE


def test_only_so_many_wishes_are_remembered() -> None:
    record = end("a")
    for number in range(20):
        record = wishing(record, msgspec.structs.replace(PARK, paragraphs=(str(number),)))
    assert len(record.standing.offers) == 8

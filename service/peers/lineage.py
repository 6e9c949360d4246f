"""Tells a copy of a peer's database, or a restored one, from a mere restart.

Each process of a node registers a random run in the node's database, anew every hour. A node that
goes on from where it was knows the run that we heard last; one whose database does not has lost a
part of its past. If the known run speaks as well, there are two copies.
"""

import msgspec

from schemas.node import Lineage
from schemas.peer import Verdict
from schemas.values import Millis

PROBATION: Millis = 120_000
"""For so long the known run may still show that it lives."""
_BANNED = 64


class Said(msgspec.Struct, frozen=True):
    """What an exchange tells of its speaker's past."""

    run: str
    runs: tuple[str, ...]
    claim: int
    new_epoch: bool
    """Its feed begins anew."""


def judge(
    known: Lineage, said: Said, now: Millis, probation: Millis = PROBATION
) -> tuple[Lineage, Verdict]:
    """What is remembered from now on, and whether what was said is to be taken ('')."""
    if not said.run:
        return known, ""
    if said.claim > known.claim:
        return _claimed(known, said), ""
    if said.run in known.banned or any(run in known.banned for run in said.runs):
        return _banning(known, said.run), "fork"
    if known.forked:
        return known, "fork"
    if known.suspect:
        return _on_probation(known, said, now, probation)
    if _goes_on(known, said):
        return _heard(known, said), ""
    return msgspec.structs.replace(known, suspect=said.run, since=now), "wait"


def _goes_on(known: Lineage, said: Said) -> bool:
    """The same run, a later one of the same database, or another process that shares it."""
    return not known.run or known.run in (said.run, *said.runs) or said.run in known.runs


def _heard(known: Lineage, said: Said) -> Lineage:
    if said.run == known.run or said.run in known.runs:
        return known
    return msgspec.structs.replace(known, run=said.run, runs=said.runs)


def _on_probation(
    known: Lineage, said: Said, now: Millis, probation: Millis
) -> tuple[Lineage, Verdict]:
    suspect = known.suspect in (said.run, *said.runs)
    if not suspect and _goes_on(known, said):
        return msgspec.structs.replace(known, forked=True), "fork"
    if not suspect:
        return msgspec.structs.replace(known, suspect=said.run, since=now), "wait"
    if now - known.since < probation:
        return known, "wait"
    if not said.new_epoch:
        return known, "restored"
    fresh = msgspec.structs.replace(known, run=said.run, runs=said.runs, suspect="", since=0)
    return fresh, ""


def _claimed(known: Lineage, said: Said) -> Lineage:
    """An administrator has decided: what is not of the claimer's past is the copy's."""
    own = {said.run, *said.runs}
    others = (known.run, *known.runs, known.suspect) if known.suspect else ()
    banned = tuple(run for run in (*known.banned, *others) if run and run not in own)
    return Lineage(said.run, said.runs, claim=said.claim, banned=banned[-_BANNED:])


def _banning(known: Lineage, run: str) -> Lineage:
    if run in known.banned:
        return known
    return msgspec.structs.replace(known, banned=(*known.banned, run)[-_BANNED:])

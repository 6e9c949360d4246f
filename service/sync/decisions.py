"""What one side decided about a conflict is told to the other: both have the same record."""

import msgspec

from schemas.replica import Decision
from schemas.twin import Twin
from schemas.values import Fields, Millis
from service.sync.merge import Conflict, FieldMerge
from service.sync.policy import Policy
from service.sync.snapshots import same

MERGED = "merged"
"""Who decided, where texts were merged and nothing was lost: that is no conflict to record."""
_MOST = 100
"""Of those that the other side has not confirmed; a twin must not grow without bound."""


def note_decisions(twin: Twin, conflicts: tuple[Conflict, ...], policy: Policy, by: str) -> Twin:
    """To be told with the next message. `by`: `person`, or '' for the policy of each field."""
    if not conflicts:
        return twin
    made = tuple(
        Decision(
            field=conflict.field,
            winner=conflict.winner,
            by=by or policy.of(conflict.field),
            sender_at=conflict.local_at,
            receiver_at=conflict.remote_at,
        )
        for conflict in conflicts
    )
    return _with(twin, made)


def note_merged(twin: Twin, merge: FieldMerge, policy: Policy) -> Twin:
    """Texts for which this side gave up its own without a conflict: the other side, which merges on
    what it remembers, may have done the same with ours."""
    made = tuple(
        Decision(name, policy.remote_side, MERGED, sender_at=here, receiver_at=there)
        for name, (here, there) in merge.gave_way.items()
    )
    return _with(twin, made) if made else twin


def _with(twin: Twin, made: tuple[Decision, ...]) -> Twin:
    known = tuple(each for each in twin.decisions if each.field not in {d.field for d in made})
    return msgspec.structs.replace(twin, decisions=(*known, *made)[-_MOST:])


def untold(twin: Twin) -> bool:
    return any(not each.version for each in twin.decisions)


def told(twin: Twin, version: int) -> Twin:
    """Once a message of that version carries them; those that were confirmed are history."""
    left = tuple(
        each if each.version else msgspec.structs.replace(each, version=version)
        for each in twin.decisions
        if not each.version or each.version > twin.acknowledged
    )
    return msgspec.structs.replace(twin, decisions=left)


def hear_decisions(twin: Twin, decided: tuple[Decision, ...]) -> tuple[Decision, ...]:
    """What is yet to be recorded, once a message has told these. It repeats what we have not
    confirmed, and that was heard with an earlier one."""
    new = tuple(each for each in decided if each.version > twin.replica_version)
    fields = {each.field for each in new}
    return (*(each for each in twin.heard if each.field not in fields), *new)[-_MOST:]


def record_told(
    heard: tuple[Decision, ...],
    own: tuple[Conflict, ...],
    local: Fields,
    written: Fields,
    policy: Policy,
) -> tuple[Conflict, ...]:
    """What the other side decided and this one had not noticed. `local` is what was held here, of
    which `written` took the place."""
    noticed = {(c.field, c.winner, c.local_at, c.remote_at) for c in own}
    return tuple(
        Conflict(
            field=each.field,
            winner=each.winner,
            kept=written.get(each.field, local.get(each.field)),
            lost=local.get(each.field) if each.field in written else None,
            local_at=each.receiver_at,
            remote_at=each.sender_at,
            by=each.by,
            told=True,
        )
        for each in heard
        if (each.field, each.winner, each.receiver_at, each.sender_at) not in noticed
        and each.by != MERGED
        and each.winner in (policy.local_side, policy.remote_side)
    )


def contradicted(twin: Twin, policy: Policy) -> frozenset[str]:
    """Fields of which the other side decided otherwise than we, as when one of both had not heard
    yet that they agreed on another policy, and of which its value is to be taken."""
    ours = {each.field: each for each in twin.decisions}
    return frozenset(
        each.field
        for each in twin.heard
        if (own := ours.get(each.field)) is not None
        and own.winner != each.winner
        and "person" not in (own.by, each.by)
        and _theirs_stands(policy, own, each)
    )


def _theirs_stands(policy: Policy, own: Decision, told: Decision) -> bool:
    """Of the same two edits the policy in force now decides, or the newest where it is to ask.

    Of other ones it matters where both gave way, and neither holds its own any more: the later
    decision stands then.
    """
    if (own.sender_at, own.receiver_at) == (told.receiver_at, told.sender_at):
        winner = policy.winner(own.field, own.sender_at, own.receiver_at)
        if winner == "park":
            winner = policy.newest(own.sender_at, own.receiver_at)
        return winner == "remote"
    # 0: a side that was restored does not know when it wrote what it gave up.
    newer = 0 < own.sender_at < told.receiver_at
    if own.winner != policy.remote_side or newer:
        return False
    return policy.newest(_latest(own), _latest(told)) == "remote"


def _latest(decision: Decision) -> Millis:
    return max(decision.sender_at, decision.receiver_at)


def overruled(
    twin: Twin, merge: FieldMerge, fields: frozenset[str], wanted: Fields, local: Fields
) -> tuple[Twin, FieldMerge]:
    """The other side's values of these fields are taken, unless a person has edited them since.
    They are its own, and no news to it."""
    taken = {
        name: wanted[name]
        for name in sorted(fields & wanted.keys())
        if not same(wanted[name], local.get(name))
        and not isinstance(wanted[name], tuple)
        and (name not in merge.edits or merge.edits[name].version <= twin.acknowledged)
    }
    if not taken:
        return twin, merge
    change = msgspec.structs.replace(merge.change, set=taken | merge.change.set)
    edits = {name: stamp for name, stamp in merge.edits.items() if name not in taken}
    twin = msgspec.structs.replace(twin, adopted=tuple(sorted({*twin.adopted, *taken})))
    return twin, msgspec.structs.replace(merge, change=change, edits=edits)

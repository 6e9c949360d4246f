"""What one side decided about a conflict is told to the other: both have the same record."""

import msgspec

from schemas.replica import Decision
from schemas.twin import Twin
from schemas.values import Fields
from service.sync.merge import Conflict, FieldMerge
from service.sync.policy import Policy, Winner
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
    yet that they agreed on another policy, and of which its value is to be taken.

    Of the same two edits the policy in force now decides, or the newest where it is to ask. Where
    the edit that we gave up for theirs is what stands there, in place of a newer one of theirs,
    each side would be left with what the other wrote.
    """
    ours = {each.field: each for each in twin.decisions}
    return frozenset(
        each.field
        for each in twin.heard
        if (own := ours.get(each.field)) is not None
        and own.winner != each.winner
        and own.sender_at == each.receiver_at
        and "person" not in (own.by, each.by)
        and (
            _in_force(policy, own) == "remote"
            if own.receiver_at == each.sender_at
            else own.winner == policy.remote_side
        )
    )


def _in_force(policy: Policy, own: Decision) -> Winner:
    winner = policy.winner(own.field, own.sender_at, own.receiver_at)
    return policy.newest(own.sender_at, own.receiver_at) if winner == "park" else winner


def overruled(
    merge: FieldMerge, fields: frozenset[str], wanted: Fields, local: Fields, seen: int
) -> FieldMerge:
    """The other side's values of these fields are taken, unless a person has edited them since.
    `seen`: our version that the other side knew of."""
    taken = {
        name: wanted[name]
        for name in sorted(fields & wanted.keys())
        if not same(wanted[name], local.get(name))
        and not isinstance(wanted[name], tuple)
        and (name not in merge.edits or merge.edits[name].version <= seen)
    }
    change = msgspec.structs.replace(merge.change, set=taken | merge.change.set)
    return msgspec.structs.replace(merge, change=change) if taken else merge

"""What somebody wrote between our look and our write, in a tracker that cannot refuse the write."""

import msgspec

from schemas.issue import Issue
from schemas.replica import Stamp
from schemas.twin import Twin
from schemas.values import Fields
from service.sync.merge import Conflict, FieldMerge
from service.sync.policy import Policy


class Overwritten(msgspec.Struct, frozen=True):
    merge: FieldMerge
    conflicts: tuple[Conflict, ...]
    put_back: Fields
    """Values that win over what we wrote."""


def settle_overwritten(
    twin: Twin, wrote: Fields, written: Issue, merge: FieldMerge, policy: Policy
) -> Overwritten:
    """Late conflicts between what we wrote and what `written` tells as overwritten. Where the
    policy is to ask, what was written stands and the other is kept."""
    conflicts: list[Conflict] = []
    put_back: Fields = {}
    newest = max((stamp.at for stamp in twin.replica.stamps.values()), default=0)
    for field, lost in written.overwritten.items():
        ours, stamp = wrote[field], twin.replica.stamps.get(field)
        remote_at = stamp.at if stamp else newest
        wins = policy.winner(field, written.updated, remote_at) == "local"
        conflicts.append(
            Conflict(
                field=field,
                winner=policy.local_side if wins else policy.remote_side,
                kept=lost if wins else ours,
                lost=ours if wins else lost,
                local_at=written.updated,
                remote_at=remote_at,
            )
        )
        if wins:
            put_back[field] = lost
    stamp = Stamp(twin.version + 1, written.updated)
    merge = msgspec.structs.replace(
        merge,
        edits=merge.edits | dict.fromkeys(put_back, stamp),
        standing=merge.standing | put_back.keys(),
    )
    return Overwritten(merge, tuple(conflicts), put_back)

"""The first half of a reconcile: from the newest replica to what is written to the local issue."""

import msgspec

from schemas.issue import FieldChange, Issue, IssueDraft
from schemas.replica import Replica, Stamp
from schemas.rules import Wanted
from schemas.twin import Base, Flip, Intent, Twin
from schemas.values import Digest, Fields, Millis, Value, as_set, digest
from service.sync.merge import FieldMerge, RemoteWish, held_after, merge_fields
from service.sync.policy import Policy
from service.sync.snapshots import as_elements, same, snapshot, snapshots

FLIP_WINDOW: Millis = 600_000
FLIP_LIMIT = 6
_REMEMBERED = 4


def is_waiting(twin: Twin) -> bool:
    """True when the replica holds something that was not yet taken in, and is whole."""
    replica = twin.replica
    if not is_whole(twin):
        return False
    return twin.replica_version > twin.included or bool(
        replica.comments
        or replica.attachments
        or replica.removed_comments
        or replica.removed_attachments
    )


def is_whole(twin: Twin) -> bool:
    """Every text of the replica is at hand."""
    return not any(isinstance(value, Digest) for value in twin.replica.fields.values())


def first_meeting(twin: Twin) -> bool:
    """Neither side has taken anything in from the other: all that it says is new."""
    return twin.included == 0 and twin.acknowledged == 0


def changed_fields(twin: Twin) -> frozenset[str]:
    """The replica's fields that a person at the other side changed since what we took in."""
    replica = twin.replica
    if first_meeting(twin):
        return frozenset(replica.fields)
    stamps = replica.stamps
    return frozenset(
        name for name in replica.fields if name in stamps and stamps[name].version > twin.included
    )


def previous_fields(twin: Twin) -> Fields | None:
    """The replica's fields as they were before the other side's newest edits.

    None when the base still tells what the incoming rule made of them. It does not when the other
    side took over what we had sent, or went back to a value that it had before: then the rule must
    be asked.
    """
    if first_meeting(twin) or twin.replica_version <= twin.included:
        return None
    changed = changed_fields(twin)
    if twin.recalls and not twin.included:
        return _forgotten_fields(twin, changed)
    last = twin.base.replica
    previous: Fields = {}
    known = True
    for name, value in twin.replica.fields.items():
        earlier = _earlier(twin, name) if name in changed else value
        known = known and name in last and same(last[name], earlier)
        if not isinstance(earlier, Digest):
            previous[name] = earlier
    return None if known else previous


def _forgotten_fields(twin: Twin, changed: frozenset[str]) -> Fields:
    """Of a side that forgot the issue altogether: what nobody there changed came from here. Of
    sets, what people there last did is known, and all else is joined."""
    previous: Fields = {}
    for name, value in twin.replica.fields.items():
        if isinstance(value, tuple):
            stamp = twin.replica.stamps.get(name, Stamp(0, 0))
            known = stamp.elements.items()
            gone = {e for e, c in known if c.before is not False and e not in value}
            if gone:
                previous[name] = as_set(gone)
        elif name not in changed:
            previous[name] = value
    return previous


def _earlier(twin: Twin, name: str) -> Value:
    """The field before the run of edits that we have not taken in."""
    stamp = twin.replica.stamps[name]
    now = twin.replica.fields[name]
    if isinstance(now, tuple):
        return _earlier_set(twin, stamp, now, as_elements(twin.base.replica.get(name)))
    # A side that was restored no longer knows what it had said before; we do.
    told = stamp.since <= twin.included or stamp.before is None
    if told and name in twin.base.replica:
        return twin.base.replica[name]
    return stamp.before


def _earlier_set(
    twin: Twin, stamp: Stamp, now: tuple[str, ...], taken: tuple[str, ...]
) -> tuple[str, ...]:
    """Element by element: meanwhile the other side may have taken over some that we changed."""
    earlier = set(now)
    for element, change in stamp.elements.items():
        if change.version <= twin.included:
            continue
        if change.before is None:
            had = element not in now
        else:
            had = element in taken if change.since <= twin.included else change.before
        earlier = earlier | {element} if had else earlier - {element}
    return as_set(earlier)


def plan_draft(
    twin: Twin, wanted: Wanted, project: str, issue_type: str, marker: str
) -> IssueDraft:
    """The rule's project and type win over the connection's."""
    fields = {name: value for name, value in wanted.fields.items() if name != "type"}
    kind = wanted.type or str(wanted.fields.get("type") or "") or issue_type
    return IssueDraft(wanted.project or project, kind, fields, marker, twin.replica.url)


def note_intended(twin: Twin, intent: Intent, wanted: Wanted) -> Twin:
    """What the issue is about to be created with: the base, should the answer never come."""
    return msgspec.structs.replace(
        twin,
        mirror=True,
        intents=(*(i for i in twin.intents if i != intent), intent),
        base=msgspec.structs.replace(twin.base, wanted=snapshots(wanted.fields)),
    )


def note_attempted(twin: Twin, wanted: Wanted) -> Twin:
    """What is about to be written to an issue that was found again, should the answer never come:
    elements of earlier attempts stay, for they may be there."""
    attempted = dict(twin.base.wanted)
    for name, value in wanted.fields.items():
        earlier = as_elements(attempted.get(name))
        tried = as_set((*earlier, *value)) if isinstance(value, tuple) else value
        attempted[name] = snapshot(tried)
    base = msgspec.structs.replace(twin.base, wanted=attempted)
    return msgspec.structs.replace(twin, base=base)


def plan_fields(
    twin: Twin, issue: Issue, wanted: Wanted, before: Fields, policy: Policy
) -> FieldMerge:
    """What to write to an issue that exists."""
    stamps = {
        name: stamp for name, stamp in twin.replica.stamps.items() if stamp.version > twin.included
    }
    newest = max((stamp.at for stamp in stamps.values()), default=0)
    wish = RemoteWish(wanted.fields, before, changed_fields(twin), stamps, newest)
    return merge_fields(twin, issue.fields, wish, policy, issue.updated)


def note_taken(twin: Twin, merge: FieldMerge | None, wanted: Wanted | None, held: Issue) -> Twin:
    """The twin once the local issue holds what was decided."""
    wish = snapshots(wanted.fields) if wanted else dict(twin.base.wanted)
    spoken = frozenset(wish) | frozenset(twin.sent)
    return msgspec.structs.replace(
        twin,
        issue=held.ref,
        local_version=held.version,
        included=twin.replica_version,
        heard=(),
        adopted=tuple(sorted(changed_fields(twin) | set(twin.adopted))),
        edits=merge.edits if merge else twin.edits,
        stamps=_left(twin, merge) if merge else twin.stamps,
        base=Base(
            wanted=wish,
            held=held_after(twin, held.fields, spoken),
            replica=snapshots(twin.replica.fields),
        ),
    )


def _left(twin: Twin, merge: FieldMerge) -> dict[str, Stamp]:
    """Without those of edits that lost before the other side had heard of them: what stands in
    their place is the other side's own, and no news to it."""
    lost = {
        name
        for name in merge.change.set
        if name not in merge.edits
        and name in twin.stamps
        and twin.stamps[name].version > twin.acknowledged
    }
    return {name: stamp for name, stamp in twin.stamps.items() if name not in lost}


def note_late(twin: Twin, merge: FieldMerge, wish: Fields, held: Issue) -> Twin:
    """The twin once ties were made whose other end came later than the replica. What follows from
    them is no news for the other side."""
    base = msgspec.structs.replace(twin.base, wanted=twin.base.wanted | snapshots(wish))
    return msgspec.structs.replace(
        twin,
        issue=held.ref,
        edits=merge.edits,
        base=base,
        adopted=tuple(sorted({*twin.adopted, *wish})),
    )


def note_anew(twin: Twin, merge: FieldMerge | None) -> Twin:
    """The rule was asked once more. What was written for that is no news for the other side."""
    change = merge.change if merge else FieldChange()
    written = {*twin.adopted, *change.set, *change.add, *change.remove}
    return msgspec.structs.replace(twin, anew=False, adopted=tuple(sorted(written)))


def note_flips(
    twin: Twin, before: Issue, merge: FieldMerge, now: Millis
) -> tuple[Twin, tuple[str, ...]]:
    """Counts values that come back after they were overwritten; gives the fields over the limit."""
    flips = dict(twin.flips)
    for name, value in merge.change.set.items():
        flips[name] = _flip(
            flips.get(name, Flip()),
            lost=digest(snapshot(before.fields.get(name))),
            new=digest(snapshot(value)),
            now=now,
        )
    over = tuple(name for name, flip in flips.items() if len(flip.times) >= FLIP_LIMIT)
    return msgspec.structs.replace(twin, flips=flips), over


def _flip(flip: Flip, *, lost: str, new: str, now: Millis) -> Flip:
    times = tuple(at for at in flip.times if at > now - FLIP_WINDOW)
    if new in flip.lost:
        times = (*times, now)
    return Flip(times, (*flip.lost, lost)[-_REMEMBERED:])


def drop_waiting(
    twin: Twin,
    *,
    comments: frozenset[str] = frozenset(),
    attachments: frozenset[str] = frozenset(),
    removed_comments: frozenset[str] = frozenset(),
    removed_attachments: frozenset[str] = frozenset(),
) -> Twin:
    """Parts of the replica that were dealt with wait no longer."""
    replica = twin.replica
    return msgspec.structs.replace(
        twin,
        replica=msgspec.structs.replace(
            replica,
            comments=tuple(c for c in replica.comments if c.id not in comments),
            attachments=tuple(a for a in replica.attachments if a.id not in attachments),
            removed_comments=_without(replica.removed_comments, removed_comments),
            removed_attachments=_without(replica.removed_attachments, removed_attachments),
        ),
    )


def _without(ids: tuple[str, ...], dealt: frozenset[str]) -> tuple[str, ...]:
    return tuple(item for item in ids if item not in dealt)


def for_rule(twin: Twin, fields: Fields | None = None) -> Replica:
    """The replica that the incoming rule is shown; with `fields` in place of its own."""
    if fields is None:
        return twin.replica
    return msgspec.structs.replace(twin.replica, fields=fields, comments=(), attachments=())

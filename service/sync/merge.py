"""The three-way merge of fields.

A side is compared with its own snapshot: the remote side's wish with what it wished before, the
local issue with what it held before. So rules may map values, and a side may refuse one, without a
fight.
"""

import msgspec

from schemas.issue import FieldChange
from schemas.replica import Stamp
from schemas.rich_text import RichText
from schemas.twin import Twin
from schemas.values import Fields, Millis, Value
from service.sync.paragraphs import MergedText, merge_texts
from service.sync.policy import Policy, Winner
from service.sync.shared_texts import shared_text
from service.sync.snapshots import as_elements, same, settled, snapshot


class Conflict(msgspec.Struct, frozen=True):
    """Both sides changed the same field without knowing of each other. The loser is kept."""

    field: str
    winner: str
    """Short name of the side whose value stands."""
    kept: Value
    lost: Value
    local_at: Millis
    remote_at: Millis
    by: str = ""
    """Who or what decided, where it was not this side's policy."""
    told: bool = False
    """The other side decided; what this one does not hold of it is None."""


class FieldMerge(msgspec.Struct, frozen=True):
    change: FieldChange
    conflicts: tuple[Conflict, ...]
    undecided: tuple[str, ...]
    """Fields in conflict whose policy is to park."""
    standing: frozenset[str]
    """Fields where a local edit stands against, or is merged with, a remote change."""
    edits: dict[str, Stamp]
    """The twin's edits with those of this reconcile."""
    taken: dict[str, frozenset[str]] = {}
    """Of sets: the elements that the other side had changed."""
    decided: frozenset[str] = frozenset()
    """Fields in conflict that a person here decided; the other side is told in any case."""
    woven: tuple[str, ...] = ()
    """Texts that were merged by paragraphs."""
    gave_way: dict[str, tuple[Millis, Millis]] = {}
    """Those of them that came to all of what the other side said, and when people here and there
    had written."""


def note_decided(merge: FieldMerge, twin: Twin, now: Millis) -> FieldMerge:
    """A person's decision is an edit of its own, whichever value it keeps.

    So two people who decide at the same moment, each at their side, are a new conflict, and do not
    end with their values swapped.
    """
    stamp = Stamp(twin.version + 1, now)
    decided = frozenset(conflict.field for conflict in merge.conflicts)
    edits = merge.edits | dict.fromkeys(decided, stamp)
    return msgspec.structs.replace(merge, edits=edits, decided=decided)


class RemoteWish(msgspec.Struct, frozen=True):
    wanted: Fields
    before: Fields
    """What the incoming rule makes of the replica as it was before the remote edits."""
    touched: frozenset[str]
    """The replica's own fields that were edited; a mapping may hide that from the wish."""
    stamps: dict[str, Stamp]
    at: Millis
    """When the newest remote edit was made, for fields that carry no stamp of their name."""

    def changed(self, field: str) -> bool:
        if field in self.touched or field not in self.before:
            return True
        return not same(self.wanted[field], self.before[field])

    def edited_at(self, field: str) -> Millis:
        stamp = self.stamps.get(field)
        return stamp.at if stamp else self.at


def note_edits(twin: Twin, local: Fields, updated: Millis, wish: Fields) -> dict[str, Stamp]:
    """Stamps for the fields that a person changed here since the last reconcile.

    A field that already is what the remote side wishes is no edit: it may be our own write, whose
    memory a crash took.
    """
    stamp = Stamp(twin.version + 1, updated)
    edits = dict(twin.edits)
    for field, held in twin.base.held.items():
        value = local.get(field)
        if same(value, held) or (field in wish and same(value, wish[field])):
            continue
        edits[field] = stamp
    return edits


def merge_fields(
    twin: Twin, local: Fields, wish: RemoteWish, policy: Policy, updated: Millis
) -> FieldMerge:
    moved = {f: v for f, v in wish.wanted.items() if wish.changed(f)}
    edits = note_edits(twin, local, updated, moved)
    merge = _Merge(twin, local, wish, policy, edits, updated)
    for field, value in moved.items():
        merge.take(field, value)
    return merge.result()


class _Merge:
    def __init__(
        self,
        twin: Twin,
        local: Fields,
        wish: RemoteWish,
        policy: Policy,
        edits: dict[str, Stamp],
        updated: Millis,
    ) -> None:
        self.twin, self.local, self.wish, self.policy = twin, local, wish, policy
        self.edits, self.updated = edits, updated
        self.set: Fields = {}
        self.add: dict[str, tuple[str, ...]] = {}
        self.remove: dict[str, tuple[str, ...]] = {}
        self.conflicts: list[Conflict] = []
        self.undecided: list[str] = []
        self.standing: set[str] = set()
        self.taken: dict[str, frozenset[str]] = {}
        self.woven: list[str] = []
        self.gave_way: dict[str, tuple[Millis, Millis]] = {}

    def take(self, field: str, wanted: Value) -> None:
        if isinstance(wanted, tuple):
            self._take_set(field, wanted)
        elif same(wanted, self.local.get(field)):
            self._agree(field)
        elif self._edited_unseen(field):
            self._decide(field, wanted)
        else:
            self._overwrite(field, wanted)

    def _agree(self, field: str) -> None:
        """What we sent of it may be on its way to the other side, and would be taken there."""
        if self._edited_unseen(field):
            self.standing.add(field)

    def _edited_unseen(self, field: str) -> bool:
        edit = self.edits.get(field)
        return edit is not None and edit.version > self.twin.acknowledged

    def _overwrite(self, field: str, wanted: Value) -> None:
        """A text whose history here is unknown may be a person's: it is kept."""
        here = self.local.get(field)
        unknown = field not in self.twin.base.held or self.twin.recalls
        if unknown and isinstance(here, str | RichText) and settled(here):
            side, at = self.policy.remote_side, self.wish.edited_at(field)
            self.conflicts.append(Conflict(field, side, wanted, here, self.updated, at))
        self.set[field] = wanted

    def _take_set(self, field: str, wanted: tuple[str, ...]) -> None:
        before = set(as_elements(self.wish.before.get(field)))
        here = set(as_elements(self.local.get(field)))
        self.taken[field] = frozenset(before ^ set(wanted))
        # On a first meeting `before` tells what an attempt that was cut off may have put here.
        meeting = self.twin.included == 0 and (
            self.twin.acknowledged == 0 or bool(self.twin.recalls)
        )
        add = set(wanted) - here if meeting else set(wanted) - before - here
        remove = (before - set(wanted)) & here
        if add:
            self.add[field] = tuple(sorted(add))
        if remove:
            self.remove[field] = tuple(sorted(remove))
        # Of sets that meet, elements that only this side has may be a person's: they join as well.
        # A side that forgot its past cannot tell its own edits of a set by itself.
        joining = meeting and here - before - set(wanted)
        if self._edited_unseen(field) or joining or self.twin.recalls:
            self.standing.add(field)

    def _decide(self, field: str, wanted: Value) -> None:
        at, remote_at = self.edits[field].at, self.wish.edited_at(field)
        winner = self.policy.winner(field, at, remote_at)
        text = self._woven(field, wanted, winner)
        if winner == "park" and (text is None or text.overlap):
            self.undecided.append(field)
        elif text is not None:
            self._weave(field, wanted, text, winner)
        else:
            self._note_conflict(field, wanted, winner)
            if winner == "local":
                self.standing.add(field)
            else:
                self.set[field] = wanted
                del self.edits[field]

    def _woven(self, field: str, wanted: Value, winner: Winner) -> MergedText | None:
        here = self.local.get(field)
        if not self.policy.by_paragraphs(field) or self.twin.recalls:
            return None
        if not isinstance(here, str | RichText) or not isinstance(wanted, str | RichText):
            return None
        if winner == "park":
            # Of the same words in two forms, one has to stand on both sides.
            winner = self.policy.newest(self.edits[field].at, self.wish.edited_at(field))
        return merge_texts(shared_text(self.twin, field), here, wanted, winner)

    def _weave(self, field: str, wanted: Value, text: MergedText, winner: Winner) -> None:
        """What both sides wrote is an edit of its own, of which the other side is told."""
        here, at = self.local.get(field), self.edits[field].at
        if text.overlap:
            self._note_conflict(field, wanted, winner, text.value)
        else:
            self.woven.append(field)
        if same(text.value, here):
            self.standing.add(field)
            return
        self.set[field] = text.value
        if same(text.value, wanted):
            del self.edits[field]
            if not text.overlap:
                self.gave_way[field] = (at, self.wish.edited_at(field))
        else:
            at = max(at, self.wish.edited_at(field))
            self.edits[field] = Stamp(self.twin.version + 1, at)
            self.standing.add(field)

    def _note_conflict(
        self, field: str, wanted: Value, winner: Winner, kept: Value | None = None
    ) -> None:
        """`kept`: what stands, where it is more than the winner's value."""
        here, wins_here = self.local.get(field), winner == "local"
        stands = here if wins_here else wanted
        self.conflicts.append(
            Conflict(
                field=field,
                winner=self.policy.local_side if wins_here else self.policy.remote_side,
                kept=stands if kept is None else kept,
                lost=wanted if wins_here else here,
                local_at=self.edits[field].at,
                remote_at=self.wish.edited_at(field),
            )
        )

    def result(self) -> FieldMerge:
        return FieldMerge(
            change=FieldChange(self.set, self.add, self.remove),
            conflicts=tuple(self.conflicts),
            undecided=tuple(self.undecided),
            standing=frozenset(self.standing),
            edits=self.edits,
            taken=self.taken,
            woven=tuple(self.woven),
            gave_way=self.gave_way,
        )


def held_after(twin: Twin, local: Fields, fields: frozenset[str]) -> Fields:
    """The snapshot of what the tracker holds now, of the fields that rules speak of."""
    names = fields | twin.base.held.keys()
    return {name: snapshot(local.get(name)) for name in sorted(names)}

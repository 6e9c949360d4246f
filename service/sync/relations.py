"""Parents and links: between the two sides they name twins, in a tracker its own issues.

A link shows on both of its issues, and both may be under sync. So that it is told once, the twin
with the smaller id speaks for it, at both sides the same.
"""

from collections.abc import Iterable, Mapping

import msgspec

from schemas.issue import FieldChange
from schemas.links import RELATES
from schemas.twin import Loss, Relations, Twin
from schemas.values import Fields, Value, as_set
from service.sync.snapshots import as_elements

PARENT, LINKS = "parent", "links"
OWN_PARENT, OWN_LINKS = "own_parent", "own_links"
"""Ties to issues that are under no sync: rules see them, and they stay at home. A rule may wish
such a parent, by its id here."""
_TWIN = "twin:"
_LONGEST = 255
"""Of a twin's id: these come from the other node."""


class Means(msgspec.Struct, frozen=True):
    """What of it a tracker can hold."""

    parent: bool
    link_kinds: tuple[str, ...]

    def lesser(self, kind: str) -> str:
        """The kind that stands for it here; '' when none does."""
        if kind in self.link_kinds:
            return kind
        return RELATES if RELATES in self.link_kinds else ""


class Known(msgspec.Struct, frozen=True):
    """The local issue of a twin."""

    issue: str
    stopped: bool = False


class Reach(msgspec.Struct, frozen=True):
    fields: Fields
    """What of the wish can be had here now."""
    left_out: tuple[str, ...]
    losses: tuple[Loss, ...]


def speaks_for(twin: str, other: str) -> bool:
    return twin < other


def is_parent(tie: str) -> bool:
    return _parted(tie)[0] == PARENT


def ties(fields: Fields) -> Fields:
    return {name: fields[name] for name in (PARENT, LINKS) if name in fields}


def named_issues(fields: Fields) -> frozenset[str]:
    """Of an issue as its tracker tells it."""
    named = {_parted(element)[1] for element in as_elements(fields.get(LINKS))}
    parent = fields.get(PARENT)
    return frozenset(named | {parent} if isinstance(parent, str) and parent else named)


def named_twins(fields: Fields) -> frozenset[str]:
    """Of an issue in the words that both sides share."""
    ties = [*as_elements(fields.get(LINKS)), _parent_tie(fields.get(PARENT))]
    return frozenset(filter(None, map(_other, ties)))


def as_shared(
    twin: Twin, fields: Fields, twins: Mapping[str, str], means: Means, told: Iterable[str]
) -> tuple[Fields, Relations]:
    """The tracker's fields with twins in place of its issues. `told` are links as the other side
    told them: what stands here for a kind that the tracker lacks is known by them again."""
    shared = dict(fields)
    strangers = named_issues(fields) - twins.keys()
    parent = fields.get(PARENT)
    if isinstance(parent, str) and parent:
        known = twins.get(parent)
        shared[PARENT] = None if known is None else _TWIN + known
        if known is None:
            shared[OWN_PARENT] = parent
    own, elsewhere, links = set(), set(), set()
    for element in as_elements(fields.get(LINKS)):
        kind, issue = _parted(element)
        other = twins.get(issue)
        if other is None:
            own.add(element)
        elif not speaks_for(twin.id, other):
            elsewhere.add(f"{kind} {_TWIN}{other}")
        else:
            links |= _told_kinds(kind, _TWIN + other, means, frozenset(told))
    if LINKS in fields:
        shared[LINKS] = as_set(links)
    if own:
        shared[OWN_LINKS] = as_set(own)
    relations = msgspec.structs.replace(
        twin.relations, strangers=as_set(set(strangers)), elsewhere=as_set(elsewhere)
    )
    return shared, relations


def _told_kinds(kind: str, other: str, means: Means, told: frozenset[str]) -> set[str]:
    element = f"{kind} {other}"
    if kind != RELATES:
        return {element}
    degraded = {
        each
        for each in told
        if _parted(each)[1] == other
        and _parted(each)[0] != RELATES
        and means.lesser(_parted(each)[0]) == RELATES
    }
    return degraded if degraded and element not in told else degraded | {element}


def within_reach(twin: Twin, wanted: Fields, issues: Mapping[str, Known], means: Means) -> Reach:
    """The wish without ties that cannot be made here, or not yet."""
    fields, left_out, losses = dict(wanted), [], []
    if fields.get(OWN_PARENT) is not None and not means.parent:
        losses.append(Loss(PARENT, "The parent cannot be set here."))
        del fields[OWN_PARENT]
    parent = wanted.get(PARENT)
    if parent is not None:
        other = _other(_parent_tie(parent))
        if not means.parent or not other:
            losses.append(Loss(PARENT, "The parent cannot be set here."))
            del fields[PARENT]
        elif other not in issues:
            left_out.append(_parent_tie(parent))
            del fields[PARENT]
    if LINKS in wanted:
        links = _Links(twin, issues, means)
        for element in as_elements(wanted[LINKS]):
            links.take(element)
        left_out += links.left_out
        losses += links.losses()
        fields[LINKS] = as_set(links.kept)
    return Reach(fields, as_set(left_out), tuple(losses))


class _Links:
    def __init__(self, twin: Twin, issues: Mapping[str, Known], means: Means) -> None:
        self._twin, self._issues, self._means = twin, issues, means
        self.kept: list[str] = []
        self.left_out: list[str] = []
        self._lesser: set[str] = set()
        self._lost: set[str] = set()

    def take(self, element: str) -> None:
        kind, other = _parted(element)[0], _other(element)
        if other and not speaks_for(self._twin.id, other):
            return
        lesser = self._means.lesser(kind) if other else ""
        if not lesser:
            self._lost.add(kind)
            return
        if lesser != kind:
            self._lesser.add(kind)
        (self.kept if other in self._issues else self.left_out).append(element)

    def losses(self) -> list[Loss]:
        lesser = [
            Loss(LINKS, f"Links of the kind '{kind}' stand here as '{RELATES}'.")
            for kind in sorted(self._lesser)
        ]
        lost = [
            Loss(LINKS, f"Links of the kind '{kind}' cannot be made here.")
            for kind in sorted(self._lost)
        ]
        return lesser + lost


def without_left_out(fields: Fields, left_out: tuple[str, ...]) -> Fields:
    """What the other side wished before, as far as it was had here."""
    if not left_out:
        return fields
    earlier = dict(fields)
    if _parent_tie(fields.get(PARENT)) in left_out:
        del earlier[PARENT]
    if LINKS in fields:
        kept = set(as_elements(fields[LINKS])) - set(left_out)
        earlier[LINKS] = as_set(kept)
    return earlier


def in_local_words(
    change: FieldChange, here: Fields, issues: Mapping[str, Known], means: Means
) -> FieldChange:
    """What is written to the tracker: its own issues in place of twins. `here` are the fields as
    both sides share them."""
    values = dict(change.set)
    if values.get(PARENT) is not None:
        parent = issues.get(_other(_parent_tie(values.pop(PARENT))))
        values |= {PARENT: parent.issue} if parent else {}
    own = values.pop(OWN_PARENT, None)
    if own is not None:
        values[PARENT] = own
    add, remove = dict(change.add), dict(change.remove)

    def known(elements: Iterable[str]) -> set[str]:
        return {each for each in elements if _other(each) in issues}

    def local(elements: set[str]) -> set[str]:
        return {
            f"{means.lesser(_parted(each)[0])} {issues[_other(each)].issue}" for each in elements
        }

    links, given = known(as_elements(here.get(LINKS))), known(add.pop(LINKS, ()))
    taken = known(remove.pop(LINKS, ()))
    # An issue that is no longer under sync keeps its links: that one end fell silent says nothing.
    taken = {each for each in taken if not issues[_other(each)].stopped}
    if fresh := local(given) - local(links):
        add[LINKS] = as_set(fresh)
    if gone := local(taken) - local(links - taken | given):
        remove[LINKS] = as_set(gone)
    return FieldChange(values, add, remove)


def drafted(fields: Fields, issues: Mapping[str, Known], means: Means) -> Fields:
    """The same for an issue that is about to be made."""
    ties = FieldChange(
        set={name: fields[name] for name in (PARENT, OWN_PARENT) if name in fields},
        add={LINKS: as_elements(fields[LINKS])} if LINKS in fields else {},
    )
    local = in_local_words(ties, {}, issues, means)
    others = {name: value for name, value in fields.items() if name not in (PARENT, OWN_PARENT)}
    if LINKS in fields:
        others[LINKS] = local.add.get(LINKS, ())
    return others | local.set


def only_shared(fields: Fields) -> Fields:
    """What may leave: a tie that a rule names otherwise than by its twin stays at home."""
    if PARENT not in fields and LINKS not in fields:
        return fields
    shared = dict(fields)
    if fields.get(PARENT) is not None and not _other(_parent_tie(fields[PARENT])):
        del shared[PARENT]
    if LINKS in fields:
        shared[LINKS] = as_set([e for e in as_elements(fields[LINKS]) if _other(e)])
    return shared


def awaited(relations: Relations) -> frozenset[str]:
    """What the twin waits for: "twin:…" is to get its issue, or "issue:…" is to get a twin."""
    twins = {_TWIN + _other(tie) for tie in relations.left_out}
    return frozenset(twins | {f"issue:{id}" for id in relations.strangers})


def concerned(before: Twin, after: Twin) -> frozenset[str]:
    """The twins at the other end of links that have come here, or gone: one of the two speaks for
    the link, and the other has to have seen it, to notice when a person takes it away."""
    changed = set(before.relations.elsewhere) ^ set(after.relations.elsewhere)
    changed |= set(_held_links(before)) ^ set(_held_links(after))
    return frozenset(filter(None, map(_other, changed)))


def _held_links(twin: Twin) -> tuple[str, ...]:
    return as_elements(twin.base.held.get(LINKS))


def _parted(element: str) -> tuple[str, str]:
    kind, _, issue = element.partition(" ")
    return kind, issue


def _parent_tie(parent: Value) -> str:
    return f"{PARENT} {parent}"


def _other(tie: str) -> str:
    """The twin at the other end; '' when the tie names none."""
    named = _parted(tie)[1]
    twin = named.removeprefix(_TWIN)
    usable = named != twin and len(twin) <= _LONGEST and "\x00" not in twin
    return twin if usable else ""

"""What both sides last had of a long text: remembered by marks, for merging by paragraphs."""

import msgspec

from schemas.issue import Issue
from schemas.rules import Wanted
from schemas.twin import SharedText, ToldText, Twin
from service.sync.paragraphs import marks
from service.sync.policy import Policy

_MOST = 20
"""Told and not confirmed; of more, the first are the ones that the other side may know."""


def shared_text(twin: Twin, field: str) -> SharedText:
    """The newest of what was seen to agree and of what the other side has confirmed."""
    known = twin.texts.get(field, SharedText())
    seen = [each for each in known.waiting if known.version < each.version <= twin.acknowledged]
    waiting = tuple(each for each in known.waiting if each.version > twin.acknowledged)
    if not seen:
        return msgspec.structs.replace(known, waiting=waiting)
    return SharedText(seen[-1].marks, seen[-1].marks, seen[-1].version, told=True, waiting=waiting)


def note_shared(
    twin: Twin, standing: frozenset[str], wanted: Wanted, held: Issue, policy: Policy
) -> Twin:
    """Once a replica was taken in: texts of which neither side has news for the other.

    `standing`: fields where an edit of ours stands against the replica. What was told of these
    crossed what the other side told, so neither side's confirmation makes it a common ground.
    """
    texts = {name: shared_text(twin, name) for name in twin.texts if policy.by_paragraphs(name)}
    for name, wish in wanted.fields.items():
        if not policy.by_paragraphs(name):
            continue
        here, there = marks(held.fields.get(name)), marks(wish)
        if here != there and name in standing:
            if name in texts:
                texts[name] = msgspec.structs.replace(texts[name], waiting=())
        elif here != there and _unseen(twin, name):
            continue
        elif here or there:
            waiting = shared_text(twin, name).waiting
            texts[name] = SharedText(here, there, twin.version, waiting=waiting)
    return twin if texts == twin.texts else msgspec.structs.replace(twin, texts=texts)


def note_told(twin: Twin, fresh: frozenset[str], held: Issue, policy: Policy) -> Twin:
    """Once a message was composed that carries these fields as news."""
    texts = dict(twin.texts)
    for name in fresh:
        found = marks(held.fields.get(name)) if policy.by_paragraphs(name) else ()
        if found:
            known = shared_text(twin, name)
            waiting = (*known.waiting, ToldText(twin.version, found))[:_MOST]
            texts[name] = msgspec.structs.replace(known, waiting=waiting)
    return twin if texts == twin.texts else msgspec.structs.replace(twin, texts=texts)


def _unseen(twin: Twin, field: str) -> bool:
    edit = twin.edits.get(field)
    return edit is not None and edit.version > twin.acknowledged

"""Long text, merged paragraph by paragraph: edits of different ones both stand.

Of the text that both sides last shared only marks are remembered, one for each paragraph: what an
unchanged one says, either side still holds.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher

import msgspec

from schemas.rich_text import (
    Block,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    RichText,
    Table,
    Text,
    to_plain,
)
from schemas.twin import SharedText
from schemas.values import Value, digest
from service.sync.policy import Winner

_MARK = 12
"""Letters of a digest."""
_GAP = "\n\n"
_MOST = 400
"""Paragraphs; of a text that has more, and there is hardly one, the whole is decided on."""

Unit = str | Block
Marks = tuple[str, ...]
Long = str | RichText


class MergedText(msgspec.Struct, frozen=True):
    value: Long
    overlap: bool
    """Both sides changed the same paragraph: the winner's stands."""


class _Hunk(msgspec.Struct, frozen=True):
    """A side's change: its paragraphs `begin` to `end` in place of the shared `first` to `last`."""

    first: int
    last: int
    begin: int
    end: int
    here: bool

    def meets(self, other: "_Hunk") -> bool:
        if self.here == other.here:
            return False
        if self.first == self.last and other.first == other.last:
            return self.first == other.first
        return max(self.first, other.first) < min(self.last, other.last) or (
            _inside(self, other) or _inside(other, self)
        )


def _inside(one: _Hunk, other: _Hunk) -> bool:
    return one.first == one.last and other.first < one.first < other.last


def units(text: Long) -> tuple[Unit, ...]:
    """Items of a list are parts of their own."""
    if isinstance(text, str):
        return tuple(text.split(_GAP))
    found: list[Unit] = []
    for block in text.blocks:
        if isinstance(block, ListBlock):
            found += [msgspec.structs.replace(block, items=(item,)) for item in block.items]
        else:
            found.append(block)
    return tuple(found)


def joined(parts: list[Unit], like: Long) -> Long:
    if isinstance(like, str):
        return _GAP.join(part for part in parts if isinstance(part, str))
    blocks: list[Block] = []
    for part in (each for each in parts if not isinstance(each, str)):
        last = blocks[-1] if blocks else None
        if (
            isinstance(part, ListBlock)
            and isinstance(last, ListBlock)
            and part.ordered == last.ordered
        ):
            blocks[-1] = msgspec.structs.replace(last, items=last.items + part.items)
        else:
            blocks.append(part)
    return RichText(tuple(blocks))


def marks(value: Value) -> Marks:
    """Each tells the paragraph itself and, behind the colon, its bare words. None for a plain text
    of one paragraph, which may be a name or a status."""
    if isinstance(value, RichText) or (isinstance(value, str) and _GAP in value):
        return tuple(map(_mark, units(value)))
    return ()


def _mark(part: Unit) -> str:
    bare = part if isinstance(part, str) else to_plain(RichText((part,)))
    behind = () if isinstance(part, str) else _behind((part,))
    words = "\x1f".join((" ".join(bare.split()), *behind))
    return f"{digest(part)[:_MARK]}:{digest(words)[:_MARK]}"


def _behind(blocks: tuple[Block, ...]) -> Iterator[str]:
    """What a person can change and words do not show: where links lead, and what is ticked."""
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(content=content):
                for part in content:
                    if isinstance(part, Text) and part.href not in ("", part.text):
                        yield part.href
            case Quote(within):
                yield from _behind(within)
            case ListBlock(items):
                for item in items:
                    yield from ("x",) if item.checked else ()
                    yield from _behind(item.blocks)
            case Table(rows):
                for row in rows:
                    for cell in row.cells:
                        yield from _behind(cell.blocks)
            case _:
                pass


def merge_texts(shared: SharedText, here: Long, wanted: Long, winner: Winner) -> MergedText | None:
    """None: they cannot be told apart by paragraphs. The same comes out on both sides."""
    ours, theirs = marks(here), marks(wanted)
    alike = isinstance(here, str) == isinstance(wanted, str)
    if not (alike and ours and theirs and shared.held) or len(shared.held) != len(shared.wanted):
        return None
    if max(len(ours), len(theirs), len(shared.held)) > _MOST:
        return None
    hunks = _hunks(shared.held, ours, here=True) + _hunks(shared.wanted, theirs, here=False)
    return _Weaving(shared, here, wanted, ours, theirs, winner).woven(_clusters(hunks))


def _hunks(before: Marks, after: Marks, *, here: bool) -> list[_Hunk]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    found: list[_Hunk] = []
    for kind, first, last, begin, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        if last - first == end - begin:
            # As many as before: each is taken for the one in its place.
            found += [
                _Hunk(first + n, first + n + 1, begin + n, begin + n + 1, here)
                for n in range(last - first)
            ]
        else:
            found.append(_Hunk(first, last, begin, end, here))
    return found


def _clusters(hunks: list[_Hunk]) -> list[list[_Hunk]]:
    """Those that meet, together; in the order of the shared text."""
    clusters: list[list[_Hunk]] = []
    for hunk in sorted(hunks, key=lambda h: (h.first, h.last, h.here)):
        if clusters and any(hunk.meets(other) for other in clusters[-1]):
            clusters[-1].append(hunk)
        else:
            clusters.append([hunk])
    return clusters


class _Weaving:
    def __init__(
        self,
        shared: SharedText,
        here: Long,
        wanted: Long,
        ours: Marks,
        theirs: Marks,
        winner: Winner,
    ) -> None:
        self._shared, self._like, self._winner = shared, here, winner
        self._units = {True: units(here), False: units(wanted)}
        self._marks = {True: ours, False: theirs}
        self._overlap = False

    def woven(self, clusters: list[list[_Hunk]]) -> MergedText:
        """Between the changes stands what neither side changed, as it is here."""
        found: list[Unit] = []
        at = shift = 0
        for cluster in clusters:
            first = min(hunk.first for hunk in cluster)
            last = max(hunk.last for hunk in cluster)
            found += self._units[True][at + shift : first + shift]
            here = self._chosen(cluster, first, last)
            found += [self._units[here][n] for n in _places(cluster, first, last, here=here)]
            shift += sum(h.end - h.begin - h.last + h.first for h in cluster if h.here)
            at = max(at, last)
        found += self._units[True][at + shift :]
        return MergedText(joined(found, self._like), self._overlap)

    def _chosen(self, cluster: list[_Hunk], first: int, last: int) -> bool:
        """Whether what stands here does."""
        sides = {hunk.here for hunk in cluster}
        if len(sides) == 1:
            return sides.pop()
        ours = self._said(cluster, first, last, here=True)
        theirs = self._said(cluster, first, last, here=False)
        if _words(ours) == _words(theirs):
            # Nothing is lost but how it looks; a tracker may have tidied it.
            return ours == theirs or self._winner != "remote"
        shared = self._shared
        if shared.told and _words(theirs) == _words(shared.wanted[first:last]):
            return True
        self._overlap = True
        return self._winner != "remote"

    def _said(self, cluster: list[_Hunk], first: int, last: int, *, here: bool) -> Marks:
        return tuple(self._marks[here][n] for n in _places(cluster, first, last, here=here))


def _places(cluster: list[_Hunk], first: int, last: int, *, here: bool) -> range:
    """Where a side's paragraphs stand that take the place of the shared ones."""
    own = [hunk for hunk in cluster if hunk.here == here]
    return range(own[0].begin - (own[0].first - first), own[-1].end + last - own[-1].last)


def _words(found: Marks) -> Marks:
    return tuple(mark.partition(":")[2] for mark in found)

"""The people at both ends: what they write, and a record of it to compare with at rest."""

from schemas.rich_text import Paragraph, RichText, Text, to_plain
from schemas.values import Fields
from tests.simulation.end import End
from tests.simulation.model_engine import SHY

STATUS = {"a": ("todo", "progress", "review", "done"), "b": ("new", "active", "closed")}
PAUSE = 200_000
"""People take their time: what flips faster than this is taken for two rules at odds."""


def tokens_of(value: object) -> tuple[str, ...]:
    """One for each paragraph."""
    text = to_plain(value) if isinstance(value, RichText) else str(value)
    return tuple(each.split(".", maxsplit=1)[0] + "." for each in text.split("\n\n"))


class People:
    def __init__(self, ends: dict[str, End], *, paragraphs: int = 1) -> None:
        self._ends = ends
        self._paragraphs = paragraphs
        """Of the text that they begin with."""
        self._count = 0
        self.written: dict[str, set[str]] = {"summary": set(), "description": set()}
        """The tokens of every text that a person wrote, by field."""
        self.replaced: set[str] = set()
        """Those that a person saw and replaced."""
        self._words: dict[tuple[str, str], set[str]] = {}
        """All that a comment ever said, or a file held, by side and id."""
        self._deleted: dict[str, list[str]] = {side: [] for side in ends}
        self._marked: set[str] = set()
        """Comments whose mirror keeps a marker."""
        self.forgetful = ""
        """The side that was restored, and has not yet been told anew."""
        self._unmarked = False
        """A side was restored whose comments keep no marker."""
        self.may_remain: dict[str, set[str]] = {side: set() for side in ends}
        """Said or held by what was deleted at a side that forgot it was ever there: the mirror
        stays, for absence proves nothing."""

    def first_issue(self) -> Fields:
        return {
            "summary": self._summary(),
            "status": "todo",
            "labels": (),
            "description": self._description(large=True),
            "secret": "secret",
        }

    def _token(self, field: str) -> str:
        self._count += 1
        token = f"{field[0]}{self._count}."
        self.written[field].add(token)
        return token

    def _summary(self) -> str:
        return self._token("summary") + "x" * (self._count % 3 * 10)

    def _description(self, *, large: bool) -> RichText:
        return RichText(tuple(self._paragraph(large=large) for _ in range(self._paragraphs)))

    def _paragraph(self, *, large: bool) -> Paragraph:
        words = self._token("description") + " word" * (200 if large else 2)
        return Paragraph((Text(words), Text(" bold", ("strong",))))

    def _edited(self, text: RichText, choice: int, *, large: bool) -> RichText:
        """One paragraph says something else, is new, or is gone."""
        blocks = list(text.blocks)
        if not blocks:
            # Two people have each taken out what the other left.
            return RichText((self._paragraph(large=large),))
        at = choice // 5 % len(blocks)
        match choice % 5:
            case 0 if len(blocks) < 6:
                blocks.insert(at, self._paragraph(large=large))
            case 1 if len(blocks) > 1:
                del blocks[at]
            case _:
                blocks[at] = self._paragraph(large=large)
        return RichText(tuple(blocks))

    def _sets(self, end: End, field: str, value: str | RichText) -> None:
        if end.issue is not None:
            end.tracker.clock.at += PAUSE
            if field in end.issue.fields:
                gone = set(tokens_of(end.issue.fields[field])) - set(tokens_of(value))
                self.replaced |= gone
            end.tracker.person_sets(end.issue.id, field, value)

    def rename(self, side: str) -> None:
        if self._ends[side].issue is not None:
            self._sets(self._ends[side], "summary", self._summary())

    def describe(self, side: str, choice: int) -> None:
        issue, large = self._ends[side].issue, choice % 3 > 0
        if issue is None:
            return
        now = issue.fields["description"]
        assert isinstance(now, RichText)
        once = self._paragraphs == 1
        text = self._description(large=large) if once else self._edited(now, choice, large=large)
        self._sets(self._ends[side], "description", text)

    def move(self, side: str, choice: int) -> None:
        end = self._ends[side]
        if end.issue is not None:
            end.tracker.clock.at += PAUSE
            names = STATUS[side]
            end.tracker.person_sets(end.issue.id, "status", names[choice % len(names)])

    def label(self, side: str, choice: int) -> None:
        end = self._ends[side]
        if end.issue is not None:
            labels = end.issue.fields.get("labels") or ()
            assert isinstance(labels, tuple)
            now = set(labels) ^ {"lmnop"[choice % 5]}
            end.tracker.person_sets(end.issue.id, "labels", tuple(sorted(now)))

    def comment(self, side: str, choice: int) -> None:
        """Writes a comment; or edits, or deletes, one of those that people wrote on this side."""
        end = self._ends[side]
        if end.issue is None:
            return
        own = [c.id for c in end.issue.comments.values() if c.author.name == "person"]
        self._count += 1
        words = f"c{self._count}."
        if choice % 3 == 0 or not own:
            shy = SHY if choice % 5 == 4 else ""
            end.tracker.person_comments(end.issue.id, shy + words, internal=choice % 4 == 3)
        elif choice % 3 == 1:
            end.tracker.person_edits_comment(end.issue.id, own[choice % len(own)], words)
        else:
            self._note_deleted(end, own[choice % len(own)])
            end.tracker.person_deletes_comment(end.issue.id, own[choice % len(own)])
        if end.tracker.capabilities.comment_marker:
            self._marked |= end.issue.comments.keys()
        for comment in end.issue.comments.values():
            self._words.setdefault((side, comment.id), set()).add(to_plain(comment.body))

    def _note_deleted(self, end: End, id: str) -> None:
        traces = (*end.twin.comments, *end.twin.attachments) if end.twin else ()
        known = any(trace.local_id == id for trace in traces)
        if self.forgetful == end.peer.name:
            self._note_orphan(end, id)
        elif known and not self.forgetful:
            self._deleted[end.name].append(id)
        else:
            self.may_remain[end.name] |= self._words.get((end.name, id), set())

    def _note_orphan(self, end: End, id: str) -> None:
        """Its mirror was forgotten. It is known again by a marker, and stays only where it was
        edited; else it passes for one of the other side's own."""
        words = self._words.get((end.name, id), set())
        marked = id in self._marked
        for side in (end.name,) if marked else self.may_remain:
            if not marked or len(words) > 1:
                self.may_remain[side] |= words

    def remaining(self, side: str) -> set[str]:
        """What may remain of comments. A mirror without a marker is known again by its words alone:
        one whose comment was edited meanwhile stays beside the new one, and passes for one of the
        restored side's own."""
        if not self._unmarked:
            return self.may_remain[side]
        return self.may_remain[side].union(*self._words.values())

    def forget(self, side: str) -> None:
        """The side is restored from a backup: it may not know any more what was deleted there, nor
        which mirrors it has."""
        self.forgetful = side
        end = self._ends[side]
        self._unmarked = self._unmarked or not end.tracker.capabilities.comment_marker
        for id in self._deleted[side]:
            self.may_remain[side] |= self._words.get((side, id), set())
        for id in self._deleted[end.peer.name]:
            self._note_orphan(end.peer, id)

    def attach(self, side: str, choice: int) -> None:
        end = self._ends[side]
        if end.issue is None:
            return
        own = [f for f in end.issue.files if end.issue.files[f][1].startswith(side.encode())]
        if choice % 3 == 2 and own:
            file = own[choice % len(own)]
            self._words[side, file] = {end.issue.files[file][1].decode()}
            self._note_deleted(end, file)
            end.tracker.person_detaches(end.issue.id, own[choice % len(own)])
            return
        self._count += 1
        # Of a size of its own: by name and size is how a restored side knows a file again.
        content = f"{side}{self._count}".ljust(self._count + 4, ".").encode()
        end.tracker.person_attaches(end.issue.id, f"{side}{self._count % 2}.txt", content)

    def meddle(self, side: str, choice: int) -> None:
        """Any of these."""
        if choice % 6 == 0:
            self.rename(side)
        else:
            acts = (self.describe, self.move, self.label, self.comment, self.attach)
            acts[choice % 6 - 1](side, choice // 6)

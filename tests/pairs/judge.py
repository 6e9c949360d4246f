"""What of an issue arrived whole, degraded or not at all, and whether the product had said so."""

from typing import Literal

import msgspec

from schemas.issue import Comment, Issue
from schemas.metadata import FieldKind
from schemas.rich_text import Block, Image, Inline, Mention, Paragraph, RichText, to_plain
from schemas.values import User, Value
from service.rules.vocabularies import VOCABULARIES, tables
from tests.pairs import agreement
from tests.pairs.agreement import Tie
from tests.pairs.company import NEUTRAL
from tests.pairs.stage import Stage
from tests.pairs.story import ANSWER, CONTENT, PICTURE, PLAN, SECONDS, STARTED, Scene, Told

Level = Literal["whole", "degraded", "not at all", "not there"]
_TABLED = ("status", "priority", "resolution")
_NAMED = ("components", "fix_versions", "affected_versions", "milestone", "area", "iteration")
FIELDS = (
    *("summary", "description", "type", "status", "priority", "resolution", "labels"),
    *("components", "fix_versions", "affected_versions", "milestone", "area", "iteration"),
    *("assignee", "reporter", "due", "estimate", "remaining", "spent", "parent", "links"),
)
KINDS: tuple[FieldKind, ...] = (
    *("text", "rich_text", "number", "boolean", "date", "datetime", "option", "options"),
    *("cascading", "labels", "user", "users", "url"),
)
PARTS = (
    *("comment", "comment's author", "comment edited", "comment deleted", "internal comment"),
    *("attachment", "attachment deleted", "inline image", "mention", "worklog"),
)
ITEMS = (*FIELDS, *(f"custom {kind}" for kind in KINDS), *PARTS)


class Finding(msgspec.Struct, frozen=True):
    level: Level
    """`not there`: the sender's tracker has no such thing."""
    why: str = ""
    """Of what is not whole: in the words of the twin's losses or the manifest; '' when nobody had
    said so, which is a failure."""

    @property
    def unreported(self) -> bool:
        return self.level in ("degraded", "not at all") and not self.why


NOT_THERE = Finding("not there")
WHOLE = Finding("whole")


class Judge:
    def __init__(self, stage: Stage, told: Told) -> None:
        self._told = told
        self._home, self._away = stage.companies[told.home], stage.companies[told.away]
        self._ties = stage.ties_from(told.home)
        self._capabilities = self._away.tracker.capabilities

    def findings(self) -> dict[str, Finding]:
        made, edited = self._told.made, self._told.edited
        found = {name: self._field(name, made) for name in FIELDS}
        found |= {f"custom {kind}": self._custom(kind, made) for kind in KINDS}
        found |= self._comments(made, edited)
        found |= self._files(made, edited)
        found["mention"] = self._mention(made)
        found["worklog"] = self._worklog(made)
        return found

    # Fields

    def _field(self, name: str, scene: Scene) -> Finding:
        ours = scene.here.fields.get(name)
        if ours in (None, (), 0):
            return NOT_THERE
        theirs = scene.there.fields.get(name)
        if self._same(name, ours, theirs):
            return WHOLE
        why = self._said(scene, name) or self._by_table(name, ours, theirs)
        if name == "links" and not why:
            why = self._home.tracker.capabilities.degraded.get(name, "")
        return Finding("degraded" if _is_there(theirs) else "not at all", why)

    def _same(self, name: str, ours: Value, theirs: Value) -> bool:
        if name in _TABLED or name == "type":
            return theirs is not None and _alike(self._turned(name, theirs), ours)
        if name == "parent":
            return theirs == self._told.parent[1]
        if name == "links":
            return theirs == (f"{self._told.link} {self._told.beside[1]}",)
        if name in _NAMED:
            names = agreement.names(self._away, self._home, name)
            return theirs == _renamed(ours, names)
        if isinstance(ours, RichText):
            return isinstance(theirs, RichText) and _body(ours) == _body(theirs)
        if isinstance(ours, User):
            return isinstance(theirs, User) and self._same_person(ours, theirs)
        return ours == theirs

    def _same_person(self, ours: User, theirs: User) -> bool:
        by_email = bool(ours.email) and ours.email == theirs.email
        return by_email or theirs.name == self._person(ours)

    def _turned(self, name: str, word: Value) -> Value:
        """A word of theirs in our own again."""
        if name == "type":
            return agreement.mapped_type(self._home, self._away, str(word))
        words = tables(VOCABULARIES[self._home.name], VOCABULARIES[self._away.name])
        table: dict[str, str] = getattr(words, name)
        return next((ours for theirs, ours in table.items() if _alike(theirs, word)), word)

    def _by_table(self, name: str, ours: Value, theirs: Value) -> str:
        if name not in _TABLED or theirs is None:
            return ""
        words = tables(VOCABULARIES[self._away.name], VOCABULARIES[self._home.name])
        table: dict[str, str] = getattr(words, name)
        folded = {word.casefold(): here for word, here in table.items()}
        if not _alike(folded.get(str(ours).casefold()), theirs):
            return ""
        return f"The rules' table has {theirs!r} for {ours!r}, the nearest word."

    def _person(self, user: User) -> str:
        pairs = [(self._home.person, self._away.person)]
        if self._home.reporter and self._away.reporter:
            pairs.append((self._home.reporter, self._away.reporter))
        return next((there.name for here, there in pairs if here.name == user.name), user.name)

    def _custom(self, kind: FieldKind, scene: Scene) -> Finding:
        """Of several fields of the kind, the one that fares best."""
        held = [field.name for field in self._home.custom(self._home.type) if field.kind == kind]
        held = [name for name in held if scene.here.fields.get(name) not in (None, ())]
        found = [self._tied(name, scene) for name in held]
        order = ("whole", "degraded", "not at all")
        return min(found, key=lambda each: order.index(each.level), default=NOT_THERE)

    def _tied(self, name: str, scene: Scene) -> Finding:
        tie = next((each for each in self._ties if each.here == name), None)
        if tie is None:
            return Finding("not at all", self._no_field(name))
        ours, theirs = scene.here.fields.get(name), scene.there.fields.get(tie.there)
        if self._same_custom(tie, ours, theirs):
            if tie.kind == tie.there_kind:
                return WHOLE
            return Finding("degraded", f"It stands in a field of the kind {tie.there_kind}.")
        level: Level = "degraded" if _is_there(theirs) else "not at all"
        return Finding(level, self._said(scene, tie.there, tie.wire))

    def _same_custom(self, tie: Tie, ours: Value, theirs: Value) -> bool:
        if isinstance(ours, RichText) and isinstance(theirs, str):
            return to_plain(ours) == theirs
        if isinstance(ours, User):
            return isinstance(theirs, User) and self._same_person(ours, theirs)
        if tie.kind == "users" and isinstance(ours, tuple):
            return theirs == tuple(sorted(self._person(User(name)) for name in ours))
        if tie.outward:
            return theirs == _renamed(ours, tie.outward)
        return self._same(tie.here, ours, theirs)

    def _no_field(self, name: str) -> str:
        kind = self._home.fields(self._home.type)[name].kind
        if kind not in self._capabilities.custom_kinds:
            return f"There are no fields of the kind {kind}."
        return f"The project there has no further field of the kind {kind}."

    # Parts

    def _comments(self, made: Scene, edited: Scene) -> dict[str, Finding]:
        kept = _comment(made.there, "Stays")
        ours = _comment(made.here, "Stays")
        names = (self._home.person.name, self._away.person.name)
        whole = (
            kept
            and ours
            and _said_in(ours.body, names) == _said_in(RichText(kept.body.blocks[1:]), names)
        )
        lost = Finding("degraded" if kept else "not at all", self._said(made, "comments"))
        named = ours and kept and ours.author.name in to_plain(RichText(kept.body.blocks[:1]))
        author = Finding("degraded", "The account is the author; the first line names ours.")
        changed = _comment(edited.there, "Was edited") and not _comment(edited.there, "Is edited")
        gone = _comment(made.there, "Is deleted") and not _comment(edited.there, "Is deleted")
        said = self._said(edited, "comments")
        return {
            "comment": WHOLE if whole else lost,
            "comment's author": author if named else Finding("not at all"),
            "comment edited": WHOLE if changed else Finding("not at all", said),
            "comment deleted": WHOLE if gone else Finding("not at all", said),
            "internal comment": self._internal(made),
        }

    def _internal(self, scene: Scene) -> Finding:
        if not self._home.tracker.capabilities.comment_internal:
            return NOT_THERE
        theirs = _comment(scene.there, "Among us")
        if theirs is not None:
            return WHOLE if theirs.internal else Finding("degraded")
        if self._capabilities.comment_internal:
            return Finding("not at all")
        return Finding("not at all", "It stays at home: all comments are public there.")

    def _files(self, made: Scene, edited: Scene) -> dict[str, Finding]:
        if not self._told.picture:
            return dict.fromkeys(("attachment", "attachment deleted", "inline image"), NOT_THERE)
        why = self._said(made, "attachments")
        arrived = made.files == CONTENT
        gone = arrived and PLAN not in edited.files
        deletes = self._home.tracker.capabilities.attachment_delete
        removed = WHOLE if gone else Finding("not at all", self._said(edited, "attachments"))
        return {
            "attachment": WHOLE if arrived else Finding("not at all", why),
            "attachment deleted": removed if deletes else NOT_THERE,
            "inline image": self._image(made),
        }

    def _image(self, scene: Scene) -> Finding:
        ours, theirs = _inlines(scene.here), _inlines(scene.there)
        if not any(isinstance(each, Image) for each in ours):
            return NOT_THERE
        if any(isinstance(each, Image) and each.source == PICTURE for each in theirs):
            if PICTURE in scene.files:
                return WHOLE
            return Finding("degraded", self._said(scene, "attachments"))
        shown = PICTURE in to_plain(_rich(scene.there))
        why = self._said(scene, "inline images")
        return Finding("degraded" if shown else "not at all", why)

    def _mention(self, scene: Scene) -> Finding:
        ours = [each for each in _inlines(scene.here) if isinstance(each, Mention)]
        if not ours:
            return NOT_THERE
        if any(isinstance(each, Mention) for each in _inlines(scene.there)):
            return WHOLE
        shown = ours[0].name in to_plain(_rich(scene.there))
        why = self._said(scene, "mentions")
        return Finding("degraded" if shown else "not at all", why)

    def _worklog(self, scene: Scene) -> Finding:
        if not self._home.tracker.capabilities.worklogs:
            return NOT_THERE
        kept = [
            (record.seconds, record.started // 86_400_000) for record in scene.there.worklogs or ()
        ]
        if kept == [(SECONDS, STARTED // 86_400_000)]:
            return WHOLE
        shown = _comment(scene.there, "Time spent: 1 h 30 min")
        return Finding("degraded" if shown else "not at all", self._said(scene, "worklogs"))

    # Reasons

    def _said(self, scene: Scene, *names: str) -> str:
        """By the twin, else by the manifest."""
        losses = [loss.reason for loss in scene.losses if loss.field in names]
        if losses:
            return " ".join(dict.fromkeys(losses))
        told = [
            self._capabilities.degraded[name]
            for name in names
            if name in self._capabilities.degraded
        ]
        if told:
            return told[0]
        (name, *_) = names
        if name in NEUTRAL and name not in self._capabilities.fields:
            return "The manifest has no such field."
        return "The manifest says: read only." if name in self._capabilities.read_only else ""

    # The way back

    def lost_answers(self) -> list[str]:
        """What somebody wrote at the other end, and that neither came home nor is told as lost."""
        scene, lost = self._told.answered, []
        back = {tie.there: tie for tie in self._ties}
        for name, value in self._told.answers.items():
            home = back[name].here if name in back else name
            # What had come there in a lesser form is not known again as what it was.
            told = {loss.field for loss in (*scene.losses_here, *scene.losses)}
            if scene.here.fields.get(home) != value and not told & {home, name}:
                lost.append(f"{name}: {value!r} is {scene.here.fields.get(home)!r} at home")
        if _comment(scene.here, ANSWER) is None:
            lost.append("comment")
        return lost


def _alike(one: Value, other: Value) -> bool:
    """Words of a vocabulary may differ by capitals from those of a project."""
    return str(one).casefold() == str(other).casefold()


def _is_there(value: Value) -> bool:
    return value not in (None, (), "")


def _renamed(value: Value, names: dict[str, str]) -> Value:
    if isinstance(value, tuple):
        return tuple(sorted(names.get(each, each) for each in value))
    return names.get(value, value) if isinstance(value, str) else value


def _comment(issue: Issue, words: str) -> Comment | None:
    """The first line of a mirror names its author."""
    comments = issue.comments or ()
    return next((each for each in comments if words in to_plain(each.body)), None)


def _said_in(body: RichText, names: tuple[str, ...]) -> list[str]:
    """The words without mentions and images, which have findings of their own."""
    words = to_plain(body)
    for part in (*(f"@{name}" for name in names), *names, PICTURE):
        words = words.replace(part, "")
    return words.split()


def _body(text: RichText) -> tuple[Block, ...]:
    """Without the line that names the reporter, and the one with mention and picture."""
    blocks = text.blocks
    if blocks and to_plain(RichText(blocks[:1])).startswith("Reported by "):
        blocks = blocks[1:]
    return blocks[:-1] if len(blocks) > 1 else blocks


def _rich(issue: Issue) -> RichText:
    text = issue.fields.get("description")
    return text if isinstance(text, RichText) else RichText(())


def _inlines(issue: Issue) -> tuple[Inline, ...]:
    paragraphs = (each for each in _rich(issue).blocks if isinstance(each, Paragraph))
    return tuple(part for paragraph in paragraphs for part in paragraph.content)

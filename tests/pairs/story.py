"""What people do with one issue: made with everything that their tracker has, then edited at both
ends. Each chapter ends at rest, and what stands on both sides is handed on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec

from adapters.port import ByteStream, Tracker, Worklogs
from schemas.issue import (
    AttachmentDraft,
    Comment,
    CommentDraft,
    FieldChange,
    Issue,
    WorklogDraft,
)
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Heading,
    Image,
    ListBlock,
    ListItem,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
    plain,
    to_plain,
)
from schemas.twin import Loss
from schemas.values import Fields, User, Value
from tests.pairs.stage import Stage

PICTURE = "harbour.png"
PLAN = "Pläne (1).txt"
ANSWER = "An answer from away"
SECONDS = 5_400
STARTED = 20_484 * 86_400_000
CONTENT = {
    PICTURE: bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
        "64f8cf500f0003860180345a0bd50000000049454e44ae426082"
    ),
    PLAN: "Größe 10 × 20\n".encode() * 2_000,
}


class Scene(msgspec.Struct, frozen=True):
    """Both ends at rest, and what their twins tell of losses."""

    here: Issue
    there: Issue
    losses: tuple[Loss, ...]
    """Told by the twin at the other end; of links also by that of the issue beside."""
    losses_here: tuple[Loss, ...]
    files: dict[str, bytes]
    """The other end's, by name."""


class Told(msgspec.Struct, frozen=True):
    """The whole story, as told from one company."""

    home: str
    away: str
    made: Scene
    edited: Scene
    """After edits at home."""
    answered: Scene
    """After edits at the other end; still as seen from home."""
    parent: tuple[str, str]
    """The parent's id at home and away."""
    beside: tuple[str, str]
    link: str
    picture: bool
    """Whether files could be attached at home at all."""
    answers: Fields
    """What somebody wrote at the other end, by their names of the fields."""
    sent_back: tuple[str, ...]
    """Fields at home that changed though nobody had touched them."""


class Story:
    def __init__(self, stage: Stage, home: str) -> None:
        self._stage = stage
        self._home, self._away = stage.companies[home], stage.other(home)
        self._tracker: Any = self._home.tracker
        self._issue = ""
        self._twin = self._beside = ""

    async def tell(self) -> Told:
        above = await self._pair(self._home.parent_type, "Above")
        beside = await self._pair(self._home.type, "Beside")
        self._beside = self._twin
        link = self._link_kind()
        files = await self._write(above[0], beside[0], link)
        self._twin = await self._stage.begin(self._home.name, self._issue)
        made = await self._scene()
        await self._edit_home()
        edited = await self._scene()
        answers = await self._edit_away(edited.there)
        answered = await self._scene()
        return Told(
            home=self._home.name,
            away=self._away.name,
            made=made,
            edited=edited,
            answered=answered,
            parent=above,
            beside=beside,
            link=link,
            picture=files,
            answers=answers,
            sent_back=self._sent_back(edited.here, answered.here, answers),
        )

    async def _pair(self, type: str, summary: str) -> tuple[str, str]:
        issue = await self._stage.write(self._home.name, type, summary=summary)
        self._twin = await self._stage.begin(self._home.name, issue.ref.id)
        return issue.ref.id, await self._mirror(self._twin)

    async def _mirror(self, twin: str) -> str:
        row = await self._stage.row(self._away.name, twin)
        assert row.state.issue is not None, await self._stage.parked()
        return row.state.issue.id

    async def _scene(self) -> Scene:
        parked = await self._stage.parked()
        assert not parked, parked
        row = await self._stage.row(self._away.name, self._twin)
        here = await self._stage.read(self._home.name, self._issue)
        there = await self._stage.read(self._away.name, await self._mirror(self._twin))
        beside = await self._stage.row(self._away.name, self._beside)
        back = await self._stage.row(self._home.name, self._twin)
        files = {
            file.filename: await _bytes(self._away.tracker, there.ref.id, file.id)
            for file in there.attachments or ()
        }
        links = (loss for loss in beside.state.losses if loss.field == "links")
        losses = (*row.state.losses, *links)
        return Scene(here, there, losses, back.state.losses, files)

    # At home

    async def _write(self, above: str, beside: str, link: str) -> bool:
        home, capabilities = self._home, self._tracker.capabilities
        fields = self._fields()
        fields |= {"summary": "Ünïcödé 🚀 & <b> at the pier", "description": _text(None, None)}
        if capabilities.parent:
            fields["parent"] = above
        if link:
            fields["links"] = (f"{link} {beside}",)
        made = await self._stage.write(home.name, home.type, **fields)
        self._issue = made.ref.id
        files = capabilities.attachment_upload
        if files:
            for name in (PICTURE, PLAN):
                await self._attach(name)
        picture = PICTURE if files else None
        described = {"description": _text(picture, home.person)}
        await self._stage.edit(home.name, self._issue, FieldChange(described))
        status = FieldChange({"status": home.values.statuses[1]})
        await self._stage.edit(home.name, self._issue, status)
        await self._remark(picture)
        return bool(files)

    def _fields(self) -> Fields:
        """Chosen values are those that the other side has a word for."""
        fields: Fields = dict(self._home.values.fields)
        for tie in self._stage.ties_from(self._home.name):
            if tie.outward:
                few = tuple(sorted(tie.outward)[:2])
                fields[tie.here] = few if tie.kind == "options" else next(iter(tie.outward))
        return fields

    async def _remark(self, picture: str | None) -> None:
        capabilities, person = self._tracker.capabilities, self._home.person
        texts = {
            "c-keep": _remark("Stays", picture, person),
            "c-edit": plain("Is edited"),
            "c-gone": plain("Is deleted"),
        }
        for marker, body in texts.items():
            await self._comment(CommentDraft(body, marker))
        if capabilities.comment_internal:
            await self._comment(CommentDraft(plain("Among us"), "c-shy", internal=True))
        if capabilities.worklogs:
            logs: Worklogs = self._tracker
            draft = WorklogDraft(SECONDS, STARTED, "w-1", plain("Looked at it"))
            await logs.add_worklog(self._issue, draft)

    async def _comment(self, draft: CommentDraft) -> Comment:
        self._stage.pass_(60)
        made: Comment = await self._tracker.add_comment(self._issue, draft)
        return made

    async def _attach(self, name: str) -> None:
        self._stage.pass_(60)
        mime = "image/png" if name == PICTURE else "text/plain"
        draft = AttachmentDraft(name, len(CONTENT[name]), mime, name)
        await self._tracker.add_attachment(self._issue, draft, content(CONTENT[name]))

    def _link_kind(self) -> str:
        ours = self._home.link_kinds
        theirs = self._away.link_kinds
        return next((kind for kind in ours if kind in theirs), ours[0] if ours else "")

    async def _edit_home(self) -> None:
        change = FieldChange({"summary": "Another summary"})
        await self._stage.edit(self._home.name, self._issue, change)
        comments = await self._tracker.read_comments(self._issue)
        by_words = {to_plain(comment.body): comment for comment in comments}
        edited, gone = by_words["Is edited"], by_words["Is deleted"]
        self._stage.pass_(60)
        await self._tracker.edit_comment(self._issue, edited.id, plain("Was edited"))
        await self._tracker.delete_comment(self._issue, gone.id)
        attachments = (await self._stage.read(self._home.name, self._issue)).attachments or ()
        plan = next((file for file in attachments if file.filename == PLAN), None)
        if plan is not None and self._tracker.capabilities.attachment_delete:
            await self._tracker.delete_attachment(self._issue, plan.id)
        await self._stage.changed(self._home.name, self._issue)

    # At the other end

    async def _edit_away(self, mirror: Issue) -> Fields:
        """Every simple field gets another value there; each has to come home."""
        stage, away = self._stage, self._away
        change = self._answers(mirror)
        await stage.edit(away.name, mirror.ref.id, FieldChange(change))
        stage.pass_(60)
        draft = CommentDraft(plain(ANSWER), "c-answer")
        await away.tracker.add_comment(mirror.ref.id, draft)
        await stage.changed(away.name, mirror.ref.id)
        return change

    def _answers(self, mirror: Issue) -> Fields:
        change: Fields = {"summary": "A third summary"}
        if mirror.fields.get("due"):
            change["due"] = "2033-02-28"
        if mirror.fields.get("estimate"):
            change["estimate"] = 14_400
        if mirror.fields.get("labels"):
            change["labels"] = ("answered",)
        for tie in self._stage.ties_from(self._away.name):
            if (value := _another(tie.kind, mirror.fields.get(tie.here))) is not None:
                change[tie.here] = value
        return change

    def _sent_back(self, before: Issue, after: Issue, answers: Fields) -> tuple[str, ...]:
        renamed = {tie.there: tie.here for tie in self._stage.ties_from(self._home.name)}
        touched = {renamed.get(name, name) for name in answers}
        moved = {
            name
            for name, value in before.fields.items()
            if after.fields.get(name) != value and name not in touched
        }
        if len(after.comments or ()) != len(before.comments or ()) + 1:
            moved.add("comments")
        if len(after.attachments or ()) != len(before.attachments or ()):
            moved.add("attachments")
        return tuple(sorted(moved))


def _another(kind: str, value: Value) -> Value:
    """Of kinds that may hold anything; None for the others."""
    match kind, value:
        case "text", str():
            return "Other words"
        case "number", int() | float():
            return 8
        case "boolean", bool():
            return not value
        case "date", str():
            return "2027-05-06"
        case _:
            return None


def _text(picture: str | None, person: User | None) -> RichText:
    end: list[Any] = [Text("Seen by ")]
    end += [Mention(person.name, person.id or person.email)] if person else [Text("nobody")]
    end += [Text(" in ")] + ([Image(picture)] if picture else [Text("no picture")])
    blocks: tuple[Block, ...] = (
        Heading(2, (Text("Größe & שלום"),)),
        Paragraph(
            (
                Text("plain "),
                Text("strong", ("strong",)),
                Text(" "),
                Text("emphasis", ("emphasis",)),
                Text(" "),
                Text("a link", (), "https://example.com/a?b=c"),
                Text("."),
            )
        ),
        ListBlock((ListItem((_line("one"),)), ListItem((_line("two"),)))),
        CodeBlock("if x < 1:\n    y = '*'\n", "python"),
        Quote((_line("so they say"),)),
        Table(
            (
                Row((Cell((_line("berth"),), header=True), Cell((_line("ship"),), header=True))),
                Row((Cell((_line("1"),)), Cell((_line("Sprat"),)))),
            )
        ),
        Paragraph(tuple(end)),
    )
    return RichText(blocks)


def _line(words: str) -> Paragraph:
    return Paragraph((Text(words),))


def _remark(words: str, picture: str | None, person: User) -> RichText:
    content: list[Any] = [Text(words + " "), Mention(person.name, person.id or person.email)]
    if picture:
        content += [Text(" "), Image(picture)]
    return RichText((Paragraph(tuple(content)),))


async def _bytes(tracker: Tracker, issue: str, attachment: str) -> bytes:
    async with tracker.open_attachment(issue, attachment) as blocks:
        return b"".join([block async for block in blocks])


def content(data: bytes) -> Callable[[], Awaitable[ByteStream]]:
    async def blocks() -> AsyncIterator[bytes]:
        yield data

    async def opened() -> ByteStream:
        return blocks()

    return opened

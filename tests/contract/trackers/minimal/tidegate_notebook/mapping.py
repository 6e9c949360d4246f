"""The notebook's words and ours."""

from typing import Any

from adapters.rich_text import markdown
from adapters.rich_text.beside import Conversions
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, FieldChange, Issue, IssueRef
from schemas.rich_text import RichText
from schemas.values import User, Value, as_set
from tidegate_notebook import wire

TEXTS = Conversions(markdown.parse, markdown.render)
TYPE = "Note"
_KEYS = {
    "summary": "title",
    "description": "text",
    "status": "state",
    "assignee": "owner",
    "labels": "tags",
}


def reference(base: str, note: wire.Note) -> IssueRef:
    return IssueRef(note.id, f"N-{note.id}", f"{base}/notes/{note.id}")


async def to_issue(base: str, note: wire.Note) -> Issue:
    return Issue(
        ref=reference(base, note),
        version=note.rev,
        updated=note.updated,
        project=note.project,
        fields={
            "summary": note.title,
            "description": await TEXTS.parse(note.text),
            "status": note.state,
            "type": TYPE,
            "assignee": to_user(note.owner) if note.owner else None,
            "labels": as_set(note.tags),
        },
        comments=tuple([await to_comment(remark) for remark in note.remarks]),
        attachments=(),
        marker=note.marker,
    )


async def to_comment(remark: wire.Remark) -> Comment:
    return Comment(
        id=remark.id,
        body=await TEXTS.parse(remark.text),
        author=to_user(remark.author),
        created=remark.created,
        updated=remark.updated,
        marker=remark.marker,
    )


def to_user(person: wire.Person) -> User:
    return User(name=person.name, id=person.id)


async def to_body(change: FieldChange, held: wire.Note | None = None) -> dict[str, Any]:
    """Raises VALIDATION that names the field, before anything is written."""
    body: dict[str, Any] = {}
    for name, value in change.set.items():
        if name == "type" and value == TYPE:
            continue
        if name not in _KEYS:
            raise _refused(name, f"A notebook has no {name} {value!r}.")
        body[_KEYS[name]] = await _written(name, value)
    for name in {*change.add, *change.remove}:
        if name != "labels":
            raise _refused(name, f"A notebook has no set {name!r}.")
        tags = set(held.tags if held else ()) | set(change.add.get(name, ()))
        body["tags"] = sorted(tags - set(change.remove.get(name, ())))
    return body


async def _written(name: str, value: Value) -> object:
    match name:
        case "description":
            return await TEXTS.render(value) if isinstance(value, RichText) else ""
        case "assignee" if isinstance(value, User):
            return value.id or value.name
        case "assignee":
            return None
        case "labels":
            return list(value) if isinstance(value, tuple) else []
        case "status" if value not in wire.STATES:
            raise _refused(name, f"A notebook has no status {value!r}.")
        case _:
            return str(value or "")


def _refused(field: str, message: str) -> TrackerError:
    remedy = f"Map it to what a notebook has: {', '.join(_KEYS)}; states {', '.join(wire.STATES)}."
    return TrackerError(Fault.VALIDATION, message, remedy=remedy, field=field)

"""SD Elements' tasks and notes as our neutral words."""

import re

from adapters.rich_text import markdown
from adapters.rich_text.beside import Conversions
from adapters.sd_elements import answers, moments
from adapters.sd_elements.catalogue import Catalogue
from schemas.issue import Comment, Issue, IssueRef
from schemas.rich_text import RichText
from schemas.values import Fields, User, as_set

TEXTS = Conversions(markdown.parse, markdown.render)
_SHORT = re.compile(r"^(?P<project>.+)-(?P<short>[^\d-]+\d+)$")
_TITLE = re.compile(r"^[A-Z]+\d+:\s*")
"""Titles of the library begin with the task's short id."""
_MARKER = re.compile(r"\s*<!-- tidegate:(?P<marker>[A-Za-z0-9_-]+) -->\s*$")


def project_of(task_id: str) -> str:
    """The part of `1-T2` before the task, or ''."""
    found = _SHORT.match(task_id)
    return found["project"] if found else ""


def short_id(task_id: str) -> str:
    found = _SHORT.match(task_id)
    return found["short"] if found else task_id


def is_own(task_id: str) -> bool:
    """True for a task made in the project (`PT1`): its text, title, phase and priority can be
    changed. Tasks of the library have theirs from there."""
    return short_id(task_id).startswith("PT")


def reference(base: str, task: answers.Task) -> IssueRef:
    url = task.url if task.url.startswith(("http://", "https://")) else base + task.url
    return IssueRef(task.id, task.id, url if task.url else "")


async def to_issue(
    base: str,
    task: answers.Task,
    catalogue: Catalogue,
    assignee: User | None,
    comments: tuple[Comment, ...] | None,
) -> Issue:
    updated = moments.parse_or_zero(task.updated)
    text, marker = without_marker(task.text)
    return Issue(
        ref=reference(base, task),
        version=updated,
        updated=updated,
        project=project_of(task.id),
        fields=_fields(task, await TEXTS.parse(text), catalogue, assignee),
        comments=comments,
        attachments=(),
        comment_count=task.note_count,
        marker=marker,
    )


def _fields(
    task: answers.Task, description: RichText, catalogue: Catalogue, assignee: User | None
) -> Fields:
    status = catalogue.status_of(task.status)
    fields: Fields = {
        "summary": _TITLE.sub("", task.title),
        "description": description,
        "status": status.name,
        "meaning": status.meaning,
        "priority": str(task.priority),
        "type": "Task",
        "phase": catalogue.phase_of(task.phase),
        "verification": task.verification_status,
        "assignee": assignee,
        "artifact_proxy": task.artifact_proxy or None,
        "accepted": task.accepted and task.relevant,
    }
    fields["how_tos"] = "\n\n".join(map(_how_to, task.how_tos or ())) or None
    # They are written, and then show among the references and notes.
    fields |= dict.fromkeys(("alm_reference", "automatic_note", "status_note"))
    if task.tags is not None:
        fields["labels"] = as_set(task.tags)
    if task.references is not None:
        fields["references"] = as_set([held.shown for held in task.references])
    return fields


def _how_to(found: dict[str, object] | str) -> str:
    """As Markdown: its title above its text, whichever of them it has."""
    if isinstance(found, str):
        return found
    title, text = found.get("title") or found.get("name"), found.get("text")
    return "\n\n".join(([f"### {title}"] if title else []) + ([str(text)] if text else []))


def assigned_to(task: answers.Task) -> str:
    """E-mail address of the first of those that share the task, or ''."""
    assigned = task.assigned_to
    if not assigned:
        return ""
    return assigned if isinstance(assigned, str) else assigned[0]


async def to_comment(note: answers.Note) -> Comment:
    return Comment(
        id=str(note.id),
        body=await TEXTS.parse(note.text),
        author=_author(note.updater),
        created=moments.parse_or_zero(note.created),
        updated=moments.parse_or_zero(note.updated),
    )


def _author(found: answers.Person | str | None) -> User:
    if found is None:
        return User()
    if isinstance(found, str):
        return User(name=found, email=found if "@" in found else "", id=found)
    name = f"{found.first_name} {found.last_name}".strip()
    return User(name=name or found.email, email=found.email, id=found.email or str(found.id))


def to_user(found: answers.User) -> User:
    name = f"{found.first_name} {found.last_name}".strip()
    return User(name=name or found.email, email=found.email, id=found.email)


def without_marker(text: str) -> tuple[str, str]:
    found = _MARKER.search(text)
    return (text[: found.start()], found["marker"]) if found else (text, "")


async def with_marker(body: RichText | None, marker: str) -> str:
    """The marker is a comment that no reader sees, so that it stands from the first moment on."""
    text = await TEXTS.render(body) if body is not None else ""
    return f"{text}\n\n<!-- tidegate:{marker} -->".lstrip() if marker else text

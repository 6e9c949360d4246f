"""Our neutral changes as SD Elements takes them; VALIDATION for what it cannot take."""

from collections.abc import Mapping
from typing import Any

from adapters.sd_elements import answers, mapping
from adapters.sd_elements.catalogue import Catalogue
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, IssueDraft
from schemas.rich_text import RichText
from schemas.values import Fields, User, Value

OF_OWN_TASKS = frozenset({"summary", "description", "priority", "phase"})


async def first_words(draft: IssueDraft, catalogue: Catalogue) -> dict[str, Any]:
    """What a new task is made with; the rest is set by a second call."""
    description = draft.fields.get("description")
    body: dict[str, Any] = {
        "title": str(draft.fields.get("summary") or ""),
        "text": await mapping.with_marker(
            description if isinstance(description, RichText) else None, draft.marker
        ),
    }
    if priority := draft.fields.get("priority"):
        body["priority"] = _priority(priority)
    if phase := draft.fields.get("phase"):
        body["phase"] = catalogue.phase_id(str(phase))
    return body


def check_type(wanted: str) -> None:
    if wanted not in ("", "Task"):
        raise TrackerError(
            Fault.VALIDATION,
            f"SD Elements has no type {wanted!r}.",
            remedy="Map every type to 'Task'.",
            field="type",
        )


async def changes(
    fields: Mapping[str, Value],
    catalogue: Catalogue,
    *,
    marker: str = "",
    without: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in without:
            body.update(await _written(name, value, catalogue, marker))
    if "status" not in body:
        # It belongs to a change of the status.
        body.pop("status_note", None)
    return body


def refuse_of_library(task_id: str, fields: Fields) -> None:
    for name in fields:
        if name in OF_OWN_TASKS and not mapping.is_own(task_id):
            raise TrackerError(
                Fault.VALIDATION,
                f"{task_id} comes from SD Elements' library: its {name} cannot be changed.",
                remedy=f"Leave {name} out in the incoming rule, or for such tasks.",
                field=name,
            )


async def _written(name: str, value: Value, catalogue: Catalogue, marker: str) -> dict[str, Any]:
    match name:
        case "summary":
            return {"title": str(value or "")}
        case "description":
            text = value if isinstance(value, RichText) else None
            return {"text": await mapping.with_marker(text, marker)}
        case "priority":
            return {"priority": _priority(value)}
        case "phase":
            return {"phase": catalogue.phase_id(str(value))}
        case "status":
            return {"status": catalogue.status_id(str(value))}
        case "assignee":
            return {"assigned_to": _emails(value)}
        case "labels":
            return {"tags": list(value) if isinstance(value, tuple) else []}
        case "artifact_proxy":
            return {"artifact_proxy": str(value or "")}
        case "status_note":
            return {"status_note": str(value)} if value else {}
        case "references" | "alm_reference" | "automatic_note":
            return {}  # by calls of their own
        case "type":
            check_type(str(value or ""))
            return {}
        case _:
            raise TrackerError(
                Fault.VALIDATION,
                f"SD Elements has no field {name!r} that can be written.",
                remedy="Leave it out in the incoming rule.",
                field=name,
            )


def _priority(value: Value) -> int:
    text = str(value)
    if not (text.isdecimal() and 0 <= int(text) <= 10):
        raise TrackerError(
            Fault.VALIDATION,
            f"{text!r} is no priority of SD Elements.",
            remedy="Map it to a number from 0 to 10.",
            field="priority",
        )
    return int(text)


def _emails(value: Value) -> list[str]:
    if value is None:
        return []
    if isinstance(value, User) and (value.email or "@" in value.id):
        return [value.email or value.id]
    raise TrackerError(
        Fault.VALIDATION,
        "SD Elements assigns tasks by e-mail address, and the user has none.",
        remedy="Map the user to one with an e-mail address.",
        field="assignee",
    )


def labels(task: answers.Task, change: FieldChange) -> list[str] | None:
    add, remove = change.add.get("labels", ()), change.remove.get("labels", ())
    for name in (*change.add, *change.remove):
        if name not in ("labels", "references"):
            raise TrackerError(
                Fault.VALIDATION,
                f"SD Elements has no set {name!r}.",
                remedy="Leave it out in the incoming rule.",
                field=name,
            )
    if not add and not remove:
        return None
    return sorted((set(task.tags or ()) | set(add)) - set(remove))

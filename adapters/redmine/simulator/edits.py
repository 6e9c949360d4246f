"""Writing an issue as Redmine does it: refused loudly, or left out in silence."""

from datetime import date
from typing import Any

from adapters.redmine.simulator import catalogue
from adapters.redmine.simulator.model import Issue, Journal, Project, Refused, User
from adapters.redmine.simulator.state import State

_DERIVED = ("priority_id", "start_date", "due_date", "done_ratio")
"""Computed from the subtasks of an issue that has any."""


def create(state: State, values: dict[str, Any], user: User) -> Issue:
    project = _project(state, values.get("project_id"), user)
    if not state.may(user, "add_issues"):
        raise Refused(403)
    at = state.now()
    issue = Issue(state.new_id(), project, user, at, at, start=_today(at))
    issue.custom = {field.id: [] if field.multiple else None for field in catalogue.FIELDS}
    _apply(state, issue, values, user, None)
    if not issue.subject.strip():
        raise Refused(422, "Subject cannot be blank")
    _attach(state, issue, values.get("uploads"), None)
    state.issues[issue.id] = issue
    parent = state.issues.get(issue.parent or 0)
    if parent is not None:
        state.touch(parent)
    return issue


def edit(state: State, issue: Issue, values: dict[str, Any], user: User) -> None:
    """An account that may not edit is not told so: what it may not set stays as it is."""
    notes = _lines(str(values.get("notes") or "")) if state.may(user, "add_issue_notes") else ""
    made = Journal(0, user, notes, state.now())
    if state.may(user, "edit_issues"):
        _apply(state, issue, values, user, made)
        _attach(state, issue, values.get("uploads"), made)
    if not notes.strip() and not made.details:
        return
    journal = state.journal(issue, user, notes, bool(values.get("private_notes")))
    journal.details = made.details
    state.touch(issue)


def _apply(
    state: State, issue: Issue, values: dict[str, Any], user: User, made: Journal | None
) -> None:
    """All or nothing: `issue` is changed when everything was found right."""
    problems: list[str] = []
    wanted: dict[str, Any] = {}
    derived = _DERIVED if state.children_of(issue) else ()
    for key, value in values.items():
        if key in derived:
            continue
        check = _CHECKS.get(key)
        if check is not None:
            check(state, issue, value, wanted, problems)
    if "parent_issue_id" in values and state.may(user, "manage_subtasks"):
        _parent(state, issue, values["parent_issue_id"], wanted, problems)
    if "is_private" in values and state.may(user, "set_issues_private"):
        wanted["private"] = values["is_private"] in (True, "1", "true", 1)
    custom = _custom(state, values.get("custom_fields"), problems)
    if problems:
        raise Refused(422, *problems)
    _take(issue, wanted, custom, made)


def _take(
    issue: Issue, wanted: dict[str, Any], custom: dict[int, Any], made: Journal | None
) -> None:
    for name, value in wanted.items():
        before = getattr(issue, name)
        if before != value:
            setattr(issue, name, value)
            if made is not None:
                made.details.append(("attr", name, _said(before), _said(value)))
    for number, value in custom.items():
        before = issue.custom.get(number)
        if before != value:
            issue.custom = {**issue.custom, number: value}
            if made is not None:
                made.details.append(("cf", str(number), _said(before), _said(value)))


def _said(value: object) -> str | None:
    return None if value is None else str(value)


def _project(state: State, key: object, user: User) -> Project:
    try:
        return state.project(str(key), user)
    except Refused as refused:
        if refused.status != 404:
            raise
        missing = ("Project cannot be blank", "Tracker cannot be blank", "Status cannot be blank")
        raise Refused(422, *missing) from None


def _subject(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    text = str(value or "")
    if not text.strip():
        problems.append("Subject cannot be blank")
    elif len(text) > 255:
        problems.append("Subject is too long (maximum is 255 characters)")
    wanted["subject"] = text.strip()


def _description(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    wanted["description"] = _lines(str(value or "")).replace("\n", "\r\n")


def _tracker(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    if _number(value) in catalogue.TRACKERS:
        wanted["tracker"] = _number(value)


def _status(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    """One that the workflow does not allow is left out in silence, as one that is not known."""
    if _number(value) in allowed_statuses(issue):
        wanted["status"] = _number(value)


def allowed_statuses(issue: Issue) -> tuple[int, ...]:
    """What is rejected only goes back to New; so somewhere a workflow says no."""
    return (1, 6) if issue.status == 6 else tuple(catalogue.STATUSES)


def _priority(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    if _number(value) not in catalogue.PRIORITIES:
        problems.append("Priority cannot be blank")
    wanted["priority"] = _number(value)


def _assignee(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    number = _number(value)
    if value not in (None, "") and number not in state.users:
        problems.append("Assignee is invalid")
    wanted["assignee"] = number or None


def _category(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    number = _number(value)
    if value not in (None, "") and number not in issue.project.categories.values():
        problems.append("Category is not included in the list")
    wanted["category"] = number or None


def _version(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    number = _number(value)
    if value not in (None, "") and number not in issue.project.versions.values():
        problems.append("Target version is not included in the list")
    wanted["version"] = number or None


def _parent(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    number = _number(value)
    if value not in (None, "") and (number not in state.issues or number == issue.id):
        problems.append("Parent task is invalid")
    wanted["parent"] = number or None


def _start(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    wanted["start"] = _day(value, "Start date", problems)


def _due(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    wanted["due"] = day = _day(value, "Due date", problems)
    start = wanted.get("start", issue.start)
    if day and start and day < start:
        problems.append("Due date must be greater than start date")


def _done(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    number = _number(value)
    if not 0 <= number <= 100:
        problems.append("% Done is not included in the list")
    wanted["done"] = number


def _estimate(state: State, issue: Issue, value: Any, wanted: Any, problems: list[str]) -> None:
    try:
        hours = None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        hours = -1
    if hours is not None and hours < 0:
        problems.append("Estimated time is invalid")
    wanted["estimated"] = hours


_CHECKS = {
    "subject": _subject,
    "description": _description,
    "tracker_id": _tracker,
    "status_id": _status,
    "priority_id": _priority,
    "assigned_to_id": _assignee,
    "category_id": _category,
    "fixed_version_id": _version,
    "start_date": _start,
    "due_date": _due,
    "done_ratio": _done,
    "estimated_hours": _estimate,
}


def _custom(state: State, given: Any, problems: list[str]) -> dict[int, Any]:
    fields = {field.id: field for field in catalogue.FIELDS}
    wanted: dict[int, Any] = {}
    for item in given if isinstance(given, list) else ():
        field = fields.get(_number(item.get("id")))
        if field is None:
            continue
        value = item.get("value")
        texts = [str(text) for text in (value if isinstance(value, list) else [value]) if text]
        if any(not _fits(state, field, text) for text in texts):
            problems.append(f"{field.name} is {_TROUBLES.get(field.format, 'invalid')}")
        wanted[field.id] = texts if field.multiple else (texts[0] if texts else "")
    return wanted


_TROUBLES = {
    "list": "not included in the list",
    "enumeration": "not included in the list",
    "user": "not included in the list",
    "int": "not a number",
    "date": "not a valid date",
}


def _fits(state: State, field: catalogue.Field, text: str) -> bool:
    match field.format:
        case "list":
            return text in field.values
        case "enumeration":
            return text.isdigit() and 1 <= int(text) <= len(field.values)
        case "user":
            return _number(text) in state.users
        case "bool":
            return text in ("0", "1")
        case "int" | "float":
            try:
                float(text)
            except ValueError:
                return False
            return field.format == "float" or text.lstrip("-").isdigit()
        case "date":
            return _is_day(text)
    return True


def _attach(state: State, issue: Issue, uploads: Any, made: Journal | None) -> None:
    chosen: list[tuple[Any, dict[str, Any]]] = []
    for upload in uploads if isinstance(uploads, list) else ():
        token = str(upload.get("token"))
        found = [f for f in state.attachments.values() if f.token == token and f.issue is None]
        if not found:
            raise Refused(422, "1 file(s) could not be saved.")
        chosen.append((found[0], upload))
    for item, upload in chosen:
        item.issue = issue.id
        item.mime = str(upload.get("content_type") or item.mime)
        item.description = str(upload.get("description") or "")
        if made is not None:
            made.details.append(("attachment", str(item.id), None, item.filename))


def _day(value: Any, label: str, problems: list[str]) -> str | None:
    if value in (None, ""):
        return None
    if not _is_day(str(value)):
        problems.append(f"{label} is not a valid date")
    return str(value)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _today(at: int) -> str:
    return date.fromtimestamp(at / 1000).isoformat()  # noqa: DTZ012 - the server's own day


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")

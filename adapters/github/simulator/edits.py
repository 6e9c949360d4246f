"""Checking and carrying out what a request wants of an issue."""

from typing import TYPE_CHECKING, Any

from adapters.github.simulator.model import Issue, Milestone, Refused, Repository, User, invalid

if TYPE_CHECKING:
    from adapters.github.simulator.state import State

TITLE_LIMIT = 256
BODY_LIMIT = 65_536
LABEL_LIMIT = 50
_REASONS = ("completed", "not_planned", "duplicate", "reopened", None)
_TRIAGE = ("labels", "assignees", "milestone", "type", "issue_field_values")
"""Dropped without a word for whoever may not triage."""


def too_long(field: str) -> Refused:
    limit = BODY_LIMIT if field == "body" else TITLE_LIMIT
    return invalid(
        field, code="custom", message=f"{field} is too long (maximum is {limit} characters)"
    )


def apply(state: "State", issue: Issue, body: dict[str, Any], actor: User) -> list[str]:
    """All or nothing. Answers the actions that webhooks tell."""
    wanted = dict(body)
    if "assignee" in wanted:
        # The older form, for one person.
        login = wanted.pop("assignee")
        wanted.setdefault("assignees", [login] if login else [])
    if not state.may_triage(actor):
        wanted = {key: value for key, value in wanted.items() if key not in _TRIAGE}
    checked = _checked(state, issue, wanted)
    actions = []
    for name, value in checked.items():
        if getattr(issue, name) != value:
            setattr(issue, name, value)
            actions += _ACTIONS.get(name, [])
    if "state" in wanted and issue.state == "open" and issue.closed:
        issue.state_reason, issue.closed = "reopened", None
        actions.append("reopened")
    elif "state" in wanted and issue.state == "closed" and not issue.closed:
        issue.state_reason = wanted.get("state_reason") or "completed"
        issue.closed = state.now()
        actions.append("closed")
    return list(dict.fromkeys(actions))


_ACTIONS = {
    "title": ["edited"],
    "body": ["edited"],
    "labels": ["labeled"],
    "assignees": ["assigned"],
    "milestone": ["milestoned"],
    "type": ["typed"],
    "values": ["field_added"],
}


def _checked(state: "State", issue: Issue, wanted: dict[str, Any]) -> dict[str, Any]:
    repository = issue.repository
    checked: dict[str, Any] = {}
    if "title" in wanted:
        checked["title"] = _title(wanted["title"])
    if "body" in wanted:
        checked["body"] = _body(wanted["body"])
    if "state" in wanted:
        if wanted["state"] not in ("open", "closed"):
            raise invalid("state", wanted["state"])
        checked["state"] = wanted["state"]
    if wanted.get("state_reason") not in _REASONS:
        raise invalid("state_reason", wanted["state_reason"])
    if "labels" in wanted:
        checked["labels"] = labels(state, repository, wanted["labels"])
    if "assignees" in wanted:
        checked["assignees"] = assignees(state, wanted["assignees"])
    if "milestone" in wanted:
        checked["milestone"] = _milestone(repository, wanted["milestone"])
    if "type" in wanted:
        checked["type"] = _type(state, repository, wanted["type"])
    if "issue_field_values" in wanted:
        checked["values"] = {**issue.values, **values(state, wanted["issue_field_values"])}
    return checked


def labels(state: "State", repository: Repository, names: object) -> list[str]:
    """Names as the repository writes them; unknown ones are made."""
    if not isinstance(names, list):
        raise invalid("labels")
    found: list[str] = []
    for item in names:
        name = item.get("name") if isinstance(item, dict) else item
        if not isinstance(name, str) or not name.strip() or len(name) > LABEL_LIMIT:
            raise invalid("labels", name)
        known = next((one for one in repository.labels if one.casefold() == name.casefold()), name)
        repository.labels.setdefault(known, state.new_id())
        if known not in found:
            found.append(known)
    return found


def assignees(state: "State", logins: object) -> list[User]:
    """An unknown login is refused; one without access is dropped without a word."""
    if not isinstance(logins, list):
        raise invalid("assignees")
    found: list[User] = []
    for login in logins:
        user = state.users.get(str(login).casefold())
        if user is None:
            raise invalid("assignees", login)
        if user in state.assignable() and user not in found:
            found.append(user)
    return found


def values(state: "State", given: object) -> dict[int, Any]:
    if not isinstance(given, list) or len(given) > 25:
        raise invalid("issue_field_values")
    found: dict[int, Any] = {}
    for item in given:
        number, value = item.get("field_id"), item.get("value")
        field = next((one for one in state.config.issue_fields if one["id"] == number), None)
        if field is None:
            raise invalid("issue_field_values", str(number))
        options = field.get("options", ())
        chosen = value if isinstance(value, list) else [value]
        if options and not set(chosen) <= set(options):
            raise invalid("issue_field_values", str(value))
        if field["data_type"] == "number" and not isinstance(value, int | float):
            raise invalid("issue_field_values", str(value))
        found[int(number)] = value
    return found


def _title(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise invalid("title", code="missing_field")
    if len(value) > TITLE_LIMIT:
        raise too_long("title")
    return value


def _body(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise invalid("body")
    if value and len(value) > BODY_LIMIT:
        raise too_long("body")
    return value


def _milestone(repository: Repository, number: object) -> Milestone | None:
    if number is None:
        return None
    for one in repository.milestones:
        if str(one.number) == str(number):
            return one
    raise invalid("milestone", str(number))


def _type(state: "State", repository: Repository, name: object) -> str | None:
    if name is None:
        return None
    if repository.owner.login not in state.config.organisations:
        raise invalid("type", str(name))
    if name not in state.config.issue_types:
        raise invalid("type", str(name))
    return str(name)

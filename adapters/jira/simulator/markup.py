"""The HTML of the pages. Whatever people wrote passes through `escape`."""

from html import escape
from typing import Any

from adapters.jira.simulator import catalogue, custom_fields
from adapters.jira.simulator.model import Attachment, Comment, Issue, User
from adapters.jira.simulator.shapes import moment
from adapters.jira.simulator.state import State
from adapters.simulation import controls


def issue_list(state: State, issues: list[Issue]) -> str:
    rows = "".join(_row(issue) for issue in issues)
    empty = "" if issues else "<p>There is no issue yet. Write the first one below.</p>"
    return (
        "<h1>Issues</h1><table><thead><tr><th>Key</th><th>Summary</th><th>Status</th>"
        f"<th>Priority</th><th>Updated</th></tr></thead><tbody>{rows}</tbody></table>{empty}"
        f"<details{'' if issues else ' open'}><summary>New issue</summary>"
        f'<form method="post" action="/">{_select("project", list(state.projects), "")}'
        f"{_select('type', list(catalogue.TYPES), 'Task')}"
        f"{_select('priority', list(catalogue.PRIORITIES), 'Medium')}"
        f"{_input('summary', '')}{_area('description', '')}{_input('labels', '')}"
        f"{_as_whom(state)}<button>Create</button></form></details>"
    )


def issue(state: State, found: Issue) -> str:
    comments = "".join(_comment(item) for item in found.comments)
    files = "".join(_file(item) for item in found.attachments) or "<li>none</li>"
    action = f"/browse/{escape(found.key)}"
    return (
        f'<p><small>{escape(found.project.name)}</small></p><h1 dir="auto">{escape(found.key)} '
        f'{escape(found.summary)}</h1><div class="columns"><section>'
        f'<h2>Description</h2><pre dir="auto">{escape(found.description or "")}</pre>'
        f"<h2>Attachments</h2><ul>{files}</ul>{controls.upload(action)}"
        f"<h2>Comments ({len(found.comments)})</h2>{comments}"
        f'<form method="post" action="{action}/comments">{_area("body", "", "New comment")}'
        f"{_as_whom(state)}<button>Add comment</button></form></section>"
        f"<aside>{_facts(state, found)}{_transitions(found, action)}{_edit(state, found, action)}"
        "</aside></div>"
    )


def _row(found: Issue) -> str:
    return (
        f'<tr><td><a href="/browse/{escape(found.key)}">{escape(found.key)}</a></td>'
        f'<td dir="auto">{escape(found.summary)}</td>'
        f'<td><span class="badge">{escape(found.status)}</span></td>'
        f"<td>{escape(found.priority or '')}</td>"
        f"<td><small>{moment(found.updated)[:19]}</small></td></tr>"
    )


def _facts(state: State, found: Issue) -> str:
    facts = {**_own_facts(found), **_custom_facts(found), **_neighbours(state, found)}
    rows = "".join(
        f'<tr><th>{escape(name)}</th><td dir="auto">{escape(value)}</td></tr>'
        for name, value in facts.items()
        if value
    )
    return f"<table>{rows}</table>"


def _custom_facts(found: Issue) -> dict[str, str]:
    return {field.name: _text(found.custom.get(key)) for key, field in custom_fields.FIELDS.items()}


def _neighbours(state: State, found: Issue) -> dict[str, str]:
    parent = state.issues.get(found.parent or "")
    types = {each.id: each for each in catalogue.LINK_TYPES}
    links = []
    for link, other in state.linked(found):
        words = types[link.type].outward if link.source == found.id else types[link.type].inward
        links.append(f"{words} {other.key}")
    return {"Parent": parent.key if parent else "", "Links": ", ".join(links)}


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case User():
            return value.display_name
        case list():
            return ", ".join(map(_text, value))
        case {"value": text, "child": {"value": below}}:
            return f"{text} / {below}"
        case {"value": text}:
            return str(text)
    return str(value)


def _minutes(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds // 60} min"


def _own_facts(found: Issue) -> dict[str, str]:
    spent = sum(each.seconds for each in found.worklogs)
    return {
        "Status": found.status,
        "Resolution": found.resolution or "Unresolved",
        "Type": found.type,
        "Priority": found.priority or "None",
        "Labels": ", ".join(sorted(found.labels)) or "none",
        "Assignee": found.assignee.display_name if found.assignee else "Unassigned",
        "Reporter": found.reporter.display_name,
        "Components": ", ".join(found.components),
        "Fix versions": ", ".join(found.fix_versions),
        "Affects versions": ", ".join(found.versions),
        "Due": found.due or "",
        "Environment": found.environment or "",
        "Estimate": _minutes(found.estimate),
        "Remaining": _minutes(found.remaining),
        "Spent": _minutes(spent or None),
        "Updated": moment(found.updated)[:19],
    }


def _transitions(found: Issue, action: str) -> str:
    buttons = "".join(
        f'<button name="transition" value="{item.id}">{escape(item.name)}</button>'
        for item in catalogue.leaving(found.status)
    )
    return f'<form method="post" action="{action}/status">{buttons}</form>'


def _edit(state: State, found: Issue, action: str) -> str:
    assignee = found.assignee.name if found.assignee else ""
    return (
        f'<details><summary>Edit</summary><form method="post" action="{action}">'
        f"{_input('summary', found.summary)}{_area('description', found.description or '')}"
        f"{_select('priority', list(catalogue.PRIORITIES), found.priority)}"
        f"{_input('labels', ' '.join(sorted(found.labels)))}{_input('due', found.due or '')}"
        f"{_select('assignee', ['', *state.users], assignee)}{_as_whom(state)}"
        "<button>Save</button></form></details>"
    )


def _comment(found: Comment) -> str:
    restricted = ' <span class="badge">restricted</span>' if found.visibility else ""
    return (
        f"<article><small>{escape(found.author.display_name)}, {moment(found.created)[:19]}</small>"
        f'{restricted}<pre dir="auto">{escape(found.body)}</pre></article>'
    )


def _file(found: Attachment) -> str:
    return (
        f'<li><a href="/files/{escape(found.id)}">{escape(found.filename)}</a> '
        f"<small>{found.size:,} bytes</small></li>"
    )


def _as_whom(state: State) -> str:
    return _select("actor", list(state.users), "alice", "As")


def _input(name: str, value: str) -> str:
    return controls.line(name, name.title(), value)


def _area(name: str, value: str, label: str = "") -> str:
    return controls.area(name, label or name.title(), value)


def _select(name: str, choices: list[str], chosen: str, label: str = "") -> str:
    shown = {item: item or "Unassigned" for item in choices}
    return controls.select(name, label or name.title(), shown, chosen)

"""The HTML of the pages. Whatever people wrote passes through `escape`."""

from html import escape

from adapters.github.moments import iso
from adapters.github.simulator.model import Comment, Issue
from adapters.github.simulator.state import State
from adapters.simulation import controls


def issue_list(state: State, issues: list[Issue]) -> str:
    rows = "".join(_row(issue) for issue in issues)
    empty = "" if issues else "<p>There is no issue yet. Write the first one below.</p>"
    projects = [one.full_name for one in state.repositories.values()]
    return (
        "<h1>Issues</h1><table><thead><tr><th>Issue</th><th>Title</th><th>State</th>"
        f"<th>Labels</th><th>Updated</th></tr></thead><tbody>{rows}</tbody></table>{empty}"
        f"<details{'' if issues else ' open'}><summary>New issue</summary>"
        f'<form method="post" action="/">{_select("project", projects, "")}'
        f"{_input('title', '')}{_area('body', '')}{_input('labels', '')}"
        f"{_as_whom(state)}<button>Create</button></form></details>"
    )


def issue(state: State, found: Issue) -> str:
    action = f"/{escape(found.repository.full_name)}/issues/{found.number}"
    comments = "".join(_comment(item) for item in found.comments)
    return (
        f"<p>{escape(found.repository.full_name)}</p>"
        f'<h1 dir="auto">{escape(found.title)} #{found.number}</h1><div class="columns"><section>'
        f'<h2>Description</h2><pre dir="auto">{escape(found.body or "")}</pre>'
        f"<h2>Comments ({len(found.comments)})</h2>{comments}"
        f'<form method="post" action="{action}/comments">{_area("body", "", "New comment")}'
        f"{_as_whom(state)}<button>Comment</button></form></section>"
        f"<aside>{_facts(found)}{_closing(state, found, action)}{_edit(state, found, action)}"
        "</aside></div>"
    )


def _row(found: Issue) -> str:
    name = f"{escape(found.repository.full_name)}#{found.number}"
    place = f"/{escape(found.repository.full_name)}/issues/{found.number}"
    return (
        f'<tr><td><a href="{place}">{name}</a></td><td dir="auto">{escape(found.title)}</td>'
        f'<td><span class="badge">{escape(found.state)}</span></td>'
        f"<td>{escape(', '.join(found.labels))}</td><td>{iso(found.updated)}</td></tr>"
    )


def _comment(found: Comment) -> str:
    return (
        f"<article><strong>{escape(found.user.login)}</strong> {iso(found.created)}"
        f'<pre dir="auto">{escape(found.body)}</pre></article>'
    )


def _facts(found: Issue) -> str:
    facts = {
        "State": found.state + (f" ({found.state_reason})" if found.state_reason else ""),
        "Type": found.type or "none",
        "Labels": ", ".join(found.labels) or "none",
        "Assignees": ", ".join(one.login for one in found.assignees) or "nobody",
        "Milestone": found.milestone.title if found.milestone else "none",
        "Author": found.user.login,
        "Updated": iso(found.updated),
    }
    rows = "".join(
        f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in facts.items()
    )
    return f"<table>{rows}</table>"


def _closing(state: State, found: Issue, action: str) -> str:
    wanted = "closed" if found.state == "open" else "open"
    reasons = (
        _select("reason", ["completed", "not_planned", "duplicate"], "completed")
        if wanted == "closed"
        else ""
    )
    label = "Close" if wanted == "closed" else "Reopen"
    return (
        f'<form method="post" action="{action}/state">{reasons}{_as_whom(state)}'
        f'<button name="state" value="{wanted}">{label}</button></form>'
    )


def _edit(state: State, found: Issue, action: str) -> str:
    assignee = found.assignees[0].login if found.assignees else ""
    people = ["", *(user.login for user in state.assignable())]
    milestones = ["", *(str(one.number) for one in found.repository.milestones)]
    number = str(found.milestone.number) if found.milestone else ""
    return (
        f'<details><summary>Edit</summary><form method="post" action="{action}">'
        f"{_input('title', found.title)}{_area('body', found.body or '')}"
        f"{_input('labels', ', '.join(found.labels))}{_select('assignee', people, assignee)}"
        f"{_select('milestone', milestones, number)}{_as_whom(state)}"
        "<button>Save</button></form></details>"
    )


def _as_whom(state: State) -> str:
    return _select("actor", [user.login for user in state.assignable()], "alice")


def _input(name: str, value: str) -> str:
    return controls.line(name, name.title(), value)


def _area(name: str, value: str, title: str = "") -> str:
    return controls.area(name, title or name.title(), value)


def _select(name: str, values: list[str], chosen: str) -> str:
    return controls.select(name, name.title(), {value: value for value in values}, chosen)

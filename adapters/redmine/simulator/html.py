"""The HTML of the pages. Whatever people wrote passes through `escape`."""

from html import escape

from adapters.redmine.simulator import catalogue
from adapters.redmine.simulator.model import Issue, Journal
from adapters.redmine.simulator.shapes import moment
from adapters.redmine.simulator.state import State
from adapters.simulation.controls import area, line, select, upload


def issue_list(state: State, issues: list[Issue]) -> str:
    rows = "".join(_row(issue) for issue in issues)
    places = {str(item.id): item.name for item in state.projects.values()}
    trackers = {str(number): name for number, name in catalogue.TRACKERS.items()}
    priorities = {str(number): name for number, name in catalogue.PRIORITIES.items()}
    return (
        "<h1>Issues</h1><table><thead><tr><th>#</th><th>Subject</th><th>Status</th>"
        f"<th>Updated</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<h2>New issue</h2><form method="post" action="/">'
        f"{select('project_id', 'Project', places, '')}"
        f"{select('tracker_id', 'Tracker', trackers, '1')}"
        f"{select('priority_id', 'Priority', priorities, '2')}"
        f"{line('subject', 'Subject', '')}{area('description', 'Description', '')}"
        f"{_as_whom(state)}<button>Create</button></form>"
    )


def issue(state: State, found: Issue) -> str:
    files = "".join(f"<li>{escape(item.filename)}</li>" for item in state.files_of(found))
    notes = "".join(map(_note, found.journals))
    action = f"/issues/{found.id}"
    return (
        f'<p><small>{escape(found.project.name)}</small></p><h1 dir="auto">#{found.id} '
        f'{escape(found.subject)}</h1><pre dir="auto">{escape(found.description or "")}</pre>'
        f"<h2>Files</h2><ul>{files or '<li>none</li>'}</ul>"
        f"{upload(action)}"
        f"<h2>History</h2>{notes}<h2>Edit</h2>{_edit(state, found, action)}"
    )


def _row(found: Issue) -> str:
    return (
        f'<tr><td><a href="/issues/{found.id}">#{found.id}</a></td>'
        f'<td dir="auto">{escape(found.subject)}</td>'
        f"<td>{escape(catalogue.STATUSES[found.status][0])}</td>"
        f"<td><small>{moment(found.updated)}</small></td></tr>"
    )


def _note(journal: Journal) -> str:
    changes = "".join(
        f"<li>{escape(name)}: {escape(before or '')} → {escape(after or '')}</li>"
        for _, name, before, after in journal.details
    )
    private = " <small>(private)</small>" if journal.private else ""
    return (
        f"<article><small>{escape(journal.user.name)}, {moment(journal.created)}</small>{private}"
        f'<ul>{changes}</ul><pre dir="auto">{escape(journal.notes)}</pre></article>'
    )


def _edit(state: State, found: Issue, action: str) -> str:
    statuses = {str(number): name for number, (name, _) in catalogue.STATUSES.items()}
    priorities = {str(number): name for number, name in catalogue.PRIORITIES.items()}
    people = {"": "(nobody)"} | {str(user.id): user.name for user in state.users.values()}
    return (
        f'<form method="post" action="{action}">{line("subject", "Subject", found.subject)}'
        f"{area('description', 'Description', found.description or '')}"
        f"{select('status_id', 'Status', statuses, str(found.status))}"
        f"{select('priority_id', 'Priority', priorities, str(found.priority))}"
        f"{select('assigned_to_id', 'Assignee', people, str(found.assignee or ''))}"
        f"{area('notes', 'Notes', '')}"
        '<label><input type="checkbox" name="private_notes"> Private notes</label>'
        f"{_as_whom(state)}<button>Submit</button></form>"
    )


def _as_whom(state: State) -> str:
    people = {user.login: user.name for user in state.users.values()}
    return select("actor", "As", people, "alice")

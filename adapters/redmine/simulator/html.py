"""The HTML of the pages. Whatever people wrote passes through `escape`."""

from collections.abc import Iterable
from html import escape

from adapters.redmine.simulator import catalogue
from adapters.redmine.simulator.model import Issue, Journal
from adapters.redmine.simulator.shapes import moment
from adapters.redmine.simulator.state import State

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #a02020; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
header { background: var(--accent); padding: .7rem 1.5rem; }
header a { color: #fff; font-weight: 600; text-decoration: none; }
main { max-width: 60rem; margin: 1.2rem auto; padding: 0 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .3rem 0; }
label { display: block; margin: .6rem 0; font-weight: 600; }
input, select, textarea { font: inherit; width: 100%; padding: .4rem; }
input[type=checkbox] { width: auto; }
button { font: inherit; padding: .4rem .9rem; border: 0; background: var(--accent); color: #fff; }
article { border-inline-start: 3px solid var(--line); padding-inline-start: .8rem; margin: 1rem 0; }
small { opacity: .75; }
"""


def page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} - Redmine simulator</title><style>{_STYLE}</style></head>"
        f'<body><header><a href="/">Redmine simulator</a></header><main>{content}</main>'
        "</body></html>"
    )


def issue_list(state: State, issues: list[Issue]) -> str:
    rows = "".join(_row(issue) for issue in issues)
    places = {str(item.id): item.name for item in state.projects.values()}
    trackers = {str(number): name for number, name in catalogue.TRACKERS.items()}
    priorities = {str(number): name for number, name in catalogue.PRIORITIES.items()}
    return (
        "<h1>Issues</h1><table><thead><tr><th>#</th><th>Subject</th><th>Status</th>"
        f"<th>Updated</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<h2>New issue</h2><form method="post" action="/">'
        f"{_select('project_id', 'Project', places, '')}"
        f"{_select('tracker_id', 'Tracker', trackers, '1')}"
        f"{_select('priority_id', 'Priority', priorities, '2')}"
        f"{_input('subject', 'Subject', '')}{_area('description', 'Description', '')}"
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
        f'<form method="post" action="{action}/attachments" enctype="multipart/form-data">'
        '<input type="file" name="file" required aria-label="File"><button>Upload</button></form>'
        f"<h2>History</h2>{notes}<h2>Edit</h2>{_edit(state, found, action)}"
    )


def refusal(reasons: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return f"<h1>Redmine refuses that</h1><ul>{items}</ul><p>Go back and correct it.</p>"


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
        f'<form method="post" action="{action}">{_input("subject", "Subject", found.subject)}'
        f"{_area('description', 'Description', found.description or '')}"
        f"{_select('status_id', 'Status', statuses, str(found.status))}"
        f"{_select('priority_id', 'Priority', priorities, str(found.priority))}"
        f"{_select('assigned_to_id', 'Assignee', people, str(found.assignee or ''))}"
        f"{_area('notes', 'Notes', '')}"
        '<label><input type="checkbox" name="private_notes"> Private notes</label>'
        f"{_as_whom(state)}<button>Submit</button></form>"
    )


def _as_whom(state: State) -> str:
    people = {user.login: user.name for user in state.users.values()}
    return _select("actor", "As", people, "alice")


def _input(name: str, label: str, value: str) -> str:
    return f'<label>{label}<input name="{name}" value="{escape(value)}" dir="auto"></label>'


def _area(name: str, label: str, value: str) -> str:
    # The first line end after the tag is dropped by browsers, so one is put there.
    return (
        f'<label>{label}<textarea name="{name}" rows="5" dir="auto">\n{escape(value)}'
        "</textarea></label>"
    )


def _select(name: str, label: str, choices: dict[str, str], chosen: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(shown)}</option>"
        for value, shown in choices.items()
    )
    return f'<label>{label}<select name="{name}">{options}</select></label>'

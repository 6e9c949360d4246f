"""The HTML of the pages. Whatever people wrote passes through `escape`."""

from html import escape

from adapters.github.moments import iso
from adapters.github.simulator.model import Comment, Issue
from adapters.github.simulator.state import State

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #1f6feb; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
header { background: #24292f; padding: .7rem 1.5rem; }
header a { color: #fff; font-weight: 600; text-decoration: none; }
main { max-width: 62rem; margin: 1.2rem auto; padding: 0 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
.columns { display: grid; grid-template-columns: 1fr 17rem; gap: 2rem; }
@media (max-width: 50rem) { .columns { grid-template-columns: 1fr; } }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .3rem 0; }
label { display: block; margin: .6rem 0; font-weight: 600; }
input, select, textarea { font: inherit; width: 100%; padding: .4rem; margin-top: .15rem;
  border: 1px solid var(--line); border-radius: .3rem; }
button { font: inherit; padding: .4rem .9rem; border: 0; border-radius: .3rem; cursor: pointer;
  background: var(--accent); color: #fff; margin: .2rem .2rem .2rem 0; }
.badge { border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; }
article { border-inline-start: 3px solid var(--line); padding-inline-start: .8rem; margin: 1rem 0; }
summary { cursor: pointer; font-weight: 600; margin: .8rem 0; }
"""


def page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} - GitHub simulator</title><style>{_STYLE}</style></head>"
        '<body><header><a href="/">GitHub simulator</a></header>'
        f"<main>{content}</main></body></html>"
    )


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


def refusal(reasons: list[str]) -> str:
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons if reason)
    return f"<h1>GitHub refuses that</h1><ul>{items}</ul><p>Go back and correct it.</p>"


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
    return f'<label>{name.title()}<input name="{name}" value="{escape(value)}"></label>'


def _area(name: str, value: str, title: str = "") -> str:
    # A form gives back the first line end after the tag, so one of our own stands there.
    return (
        f"<label>{title or name.title()}"
        f'<textarea name="{name}" rows="6">\n{escape(value)}</textarea></label>'
    )


def _select(name: str, values: list[str], chosen: str) -> str:
    options = "".join(
        f"<option{' selected' if value == chosen else ''}>{escape(value)}</option>"
        for value in values
    )
    return f'<label>{name.title()}<select name="{name}">{options}</select></label>'

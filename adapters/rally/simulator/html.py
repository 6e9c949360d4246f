"""The HTML of the pages. Whatever people wrote passes through `escape`."""

from html import escape

from adapters.rally.moments import text as moment
from adapters.rally.simulator.model import Thing
from adapters.rally.simulator.state import State
from adapters.rich_text import html
from adapters.simulation import controls
from schemas.rich_text import to_plain

_TYPES = (("Defect", "Defect"), ("HierarchicalRequirement", "User Story"), ("Task", "Task"))


def item_list(state: State, things: list[Thing]) -> str:
    rows = "".join(_row(state, thing) for thing in things)
    empty = "" if things else "<p>There is no work item yet. Write the first one below.</p>"
    projects = [(str(one.oid), one.name) for one in state.of_type["Project"].values()]
    return (
        "<table><thead><tr><th>Item</th><th>Name</th><th>State</th><th>Owner</th><th>Updated</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>{empty}"
        f"<details{'' if things else ' open'}><summary>New work item</summary>"
        f'<form method="post" action="/">{_select("type", "Type", list(_TYPES), "")}'
        f"{_select('Project', 'Project', projects, '')}{_input('Name', '')}"
        f"{_area('Description', '')}{_as_whom(state)}<button>Create</button></form></details>"
    )


def item(state: State, thing: Thing) -> str:
    action = f"/items/{thing.oid}"
    attributes = state.types[thing.type].attributes
    posts = "".join(_post(state, one) for one in state.of(thing, attributes["Discussion"]))
    files = "".join(_file(one) for one in state.of(thing, attributes["Attachments"]))
    return (
        f"<p>{escape(_project(state, thing))}, version {thing.version}</p>"
        f"<pre>{escape(_words(thing.fields.get('Description')))}</pre>"
        f"<details open><summary>Edit</summary>{_edit_form(state, thing)}</details>"
        "<details><summary>All fields</summary>"
        f"<table>{_all_fields(state, thing)}</table></details>"
        f"<h2>Discussion</h2>{posts}"
        f'<form method="post" action="{action}/posts">{_area("Text", "")}{_as_whom(state)}'
        f"<button>Post</button></form><h2>Attachments</h2><ul>{files}</ul>"
        f'<form method="post" action="{action}/files" enctype="multipart/form-data">'
        '<input type="file" name="file" aria-label="File"><button>Attach</button></form>'
        f'<form method="post" action="{action}/delete"><button>Delete</button></form>'
    )


def _edit_form(state: State, thing: Thing) -> str:
    attributes = state.types[thing.type].attributes
    parts = [_input("Name", thing.name), _area("Description", thing.fields.get("Description"))]
    for name in ("State", "ScheduleState", "Priority"):
        if name in attributes:
            choices = [(value, value) for value in attributes[name].values]
            held = str(thing.fields.get(name))
            parts.append(_select(name, attributes[name].label, choices, held))
    people = [(str(one.oid), one.name) for one in state.of_type["User"].values()]
    owner = str(thing.fields.get("Owner") or "")
    parts.append(_select("Owner", "Owner", [("", "No one"), *people], owner))
    tags = ", ".join(one.name for one in state.of(thing, attributes["Tags"]))
    parts.append(_input("Tags", tags))
    if "Blocked" in attributes:
        checked = " checked" if thing.fields.get("Blocked") else ""
        parts.append(f'<label><input type="checkbox" name="Blocked"{checked}> Blocked</label>')
        parts.append(_input("BlockedReason", str(thing.fields.get("BlockedReason") or "")))
    return (
        f'<form method="post" action="/items/{thing.oid}">{"".join(parts)}{_as_whom(state)}'
        "<button>Save</button></form>"
    )


def _row(state: State, thing: Thing) -> str:
    held = thing.fields.get("State") or thing.fields.get("ScheduleState")
    owner = state.things.get(thing.fields.get("Owner") or 0)
    return (
        f'<tr><td><a href="/items/{thing.oid}">{escape(thing.fields["FormattedID"])}</a></td>'
        f"<td dir=auto>{escape(thing.name)}</td><td>{escape(str(held))}</td>"
        f"<td>{escape(owner.name if owner else '')}</td><td>{moment(thing.updated)}</td></tr>"
    )


def _all_fields(state: State, thing: Thing) -> str:
    rows = []
    for attribute in state.types[thing.type].attributes.values():
        held = state.plain(thing, attribute.name)
        if attribute.shape == "COLLECTION":
            shown = ", ".join(one.name for one in state.of(thing, attribute))
        elif attribute.shape == "OBJECT":
            shown = state.things[held].name if held in state.things else ""
        else:
            shown = _words(held) if attribute.shape == "TEXT" else str("" if held is None else held)
        if shown:
            rows.append(f"<tr><th>{escape(attribute.label)}</th><td>{escape(shown)}</td></tr>")
    return "".join(rows)


def _post(state: State, thing: Thing) -> str:
    author = state.things.get(thing.fields.get("User") or 0)
    edited = f", edited {moment(thing.updated)}" if thing.version > 1 else ""
    text = thing.fields.get("Text")
    return (
        f"<article><b>{escape(author.name if author else '')}</b> {moment(thing.created)}{edited}"
        f"<pre>{escape(_words(text))}</pre><details><summary>Edit this post</summary>"
        f'<form method="post" action="/posts/{thing.oid}">{_area("Text", text)}{_as_whom(state)}'
        '<button>Save</button><button name="way" value="delete">Delete</button></form>'
        "</details></article>"
    )


def _file(thing: Thing) -> str:
    size = escape(str(thing.fields.get("Size")))
    return (
        f'<li><form method="post" action="/files/{thing.oid}">'
        f'<a href="/files/{thing.oid}">{escape(thing.name)}</a>, {size} bytes'
        " <button>Delete</button></form></li>"
    )


def _project(state: State, thing: Thing) -> str:
    project = state.things.get(thing.fields.get("Project") or 0)
    return project.name if project else ""


def _words(text: object) -> str:
    return to_plain(html.parse(text)) if isinstance(text, str) else ""


def _input(name: str, value: str) -> str:
    return controls.line(name, name, value)


def _area(name: str, value: object) -> str:
    return controls.area(name, name, value if isinstance(value, str) else "")


def _select(name: str, label: str, choices: list[tuple[str, str]], chosen: str) -> str:
    return controls.select(name, label, dict(choices), chosen)


def _as_whom(state: State) -> str:
    people = [(str(one.fields["UserName"]), one.name) for one in state.of_type["User"].values()]
    return _select("actor", "As", people, "alice@example.com")

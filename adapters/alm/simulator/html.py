"""The HTML of the pages. Whatever people wrote passes through `escape`, memos as plain words."""

from html import escape

from adapters.alm.simulator import catalogue
from adapters.alm.simulator.catalogue import Field
from adapters.alm.simulator.model import Entity
from adapters.alm.simulator.state import State
from adapters.rich_text import html as rich_html
from adapters.simulation.controls import area, line, select, upload
from schemas.rich_text import to_plain

_SHOWN = ("LookupList", "String", "Number", "Date", "UsersList")


def memo(text: str) -> str:
    lines = "<br>".join(map(escape, text.splitlines()))
    return f"<html><body>{lines}</body></html>" if text.strip() else ""


def listed(state: State, entities: list[Entity]) -> str:
    rows = "".join(_row(state, entity) for entity in entities)
    kinds = {kind: kind.capitalize() for kind in catalogue.FIELDS}
    severities = {name: name for name in catalogue.names(catalogue.LISTS["11"][1])}
    return (
        "<h1>Entities</h1><table><thead><tr><th>Id</th><th>Name</th><th>Status</th>"
        f"<th>Modified</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<h2>New</h2><form method="post" action="/">{select("kind", "Type", kinds, "defect")}'
        f"{line('name', 'Name', '')}{area('description', 'Description', '')}"
        f"{select('severity', 'Severity (of a defect)', severities, '2-Medium')}"
        f"{_as_whom()}<button>Create</button></form>"
    )


def entity(state: State, found: Entity) -> str:
    action = f"/{found.type}/{found.id}"
    files = "".join(f"<li>{escape(item.name)}</li>" for item in state.files_of(found))
    memos = "".join(
        f'<h2>{escape(field.label)}</h2><pre dir="auto">{escape(_words(found, field))}</pre>'
        for field in catalogue.FIELDS[found.type]
        if field.type == "Memo"
    )
    held = f"Open at {escape(found.lock)}" if found.lock else "Nobody has it open"
    return (
        f'<h1 dir="auto">{found.type} {found.id}: {escape(_first(found, "name"))}</h1>'
        f"<p><small>Version {found.version}, {state.local(found.modified)}. {held}.</small></p>"
        f"{memos}<h2>Files</h2><ul>{files or '<li>none</li>'}</ul>"
        f"{upload(action)}"
        f'<h2>Edit</h2><form method="post" action="{action}">{_inputs(found)}'
        f"{area('comment', 'Add a comment', '')}{_as_whom()}<button>Save</button></form>"
        f'<form method="post" action="{action}/hold">{_as_whom()}'
        f"<button>{'Close it' if found.lock else 'Open it, which locks'}</button></form>"
    )


def _row(state: State, found: Entity) -> str:
    status = _first(found, "status") or _first(found, "req-reviewed")
    return (
        f'<tr><td><a href="/{found.type}/{found.id}">{found.type}-{found.id}</a></td>'
        f'<td dir="auto">{escape(_first(found, "name"))}</td><td>{escape(status)}</td>'
        f"<td><small>{state.local(found.modified)}</small></td></tr>"
    )


def _inputs(found: Entity) -> str:
    shown = (
        field
        for field in catalogue.FIELDS[found.type]
        if field.editable and not field.multi and field.type in _SHOWN and field.name != "parent-id"
    )
    return "".join(_editor(found, field) for field in shown)


def _editor(found: Entity, field: Field) -> str:
    value = _first(found, field.name)
    if field.type == "LookupList":
        names = catalogue.names(catalogue.LISTS[field.list_id][1])
        return select(field.name, field.label, {"": ""} | {name: name for name in names}, value)
    if field.type == "UsersList":
        people = {"": "(nobody)"} | {login: name for login, name, _ in catalogue.PEOPLE}
        return select(field.name, field.label, people, value)
    return line(field.name, field.label, value)


def _words(found: Entity, field: Field) -> str:
    return to_plain(rich_html.parse(_first(found, field.name)))


def _first(found: Entity, name: str) -> str:
    return "".join(found.values.get(name, [])[:1])


def _as_whom() -> str:
    return select("actor", "As", {login: name for login, name, _ in catalogue.PEOPLE}, "alice")

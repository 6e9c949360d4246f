"""The HTML of the pages. Whatever people wrote passes through `escape`, memos as plain words."""

from collections.abc import Iterable
from html import escape

from adapters.alm.simulator import catalogue
from adapters.alm.simulator.catalogue import Field
from adapters.alm.simulator.model import Entity, QcError
from adapters.alm.simulator.state import State
from adapters.rich_text import html as rich_html
from schemas.rich_text import to_plain

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #0b5fa5; }
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
button { font: inherit; padding: .4rem .9rem; border: 0; background: var(--accent); color: #fff; }
small { opacity: .75; }
"""
_SHOWN = ("LookupList", "String", "Number", "Date", "UsersList")


def page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} - ALM simulator</title><style>{_STYLE}</style></head>"
        f'<body><header><a href="/">ALM simulator</a></header><main>{content}</main>'
        "</body></html>"
    )


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
        f'<h2>New</h2><form method="post" action="/">{_select("kind", "Type", kinds, "defect")}'
        f"{_input('name', 'Name', '')}{_area('description', 'Description', '')}"
        f"{_select('severity', 'Severity (of a defect)', severities, '2-Medium')}"
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
        f'<form method="post" action="{action}/attachments" enctype="multipart/form-data">'
        '<input type="file" name="file" required aria-label="File"><button>Upload</button></form>'
        f'<h2>Edit</h2><form method="post" action="{action}">{_inputs(found)}'
        f"{_area('comment', 'Add a comment', '')}{_as_whom()}<button>Save</button></form>"
        f'<form method="post" action="{action}/hold">{_as_whom()}'
        f"<button>{'Close it' if found.lock else 'Open it, which locks'}</button></form>"
    )


def refusal(refused: QcError) -> str:
    return (
        f"<h1>ALM refuses that</h1><p>{escape(refused.title)}</p>"
        f"<p><small>{escape(refused.id)}</small></p><p>Go back and correct it.</p>"
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
        return _select(field.name, field.label, {"": ""} | {name: name for name in names}, value)
    if field.type == "UsersList":
        people = {"": "(nobody)"} | {login: name for login, name, _ in catalogue.PEOPLE}
        return _select(field.name, field.label, people, value)
    return _input(field.name, field.label, value)


def _words(found: Entity, field: Field) -> str:
    return to_plain(rich_html.parse(_first(found, field.name)))


def _first(found: Entity, name: str) -> str:
    return "".join(found.values.get(name, [])[:1])


def _as_whom() -> str:
    return _select("actor", "As", {login: name for login, name, _ in catalogue.PEOPLE}, "alice")


def _input(name: str, label: str, value: str) -> str:
    return f'<label>{escape(label)}<input name="{name}" value="{escape(value)}" dir="auto"></label>'


def _area(name: str, label: str, value: str) -> str:
    # The first line end after the tag is dropped by browsers, so one is put there.
    return (
        f'<label>{label}<textarea name="{name}" rows="5" dir="auto">\n{escape(value)}'
        "</textarea></label>"
    )


def _select(name: str, label: str, choices: dict[str, str], chosen: str) -> str:
    options: Iterable[str] = (
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(shown)}</option>"
        for value, shown in choices.items()
    )
    return f'<label>{escape(label)}<select name="{name}">{"".join(options)}</select></label>'

"""The page's HTML. Everything from outside passes through `_text`."""

from html import escape
from urllib.parse import quote

import msgspec

from adapters.azure_devops.simulator.process import (
    OPPOSITE,
    PRIORITIES,
    RELATION_NAMES,
    STATES,
    Person,
    states_of,
)
from adapters.azure_devops.simulator.state import CommentRecord, Item, target_of
from adapters.rich_text import html
from schemas.rich_text import RichText, to_plain

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #0b63ce; --soft: #8881; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
label { display: block; margin: .7rem 0 .2rem; font-weight: 600; }
input, select, textarea { font: inherit; width: 100%; padding: .4rem .5rem;
  border: 1px solid var(--line); border-radius: 6px; background: transparent; color: inherit; }
textarea { min-height: 7rem; }
button { font: inherit; margin-top: .8rem; padding: .45rem 1rem; border: 0; border-radius: 6px;
  background: var(--accent); color: #fff; cursor: pointer; }
button.quiet { background: transparent; color: inherit; border: 1px solid var(--line); }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0 1rem; }
.tag { background: var(--soft); border: 1px solid var(--line); border-radius: 1rem;
  padding: 0 .6rem; margin-inline-end: .3rem; font-size: .85rem; white-space: nowrap; }
.note { border: 1px solid #c33; border-radius: 6px; padding: .6rem .8rem; }
.comment { border-inline-start: 3px solid var(--line); padding: .1rem .9rem; margin: .8rem 0; }
.words { white-space: pre-wrap; overflow-wrap: anywhere; } .faint { opacity: .7; }
"""


DUE = "Microsoft.VSTS.Scheduling.DueDate"
ESTIMATE = "Microsoft.VSTS.Scheduling.OriginalEstimate"


class ItemView(msgspec.Struct, frozen=True):
    item: Item
    description: str
    """As HTML source."""
    words: RichText
    said: str
    areas: tuple[str, ...] = ()
    iterations: tuple[str, ...] = ()


def item_path(item: Item) -> str:
    return f"/DefaultCollection/{quote(item.project, safe='')}/_workitems/edit/{item.id}"


def day_of(item: Item) -> str:
    return str(item.fields.get(DUE, ""))[:10]


def list_page(items: list[Item], projects: list[str], said: str) -> str:
    rows = "".join(map(_row, items)) or "<tr><td colspan=5 class=faint>No work items yet.</td></tr>"
    head = "<tr><th>Id<th>Type<th>Title<th>State<th>Tags</tr>"
    new = f"""<h2>New work item</h2><form method=post action="/">
<div class=grid>{_select("type", "Type", tuple(STATES), "Task")}
{_select("project", "Project", tuple(projects), projects[0])}</div>
{_input("title", "Title", "")}<label for=description>Description</label>
<textarea id=description name=description dir=auto></textarea><button>Create</button></form>"""
    body = f"<h1>Work items</h1>{_note(said)}<table>{head}{rows}</table>{new}"
    return _document("Work items", body)


def item_page(view: ItemView, people: list[Person]) -> str:
    item, fields = view.item, view.item.fields
    kind, title = fields["System.WorkItemType"], fields.get("System.Title", "")
    person = fields.get("System.AssignedTo")
    names = ("", *(one.unique_name for one in people))
    assigned = person.unique_name if person else ""
    priority = str(fields.get("Microsoft.VSTS.Common.Priority", ""))
    path = item_path(item)
    body = f"""<p><a href="/">All work items</a></p>
<h1 dir=auto>{_text(kind)} {item.id}: {_text(title)}</h1>{_note(view.said)}
<p class=faint>Revision {item.rev}, changed {_text(fields["System.ChangedDate"])}
by {_text(fields["System.ChangedBy"].name)}</p>
<div class=words dir=auto>{_text(to_plain(view.words))}</div>
<form method=post action="{_text(path)}"><h2>Edit</h2>{_input("title", "Title", title)}
<div class=grid>{_select("state", "State", states_of(kind), fields["System.State"])}
{_select("priority", "Priority", ("", *map(str, PRIORITIES)), priority)}
{_select("assigned", "Assigned to", names, assigned)}
{_select("area", "Area", view.areas, fields["System.AreaPath"])}
{_select("iteration", "Iteration", view.iterations, fields["System.IterationPath"])}
{_input("due", "Due date", day_of(item))}
{_input("estimate", "Original estimate (hours)", str(fields.get(ESTIMATE, "")))}</div>
{_input("tags", "Tags, parted by semicolons", fields.get("System.Tags", ""))}
<label for=description>Description (plain text or HTML)</label>
<textarea id=description name=description dir=auto>
{_text(view.description)}</textarea><button>Save</button></form>
{_links(item)}{_attachments(item)}{_comments(item)}
<form method=post action="{_text(path)}/delete"><button class=quiet>Delete this work item</button>
</form>"""
    return _document(f"{kind} {item.id}", body)


def _links(item: Item) -> str:
    entries = []
    for relation in item.relations:
        if relation["rel"] in OPPOSITE:
            target = target_of(relation["url"])
            path = f"/DefaultCollection/{quote(item.project, safe='')}/_workitems/edit/{target}"
            name = _text(RELATION_NAMES[relation["rel"]])
            entries.append(f'<li>{name}: <a href="{_text(path)}">{target}</a>')
    names = tuple(RELATION_NAMES[rel] for rel in OPPOSITE)
    return f"""<h2>Related work</h2><ul>{"".join(entries)}</ul>
<form method=post action="{_text(item_path(item))}/link"><div class=grid>
{_select("rel", "Link type", names, "Related")}{_input("target", "Work item", "")}</div>
<button class=quiet>Link</button></form>"""


def _attachments(item: Item) -> str:
    path = item_path(item)
    entries = []
    for relation in item.relations:
        if relation["rel"] == "AttachedFile":
            guid = relation["url"].partition("/attachments/")[2].partition("?")[0]
            details = relation["attributes"]
            link = f'<a href="{_text(path)}/file/{_text(guid)}">{_text(details["name"])}</a>'
            entries.append(f"<li>{link} <span class=faint>{details['resourceSize']} bytes</span>")
        elif relation["rel"] == "Hyperlink" and relation["url"].startswith(("http:", "https:")):
            url = _text(relation["url"])
            entries.append(f'<li><a href="{url}" rel=noreferrer>{url}</a>')
    return f"""<h2>Attachments and addresses</h2><ul>{"".join(entries)}</ul>
<form method=post enctype="multipart/form-data" action="{_text(path)}/attach">
<input type=file name=file aria-label="File" required><button class=quiet>Attach</button></form>"""


def _comments(item: Item) -> str:
    shown = "".join(_comment(one) for one in item.comments if not one.deleted)
    return f"""<h2>Comments</h2>{shown}
<form method=post action="{_text(item_path(item))}/comment"><label for=text>New comment</label>
<textarea id=text name=text dir=auto required></textarea><button>Comment</button></form>"""


def _comment(record: CommentRecord) -> str:
    words = _text(to_plain(html.parse(record.text)))
    head = f"{_text(record.author.name)}, {_text(record.created)}"
    body = f"<div class=words dir=auto>{words}</div>"
    return f"<div class=comment><div class=faint>{head}</div>{body}</div>"


def _row(item: Item) -> str:
    fields = item.fields
    tags = "".join(
        f"<span class=tag>{_text(tag.strip())}</span>"
        for tag in fields.get("System.Tags", "").split(";")
        if tag.strip()
    )
    link = f'<a href="{_text(item_path(item))}">{_text(fields.get("System.Title", ""))}</a>'
    kind, state = _text(fields["System.WorkItemType"]), _text(fields["System.State"])
    return f"<tr><td>{item.id}<td>{kind}<td dir=auto>{link}<td>{state}<td>{tags}</tr>"


def _select(name: str, label: str, choices: tuple[str, ...], chosen: str) -> str:
    options = "".join(
        f'<option value="{_text(one)}"{" selected" if one == chosen else ""}>{_text(one)}</option>'
        for one in choices
    )
    return (
        f"<div><label for={name}>{_text(label)}</label>"
        f"<select id={name} name={name}>{options}</select></div>"
    )


def _input(name: str, label: str, value: str) -> str:
    return (
        f"<label for={name}>{_text(label)}</label>"
        f'<input id={name} name={name} dir=auto value="{_text(value)}">'
    )


def _note(said: str) -> str:
    return f"<p class=note role=alert>{_text(said)}</p>" if said else ""


def _document(title: str, body: str) -> str:
    return f"""<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width,initial-scale=1">
<title>{_text(title)}</title><style>{_STYLE}</style><body>{body}</body></html>"""


def _text(value: object) -> str:
    return escape(str(value), quote=True)

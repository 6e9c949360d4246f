"""`connector projects` and `metadata`: what a tracker knows, for settings and mappings."""

from collections.abc import Iterator

from rich.console import RenderableType

from schemas.connector_api import MetadataQuery, ProjectQuery
from schemas.metadata import FieldInfo, TypeInfo
from schemas.node_routes import METADATA, PROJECTS
from service.cli.node_client import NodeClient
from service.cli.output import table
from service.cli.parsing import Commands, add_paging, command
from service.cli.session import Session, on_node

_SHOWN_CHOICES = 8


def add_to(connector: Commands) -> None:
    projects = command(
        connector,
        "projects",
        "list the projects that its account sees",
        on_node(_projects),
        examples="connector projects jira\nconnector projects jira --search web --fresh",
    )
    projects.add_argument("name")
    projects.add_argument("--search", default="", metavar="TEXT", help="a part of name or id")
    add_paging(projects)
    metadata = command(
        connector,
        "metadata",
        "show a project's types, fields and allowed values",
        on_node(_metadata),
        examples="connector metadata jira --project WEB\n"
        "connector metadata jira --project WEB --type Bug --json",
    )
    metadata.add_argument("name")
    metadata.add_argument("--project", required=True)
    metadata.add_argument("--type", default="", help="of this type only, by name or id")
    for made in (projects, metadata):
        made.add_argument(
            "--fresh", action="store_true", help="ask the tracker now, not what it said lately"
        )


async def _projects(session: Session, node: NodeClient) -> None:
    query = ProjectQuery(
        page=session.number("page"),
        page_size=session.number("page_size"),
        search=session.text("search"),
        fresh=session.flag("fresh"),
    )
    page = await node.get(PROJECTS, session.text("name"), query=query)
    rows = [(each.id, each.name) for each in page.results]
    session.out.page(page, table(("id", "name"), rows), "It sees no such project.")


async def _metadata(session: Session, node: NodeClient) -> None:
    query = MetadataQuery(session.text("project"), fresh=session.flag("fresh"))
    known = await node.get(METADATA, session.text("name"), query=query)
    wanted = session.text("type").casefold()
    types = tuple(
        each
        for each in known.types
        if not wanted or wanted in (each.type.name.casefold(), each.type.id.casefold())
    )
    shown = [part for each in types for part in _type(each)]
    session.out.answer({"project": known.project, "types": types}, *shown or ["No such type."])


def _type(info: TypeInfo) -> Iterator[RenderableType]:
    statuses = ", ".join(each.name for each in info.statuses)
    yield f"{info.type.name} ({info.type.id})" if info.type.id else info.type.name
    if statuses:
        yield f"statuses: {statuses}"
    rows = [
        (each.name, each.label, each.kind, _marks(each), _choices(each)) for each in info.fields
    ]
    yield table(("field", "people see", "kind", "", "allowed"), rows)
    yield "\n"


def _marks(field: FieldInfo) -> str:
    return ", ".join(
        word
        for word, holds in (("required", field.required), ("read only", not field.writable))
        if holds
    )


def _choices(field: FieldInfo) -> str:
    names = [each.name for each in field.choices[:_SHOWN_CHOICES]]
    more = len(field.choices) - len(names)
    return ", ".join([*names, *([f"and {more} more"] if more else [])])

"""`snippets`: functions and tables that the rules of this node share."""

from pathlib import Path

from rich.text import Text

from schemas.api import PageQuery
from schemas.snippets import (
    SNIPPET,
    SNIPPET_PUT,
    SNIPPET_REMOVE,
    SNIPPET_ROLLBACK,
    SNIPPET_VERSIONS,
    SNIPPETS,
    SnippetPut,
    SnippetRollback,
    SnippetSaved,
    SnippetView,
)
from service.cli.ending import Ending, failed
from service.cli.findings import findings_text
from service.cli.node_client import NodeClient
from service.cli.output import clean, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node, read_text


def add_to(commands: Commands) -> None:
    snippets = group(commands, "snippets", "Functions and tables that rules share")
    listed = command(
        snippets,
        "list",
        "list the snippets, and who uses them",
        on_node(_list),
        examples="snippets list",
    )
    add_paging(listed)
    show = command(
        snippets, "show", "show a snippet", on_node(_show), examples="snippets show statuses"
    )
    show.add_argument("name")
    versions = command(
        snippets,
        "versions",
        "list its versions",
        on_node(_versions),
        examples="snippets versions statuses",
    )
    versions.add_argument("name")
    add_paging(versions)
    save = command(
        snippets,
        "save",
        "save a snippet for all rules that use it, or for none if one of them breaks",
        on_node(_save),
        examples="snippets save statuses rules/snippets/statuses.py --message 'A new status'",
    )
    save.add_argument("name", help="rules write: from snippets.NAME import ...")
    save.add_argument("file", metavar="FILE")
    save.add_argument("--message", default="", help="why, for the history")
    back = command(
        snippets,
        "rollback",
        "save an earlier version again, as a new one",
        on_node(_roll_back),
        examples="snippets rollback statuses 2",
    )
    back.add_argument("name")
    back.add_argument("version", type=int)
    back.add_argument("--message", default="", help="why, for the history")
    remove = command(
        snippets,
        "remove",
        "remove a snippet that nothing uses",
        on_node(_remove),
        examples="snippets remove statuses",
    )
    remove.add_argument("name")


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(SNIPPETS, query=query)
    rows = [
        (row.name, row.version, moment(row.created), row.author, _uses(row)) for row in page.results
    ]
    headings = ("snippet", "version", "saved", "author", "used by")
    session.out.page(page, table(headings, rows), "There are no snippets yet.")


async def _show(session: Session, node: NodeClient) -> None:
    found = await node.get(SNIPPET, session.text("name"))
    used = _uses(found) or "nothing"
    head = f"# snippets/{found.name}.py, version {found.version}, used by {used}"
    session.out.answer(found, Text(f"{head}\n\n{clean(found.source)}"))


async def _versions(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(SNIPPET_VERSIONS, session.text("name"), query=query)
    rows = [
        (row.version, "removed" if row.removed else "", moment(row.created), row.author,
         row.message)
        for row in page.results
    ]  # fmt: skip
    session.out.page(page, table(("version", "", "saved", "author", "message"), rows), "")


async def _save(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    # What is written over is what was there when the command began.
    known = {row.name for row in (await node.get(SNIPPETS, query=PageQuery(1, 500))).results}
    if name in known:
        await node.get(SNIPPET, name)
    source = read_text(Path(session.text("file")), "the snippet")
    body = SnippetPut(source, session.text("message"))
    _told(session, name, await node.send(SNIPPET_PUT, name, body=body))


async def _roll_back(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    body = SnippetRollback(session.number("version"), session.text("message"))
    _told(session, name, await node.send(SNIPPET_ROLLBACK, name, body=body))


async def _remove(session: Session, node: NodeClient) -> None:
    await node.send(SNIPPET_REMOVE, session.text("name"))
    session.out.answer({}, "The snippet is removed.")


def _told(session: Session, name: str, saved: SnippetSaved) -> None:
    if saved.version is None:
        session.out.answer(saved, findings_text(saved.findings))
        raise failed("The snippet was not saved.", "Correct what is marked above.", Ending.FAILED)
    whose = ", ".join(map(clean, saved.connections)) or "no connection yet"
    session.out.answer(saved, f"Version {saved.version} of {name} decides now for: {whose}.")


def _uses(row: SnippetView) -> str:
    return ", ".join(
        clean(use.connection) + ("" if use.version == row.version else f" (version {use.version})")
        for use in row.used_by
    )

"""`errors`: twins that wait for a person."""

from collections.abc import AsyncIterator

from rich.text import Text

from schemas.api import ErrorQuery, ErrorView, Retried, RetryBody, RetryOne
from schemas.routes import ERROR, ERROR_RETRY, ERRORS, ERRORS_RETRY
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import clean, facts, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node

_PAGE = 500


def add_to(commands: Commands) -> None:
    errors = group(commands, "errors", "Issues that wait for a person")
    listed = command(errors, "list", "list them", on_node(_list))
    listed.add_argument("--connection", default="", help="of this connection only")
    add_paging(listed)
    show = command(
        errors, "show", "show why one waits", on_node(_show), examples="errors show WEB-42"
    )
    show.add_argument("which", help="its issue, or its twin's id")
    show.add_argument("--connection", default="", help="where the issue has several")
    retry = command(
        errors,
        "retry",
        "try again, after the cause is gone",
        on_node(_retry),
        examples="errors retry WEB-42\nerrors retry WEB-42 --keep local\n"
        "errors retry --all --connection acme-globex",
    )
    retry.add_argument("which", nargs="?", default="", help="its issue, or its twin's id")
    retry.add_argument(
        "--keep", choices=("local", "remote"), default="", help="whose value stands in a conflict"
    )
    retry.add_argument("--all", action="store_true", help="all of them")
    retry.add_argument("--connection", default="", help="of this connection only")


async def _list(session: Session, node: NodeClient) -> None:
    query = ErrorQuery(
        page=session.number("page"),
        page_size=session.number("page_size"),
        connection=session.text("connection"),
    )
    page = await node.get(ERRORS, query=query)
    rows = [(moment(e.since), e.connection, e.issue, e.fault, e.message) for e in page.results]
    headings = ("since (UTC)", "connection", "issue", "fault", "says")
    session.out.page(page, table(headings, rows), "Nothing waits for you.")


async def _show(session: Session, node: NodeClient) -> None:
    found = await _find(session, node)
    error = await node.get(ERROR, found.connection, found.twin)
    shown = facts(
        [
            ("issue", error.issue),
            ("connection", error.connection),
            ("twin", error.twin),
            ("since", f"{moment(error.since)} UTC, after {error.attempts} attempts"),
            ("fault", error.fault),
            ("says", error.message),
            ("where", f"{error.file}:{error.line}" if error.file else ""),
            ("next step", error.remedy),
            ("look first", _dry_run(error)),
        ]
    )
    session.out.answer(error, shown, Text(f"\n{clean(error.trace)}") if error.trace else "")


def _dry_run(error: ErrorView) -> str:
    """The same input once more, without doing anything."""
    by_rule = error.fault in ("rule", "mapping")
    return f"tidegate rules dry-run {error.connection} {error.twin}" if by_rule else ""


async def _retry(session: Session, node: NodeClient) -> None:
    if bool(session.text("which")) == session.flag("all"):
        raise failed("Name one issue or twin, or give --all.", ending=Ending.USAGE)
    if session.flag("all") and session.arguments.keep:
        raise failed(
            "--keep decides one conflict: it does not go with --all.",
            "Name the issue: tidegate errors retry ISSUE --keep local",
            Ending.USAGE,
        )
    if session.flag("all"):
        body = RetryBody(session.text("connection"))
        retried: Retried = await node.send(ERRORS_RETRY, body=body)
    else:
        found = await _find(session, node)
        retried = await node.send(
            ERROR_RETRY, found.connection, found.twin, body=RetryOne(session.arguments.keep)
        )
    session.out.answer(retried, f"Trying {retried.count} again.")


async def _find(session: Session, node: NodeClient) -> ErrorView:
    which = session.text("which")
    found = [e async for e in _errors(session, node) if which in (e.issue, e.twin)]
    if not found:
        raise failed(f"{which} waits for nobody.", "tidegate errors list")
    if len(found) > 1:
        names = ", ".join(error.connection for error in found)
        raise failed(
            f"{which} waits in several connections: {names}.",
            "Name one with --connection.",
            Ending.USAGE,
        )
    return found[0]


async def _errors(session: Session, node: NodeClient) -> AsyncIterator[ErrorView]:
    number, more = 1, True
    while more:
        query = ErrorQuery(number, _PAGE, session.text("connection"))
        page = await node.get(ERRORS, query=query)
        for error in page.results:
            yield error
        number, more = number + 1, page.next is not None

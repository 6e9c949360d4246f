"""`errors`: twins that wait for a person."""

from argparse import ArgumentParser

from rich.text import Text

from schemas.error_api import ErrorQuery, ErrorView, Retried, RetryBody, RetryOne
from schemas.node import OpenConflict
from schemas.routes import (
    ERROR,
    ERROR_IGNORE,
    ERROR_RETRY,
    ERRORS,
    ERRORS_IGNORE,
    ERRORS_RETRY,
)
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import clean, facts, moment, table, value_words
from service.cli.parsing import Commands, add_long_paging, command, group
from service.cli.session import Session, on_node

_PAGE = 500


def add_to(commands: Commands) -> None:
    errors = group(commands, "errors", "Issues that wait for a person")
    listed = command(
        errors,
        "list",
        "list them",
        on_node(_list),
        examples="errors list\nerrors list --connection acme-globex --kind mapping",
    )
    listed.add_argument("--connection", default="", help="of this connection only")
    listed.add_argument("--kind", default="", help="of this kind only, such as mapping or rule")
    listed.add_argument("--search", default="", metavar="TEXT", help="issue, twin or message")
    add_long_paging(listed)
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
        "errors retry --all --connection acme-globex\nerrors retry --kind mapping",
    )
    _add_which(retry)
    retry.add_argument(
        "--keep", choices=("local", "remote"), default="", help="whose value stands in a conflict"
    )
    ignore = command(
        errors,
        "ignore",
        "let them rest until something changes",
        on_node(_ignore),
        examples="errors ignore WEB-42\nerrors ignore --kind mapping --connection acme-globex",
    )
    _add_which(ignore)


def _add_which(parser: ArgumentParser) -> None:
    parser.add_argument("which", nargs="?", default="", help="its issue, or its twin's id")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--kind", default="", help="all of this kind, as `errors list` shows it")
    parser.add_argument("--connection", default="", help="of this connection only")


async def _list(session: Session, node: NodeClient) -> None:
    query = ErrorQuery(
        page=session.number("page"),
        page_size=session.number("page_size"),
        connection=session.text("connection"),
        fault=session.text("kind"),
        search=session.text("search"),
        cursor=session.text("cursor"),
    )
    page = await node.get(ERRORS, query=query)
    rows = [(moment(e.since), e.connection, e.issue, e.fault, e.message) for e in page.results]
    headings = ("since (UTC)", "connection", "issue", "kind", "says")
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
            ("kind", error.fault),
            ("says", error.message),
            ("where", f"{error.file}:{error.line}" if error.file else ""),
            ("next step", error.remedy),
            ("look first", _dry_run(error)),
        ]
    )
    trace = Text(f"\n{clean(error.trace)}") if error.trace else ""
    choices = table(
        ("field", "here", "edited (UTC)", "there", "edited (UTC)"), map(_choice, error.choices)
    )
    session.out.answer(error, shown, choices if error.choices else trace)


def _choice(choice: OpenConflict) -> tuple[str, ...]:
    here, there = clean(value_words(choice.here)), clean(value_words(choice.there))
    return choice.field, here, moment(choice.here_at), there, moment(choice.there_at)


def _dry_run(error: ErrorView) -> str:
    """The same input once more, without doing anything."""
    by_rule = error.fault in ("rule", "mapping")
    return f"tidegate rules dry-run {error.connection} {error.twin}" if by_rule else ""


async def _retry(session: Session, node: NodeClient) -> None:
    many = _means_many(session)
    if many and session.arguments.keep:
        raise failed(
            "--keep decides one conflict: it does not go with several.",
            "Name the issue: tidegate errors retry ISSUE --keep local",
            Ending.USAGE,
        )
    if many:
        retried: Retried = await node.send(ERRORS_RETRY, body=_many(session))
    else:
        found = await _find(session, node)
        retried = await node.send(
            ERROR_RETRY, found.connection, found.twin, body=RetryOne(session.arguments.keep)
        )
    session.out.answer(retried, f"Trying {retried.count} again.")


async def _ignore(session: Session, node: NodeClient) -> None:
    if _means_many(session):
        rested: Retried = await node.send(ERRORS_IGNORE, body=_many(session))
    else:
        found = await _find(session, node)
        rested = await node.send(ERROR_IGNORE, found.connection, found.twin)
    session.out.answer(rested, f"{rested.count} rest until something changes.")


def _means_many(session: Session) -> bool:
    many = session.flag("all") or bool(session.text("kind"))
    if bool(session.text("which")) == many:
        raise failed(
            "Name one issue or twin, or give --all or --kind.",
            "See `tidegate errors list`.",
            Ending.USAGE,
        )
    return many


def _many(session: Session) -> RetryBody:
    return RetryBody(session.text("connection"), session.text("kind"))


async def _find(session: Session, node: NodeClient) -> ErrorView:
    which = session.text("which")
    query = ErrorQuery(1, _PAGE, session.text("connection"), search=which)
    found = [e async for e in node.every(ERRORS, query=query) if which in (e.issue, e.twin)]
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

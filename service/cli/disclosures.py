"""`disclosures`: what ever left about the issues of a connection, as a table, CSV or JSON."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

from schemas.api import Page
from schemas.disclosure_api import Disclosure, DisclosureQuery, LedgerQuery
from schemas.record_routes import DISCLOSURES, LEDGER
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import moment, table
from service.cli.parsing import Commands, add_long_paging, command
from service.cli.session import Session, on_node

_PAGE = 500
_HEADINGS = ("when (UTC)", "partner", "connection", "twin", "version", "field", "masked", "sha256")


def add_to(commands: Commands) -> None:
    parser = command(
        commands,
        "disclosures",
        "tell what ever left for the other side, the newest first",
        on_node(_disclosures),
        examples="disclosures --partner globex --csv left.csv",
    )
    parser.add_argument(
        "connection", nargs="?", default="", help="its name, or the id of one that is gone"
    )
    parser.add_argument("--partner", default="", help="over all connections with this node")
    parser.add_argument("--twin", default="", help="of this twin only")
    parser.add_argument("--csv", metavar="FILE", help="write all of it there")
    add_long_paging(parser)


async def _disclosures(session: Session, node: NodeClient) -> None:
    if session.text("connection") and session.text("partner"):
        raise failed("--partner is over all connections.", "Name one of both.", Ending.USAGE)
    if session.text("csv"):
        entries = [entry async for entry in _every(session, node)]
        _write(Path(session.text("csv")), entries)
        session.out.answer({"written": len(entries)}, f"Wrote {len(entries)} lines.")
        return
    page = await _page(session, node)
    session.out.page(page, table(_HEADINGS, map(_row, page.results)), "Nothing has left yet.")


async def _page(session: Session, node: NodeClient) -> Page[Disclosure]:
    number, size = session.number("page"), session.number("page_size")
    name, twin, cursor = session.text("connection"), session.text("twin"), session.text("cursor")
    if name:
        of_one = DisclosureQuery(number, size, twin, cursor=cursor)
        return await node.get(DISCLOSURES, name, query=of_one)
    query = LedgerQuery(number, size, twin, session.text("partner"), cursor=cursor)
    return await node.get(LEDGER, query=query)


def _every(session: Session, node: NodeClient) -> AsyncIterator[Disclosure]:
    name, twin = session.text("connection"), session.text("twin")
    if name:
        return node.every(DISCLOSURES, name, query=DisclosureQuery(1, _PAGE, twin))
    return node.every(LEDGER, query=LedgerQuery(1, _PAGE, twin, session.text("partner")))


def _write(path: Path, entries: list[Disclosure]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADINGS)
            writer.writerows(map(_row, entries))
    except OSError as error:
        raise failed(
            f"--csv: cannot write {path}: {error.strerror}.", "Name a file that you may write."
        ) from error


def _row(each: Disclosure) -> tuple[str, ...]:
    masked = "yes" if each.masked else ""
    place = (each.partner, each.connection, each.twin, str(each.version))
    return (moment(each.at), *place, each.field, masked, each.digest)

"""`disclosures`: what ever left about the issues of a connection, as a table, CSV or JSON."""

import csv
from pathlib import Path

from schemas.disclosure_api import Disclosure, DisclosureQuery
from schemas.record_routes import DISCLOSURES
from service.cli.ending import failed
from service.cli.node_client import NodeClient
from service.cli.output import moment, table
from service.cli.parsing import Commands, add_long_paging, command
from service.cli.session import Session, on_node

_PAGE = 500
_HEADINGS = ("when (UTC)", "twin", "version", "field", "sha256")


def add_to(commands: Commands) -> None:
    parser = command(
        commands,
        "disclosures",
        "tell what ever left for the other side, the newest first",
        on_node(_disclosures),
        examples="disclosures acme-globex --csv left.csv",
    )
    parser.add_argument("connection", help="its name, or the id of one that is gone")
    parser.add_argument("--twin", default="", help="of this twin only")
    parser.add_argument("--csv", metavar="FILE", help="write all of it there")
    add_long_paging(parser)


async def _disclosures(session: Session, node: NodeClient) -> None:
    name, twin = session.text("connection"), session.text("twin")
    if session.text("csv"):
        every = node.every(DISCLOSURES, name, query=DisclosureQuery(1, _PAGE, twin))
        entries = [entry async for entry in every]
        _write(Path(session.text("csv")), entries)
        session.out.answer({"written": len(entries)}, f"Wrote {len(entries)} lines.")
        return
    query = DisclosureQuery(
        session.number("page"), session.number("page_size"), twin, cursor=session.text("cursor")
    )
    page = await node.get(DISCLOSURES, name, query=query)
    session.out.page(page, table(_HEADINGS, map(_row, page.results)), "Nothing has left yet.")


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
    return (moment(each.at), each.twin, str(each.version), each.field, each.digest)

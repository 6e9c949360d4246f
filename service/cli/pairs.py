"""`connection pairs` and `connection pair-again`: the pairs of issues as a CSV file."""

import csv
import io
import re
from pathlib import Path

from schemas.pairs_api import PairAgainBody, PairClaim, PairedAgain, PairsQuery, PairView
from schemas.routes import CONNECTION_PAIR_AGAIN, CONNECTION_PAIRS
from service.cli.ending import failed
from service.cli.node_client import NodeClient
from service.cli.output import table
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node, read_text

COLUMNS = PairView.__struct_fields__
_BATCH = 200
_FORMULA = ("=", "+", "-", "@")
_HEADING = re.compile(r"[^a-z]")
_ISSUE = ("id", "issueid", "urn", "issueurn", "key", "issuekey", "issue", "")
"""What may follow `local` and `remote` in a heading, the best first."""


def add_to(connection: Commands) -> None:
    made = command(
        connection,
        "pairs",
        "print the pairs of issues as CSV",
        on_node(_pairs),
        examples="connection pairs acme-globex --out pairs.csv",
    )
    made.add_argument("name")
    made.add_argument("--out", default="", metavar="FILE", help="write it there")
    again = command(
        connection,
        "pair-again",
        "pair issues that exist on both sides, from such a CSV; creates none",
        on_node(_pair_again),
        examples="connection pair-again acme-globex pairs.csv --dry-run",
    )
    again.add_argument("name")
    again.add_argument("file")
    again.add_argument("--dry-run", action="store_true", help="only tell what would be done")


async def _pairs(session: Session, node: NodeClient) -> None:
    pairs = await fetch(node, session.text("name"))
    text, out = to_csv(pairs), session.text("out")
    if not out:
        session.out.answer(pairs, text.rstrip("\n"))
        return
    write(Path(out), text)
    session.out.answer(pairs, f"Wrote {len(pairs)} pairs to {out}.")


async def fetch(node: NodeClient, name: str) -> list[PairView]:
    pairs: list[PairView] = []
    query = PairsQuery()
    while True:
        page = await node.get(CONNECTION_PAIRS, name, query=query)
        pairs += page.results
        if not page.next:
            return pairs
        query = PairsQuery(after=page.next)


def to_csv(pairs: list[PairView]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(getattr(pair, column)) for column in COLUMNS] for pair in pairs)
    return written.getvalue()


def harmless(cell: str) -> str:
    """A spreadsheet would run it as a formula, and the other side chose some of these words."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def from_csv(text: str, where: str, *, swapped: bool = False) -> list[PairClaim]:
    """With a line of headings: ours, or those of a file that another product left behind. Without
    one: two columns, this side's issue first."""
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), dialect=_dialect(text)))
    local, remote, first = _columns(lines, where)
    pairs = []
    for number, row in enumerate(lines[first:], first + 1):
        if not any(cell.strip() for cell in row):
            continue
        ends = [
            row[at].removeprefix("'").strip() if at < len(row) else "" for at in (local, remote)
        ]
        if not all(ends):
            raise failed(f"{where}, line {number}: an id is missing.", "Complete or remove it.")
        pairs.append(PairClaim(*reversed(ends)) if swapped else PairClaim(*ends))
    return pairs


def _columns(lines: list[list[str]], where: str) -> tuple[int, int, int]:
    """Where both issues stand, and at which line the pairs begin."""
    headings = [_HEADING.sub("", cell.lower()) for cell in lines[0]] if lines else []
    local, remote = (_best(headings, end) for end in ("local", "remote"))
    if local is not None and remote is not None:
        return local, remote, 1
    if len(headings) == 2 and all(any(map(str.isdigit, cell)) for cell in lines[0]):
        return 0, 1, 0
    raise failed(
        f"{where} has no columns local_id and remote_id.",
        "Use a file that `tidegate connection pairs` wrote on this side, or two columns without"
        " headings: this side's issue, then the other side's.",
    )


def _best(headings: list[str], end: str) -> int | None:
    """An id rather than a key, where a file has both; else the only heading that begins so."""
    names = (f"{end}{kind}" for kind in _ISSUE)
    known = next((headings.index(name) for name in names if name in headings), None)
    begins = [at for at, heading in enumerate(headings) if heading.startswith(end)]
    return begins[0] if known is None and len(begins) == 1 else known


def _dialect(text: str) -> type[csv.Dialect]:
    head = text.partition("\n")[0]
    return _Semicolons if head.count(";") > head.count(",") else csv.excel


class _Semicolons(csv.excel):
    delimiter = ";"


async def _pair_again(session: Session, node: NodeClient) -> None:
    name, file = session.text("name"), session.text("file")
    pairs = from_csv(read_text(Path(file), "the pairs"), file)
    report: list[PairedAgain] = []
    for at in range(0, len(pairs), _BATCH):
        body = PairAgainBody(tuple(pairs[at : at + _BATCH]), session.flag("dry_run"))
        report += (await node.send(CONNECTION_PAIR_AGAIN, name, body=body)).rows
    rows = [(r.local_id, r.remote_id, r.outcome, r.detail) for r in report if r.outcome != "paired"]
    paired = len(report) - len(rows)
    verb = "would be paired" if session.flag("dry_run") else "are paired"
    summary = f"{paired} of {len(report)} rows {verb}."
    if paired and not session.flag("dry_run"):
        summary += " The other side's admin has to feed its own file too; then they go on in step."
    shown = table(("local issue", "remote issue", "result", "why"), rows) if rows else ""
    session.out.answer(report, shown, summary)


def write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise failed(
            f"--out: cannot write {path}: {error.strerror}.", "Name a file that you may write."
        ) from error

"""What a node holds, as one digest per table: a refused attack leaves all as they were."""

import hashlib
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

REFUSED_REQUESTS = "tidegate_refused_requests"
REFUSED_ITEMS = "tidegate_peer_items_refused"

POSITION: Mapping[str, tuple[str, ...]] = {
    "peers": ("last_contact", "received", "received_epoch"),
}
"""How far a peer has been heard: a paired one moves it by whatever it says."""

ROSTER_VERSION = "roster.version"
"""The setting that rises when anything of a peer was learnt."""


def digests(
    data: Path,
    without: Mapping[str, tuple[str, ...]] | None = None,
    *,
    apart_from: tuple[str, ...] = (),
) -> dict[str, str]:
    """By table of the store. `without` names columns that may change, `apart_from` words: the rows
    that hold one of them may.

    Read from a copy: the node goes on writing, and a reader would hold its log back.
    """
    with tempfile.TemporaryDirectory() as copy:
        for file in sorted(data.glob("tidegate.db*")):
            shutil.copy(file, copy)
        with closing(sqlite3.connect(f"{copy}/tidegate.db")) as c:
            tables = c.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {
                name: _digest(c, name, (without or {}).get(name, ()), apart_from)
                for (name,) in tables
            }


def due(data: Path) -> int:
    """How many twins wait to be looked at."""
    with closing(sqlite3.connect(f"file:{data}/tidegate.db?mode=ro", uri=True)) as c:
        (found,) = c.execute("SELECT count(*) FROM twins WHERE due_at IS NOT NULL").fetchone()
        return int(found)


def _digest(
    c: sqlite3.Connection, table: str, without: tuple[str, ...], apart_from: tuple[str, ...]
) -> str:
    names = [row[1] for row in c.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(name for name in names if name not in without)
    found = map(repr, c.execute(f"SELECT {columns} FROM {table}"))
    rows = sorted(row for row in found if not any(word in row for word in apart_from))
    return f"{len(rows)} rows {hashlib.sha256(''.join(rows).encode()).hexdigest()[:16]}"


async def refusals(data: Path, family: str = REFUSED_REQUESTS) -> Counter[str]:
    """What the node has turned away, by reason."""
    connector = aiohttp.UnixConnector(str(data / "tidegate.sock"))
    async with (
        aiohttp.ClientSession("http://node", connector=connector) as session,
        session.get("/metrics") as answer,
    ):
        text = await answer.text()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted: Counter[str] = Counter()
    for sample in families[family].samples:
        if sample.name.endswith("_total"):
            counted[sample.labels["reason"]] += int(sample.value)
    return counted


def check_counted(before: Counter[str], after: Counter[str], at_least: int) -> None:
    assert after.total() - before.total() >= at_least, (before, after)

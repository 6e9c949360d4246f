"""Lists that grow while they are read: `next` leads through them without a gap or a double."""

import base64
import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from schemas.access import AuditEntry
from schemas.disclosure_api import Disclosure
from schemas.issue import IssueRef
from schemas.node import Activity, ParkedTwin
from schemas.twin import Twin
from service.store import activity, audit, conflicts, disclosures, parked, tables, twins
from service.store.conflicts import Conflict
from tests.contract.api.described import Described
from tests.contract.api.house import House

NOW = 1_760_000_000_000
AT_FIRST = 11
Add = Callable[[Any, str, str, int], object]
"""A row into a store's transaction: of this connection, with this mark, and a number."""


def _twin(c: Any, connection: str, mark: str, number: int) -> str:
    """Between those that are there: where the others grow at one end, twins come anywhere."""
    name = f"{mark}-{number * 7 % 23:02}"
    twins.create(c, Twin(name, connection, IssueRef(name, name, "")), "none", NOW, due_at=None)
    return name


def _parked(c: Any, connection: str, mark: str, number: int) -> None:
    name = _twin(c, connection, mark, number)
    parked.park(c, ParkedTwin(name, connection, name, "rule", f"No. {number}", "", NOW, 1))


LISTS: dict[str, tuple[str, Callable[[Any], Any], Add]] = {
    "activity": (
        "/activity?twin={mark}",
        lambda row: row["detail"]["number"],
        lambda c, connection, mark, number: activity.append(
            c, Activity(NOW, "twin.written", connection, mark, detail={"number": number})
        ),
    ),
    "audit": (
        "/audit?caller={mark}",
        lambda row: row["id"],
        lambda c, connection, mark, number: audit.begin(
            c, AuditEntry(0, NOW, mark, "sync", f"/{number}")
        ),
    ),
    "conflicts": (
        "/conflicts?twin={mark}",
        lambda row: row["id"],
        lambda c, connection, mark, number: conflicts.add(
            c,
            Conflict(connection, mark, "summary", "a", "b", "newest", "local", NOW),
        ),
    ),
    "disclosures": (
        "/connections/here.right/disclosures?twin={mark}",
        lambda row: row["version"],
        lambda c, connection, mark, number: disclosures.add(
            c, [Disclosure(NOW, mark, number, "summary", "ab" * 32, connection=connection)]
        ),
    ),
    "twins": ("/twins?connection=here.right", lambda row: row["id"], _twin),
    "errors": ("/errors?connection=here.right", lambda row: row["twin"], _parked),
    "errors of a kind": ("/errors?fault=rule&search={mark}", lambda row: row["twin"], _parked),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_whole_while_rows_come(house: House, admin: Described, name: str) -> None:
    path, identity, add = LISTS[name]
    mark = f"long-{name.replace(' ', '-')}"
    live = house.node.roster.connection_named("here.right")
    assert live is not None
    numbers = itertools.count()

    def come() -> None:
        number = next(numbers)
        house.run(house.node.store.write(lambda c: add(c, live.record.id, mark, number)))

    for _ in range(AT_FIRST):
        come()
    try:
        _read(house, admin, path.format(mark=mark), identity, come)
    finally:
        # Other tests count what is parked.
        gone = sa.delete(tables.twins).where(tables.twins.c.twin.startswith(mark))
        house.run(house.node.store.write(lambda c: c.execute(gone)))


def _read(
    house: House,
    admin: Described,
    path: str,
    identity: Callable[[Any], Any],
    come: Callable[[], None],
) -> None:
    before = _identities(admin.get(f"{path}&page_size=500"), identity)
    seen: list[Any] = []
    counts = set()
    pages = 0
    address = f"{path}&page_size=3"
    while address:
        page = admin.get(address)
        seen += _identities(page, identity)
        counts.add(page["count"])
        come()
        pages += 1
        address = (page["next"] or "").removeprefix(house.api)
    assert len(seen) == len(set(seen)), "none twice"
    assert set(before) <= set(seen), "none left out"
    assert counts == {len(before)}
    assert len(admin.get(f"{path}&page_size=500")["results"]) == len(before) + pages
    jump = admin.get(f"{path}&page_size=3&page=2")
    assert "page=1" in jump["previous"]
    assert "cursor=" in jump["next"]


def _identities(page: Any, identity: Callable[[Any], Any]) -> list[Any]:
    return [identity(row) for row in page["results"]]


def _cursor(*ended: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(ended)).decode()


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        ("/audit", "x"),
        ("/audit", "日本語"),
        ("/audit", "AAAA+///"),
        ("/audit", _cursor()),
        ("/audit", _cursor(1)),
        ("/audit", _cursor(-1, 5)),
        ("/audit", _cursor(1 << 63, 5)),
        ("/audit", _cursor(5, "5")),
        ("/audit", _cursor(("a", "b"), 5)),
        ("/twins", _cursor(7, 5)),
        ("/twins", _cursor(("a", "b\x00"), 5)),
        ("/errors", _cursor(("a", "b", "c"), 5)),
    ],
)
def test_a_cursor_that_no_page_has_told_is_refused(
    admin: Described, path: str, cursor: str
) -> None:
    answer = admin.ask("GET", path, params={"cursor": cursor}, status=400)
    assert list(answer.json()) == ["cursor"]

"""Migrations lead from nothing to the tables of this version, and only forward."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from schemas.errors import ConfigurationError
from schemas.issue import IssueRef
from schemas.replica import Replica
from schemas.twin import Twin
from service.store.engines import create_engine, parse_url
from service.store.migration import migrate
from service.store.tables import Words, connections, connectors, metadata, twins
from service.store.twin_records import encode


def test_from_nothing_and_again(empty_url: str):
    migrate(empty_url)
    migrate(empty_url)
    with create_engine(parse_url(empty_url), "migrate").connect() as c:
        assert set(sa.inspect(c).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_migrations_and_tables_agree(empty_url: str):
    migrate(empty_url)
    with create_engine(parse_url(empty_url), "migrate").connect() as c:
        context = MigrationContext.configure(c, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_twins_of_an_older_database_are_found_by_the_other_sides_issue(empty_url: str):
    migrate(empty_url, "0005_management")
    issue = IssueRef("1", "A-1", "")
    held = {
        "t1": Twin("t1", "c", issue, remote_issue="77", replica=Replica(key="ENG-1")),
        "t2": Twin("t2", "c", remote_issue="78", replica_version=2),
        "t3": Twin("t3", "c", issue),
    }
    with create_engine(parse_url(empty_url), "migrate").begin() as c:
        _add_old_twins(c, held)
    migrate(empty_url)
    columns = sa.select(twins.c.twin, twins.c.remote_id, twins.c.remote_key, twins.c.unsettled)
    with create_engine(parse_url(empty_url), "migrate").connect() as c:
        rows = [tuple(row) for row in c.execute(columns.order_by(twins.c.twin))]
    assert rows == [
        ("t1", "77", "ENG-1", False),
        ("t2", "78", None, True),
        ("t3", None, None, False),
    ]


def _add_old_twins(c: sa.Connection, held: dict[str, Twin]) -> None:
    """With what they hang on."""
    c.execute(sa.insert(connectors).values(_filled(connectors, id="x")))
    c.execute(sa.insert(connections).values(_filled(connections, id="c", connector="x")))
    for name, twin in held.items():
        row = _filled(twins, connection="c", twin=name, connector="x", state=encode(twin))
        for new in ("remote_id", "remote_key", "unsettled"):
            del row[new]
        c.execute(sa.insert(twins).values(row))


def _filled(table: sa.Table, **known: object) -> dict[str, object]:
    """A row with something in each column that needs something."""
    empty = {
        column.name: None if column.nullable else _empty(column.type) for column in table.columns
    }
    return empty | known


def _empty(kind: sa.types.TypeEngine[object]) -> object:
    return "" if isinstance(kind, Words) else kind.python_type()


async def test_daemons_that_start_together_do_not_clash(empty_url: str):
    await asyncio.gather(*(asyncio.to_thread(migrate, empty_url) for _ in range(4)))
    with create_engine(parse_url(empty_url), "migrate").connect() as c:
        assert len(c.execute(sa.text("SELECT * FROM alembic_version")).all()) == 1


def test_a_daemon_waits_for_another_that_migrates_the_same_file(tmp_path: Path):
    url = parse_url(f"sqlite:///{tmp_path}/store.sqlite")
    with create_engine(url, "migrate").connect() as c:
        assert c.execute(sa.text("PRAGMA busy_timeout")).scalar_one() >= 10 * 60_000
    with create_engine(url, "write").connect() as c:
        assert c.execute(sa.text("PRAGMA busy_timeout")).scalar_one() == 10_000


def test_a_newer_database_is_refused(empty_url: str):
    migrate(empty_url)
    with create_engine(parse_url(empty_url), "migrate").begin() as c:
        ours = c.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(ConfigurationError, match="newer Tidegate"):
            migrate(empty_url)
    finally:
        with create_engine(parse_url(empty_url), "migrate").begin() as c:
            c.execute(sa.text("UPDATE alembic_version SET version_num = :ours"), {"ours": ours})

"""Migrations lead from nothing to the tables of this version, and only forward."""

import asyncio

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from schemas.errors import ConfigurationError
from service.store.engines import create_engine, parse_url
from service.store.migration import migrate
from service.store.tables import metadata


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


async def test_daemons_that_start_together_do_not_clash(empty_url: str):
    await asyncio.gather(*(asyncio.to_thread(migrate, empty_url) for _ in range(4)))
    with create_engine(parse_url(empty_url), "migrate").connect() as c:
        assert len(c.execute(sa.text("SELECT * FROM alembic_version")).all()) == 1


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

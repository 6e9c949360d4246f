"""Brings a database to the tables of this version."""

from pathlib import Path

import sqlalchemy as sa
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from schemas.errors import ConfigurationError
from service.store.engines import create_engine, parse_url, prepare_file
from service.store.faults import explain

log = structlog.get_logger()

_LOCK = 7_310_579_203_411
"""Any fixed number: daemons that start together on one PostgreSQL migrate one after the other."""


def migrate(url: str, upto: str = "head") -> None:
    """Creates or upgrades all tables in one transaction; does nothing when they are new enough.

    Blocks: call it in a thread. Raises `ConfigurationError` for a database of a newer Tidegate.
    """
    parsed = parse_url(url)
    prepare_file(parsed)
    engine = create_engine(parsed, "migrate")
    try:
        with engine.begin() as c:
            _migrate(c, upto)
    except sa.exc.SQLAlchemyError as error:
        typed = explain(error)
        if typed is error:
            raise
        raise typed from error
    finally:
        engine.dispose()


def _migrate(c: sa.Connection, upto: str) -> None:
    if c.dialect.name == "postgresql":
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    config = Config()
    # A percent sign begins an interpolation in this kind of file.
    folder = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = c
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(c).get_current_revision()
    newest = scripts.get_current_head()
    if present is not None and present not in {each.revision for each in scripts.walk_revisions()}:
        raise ConfigurationError(
            f"The database was written by a newer Tidegate (its tables are at {present}).",
            remedy="Run that version or a newer one, or restore the backup from before it.",
        )
    if present != newest:
        command.upgrade(config, upto)
        log.info("store.migrated", before=present or "", after=newest)

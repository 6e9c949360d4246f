"""Every test here runs over SQLite and over PostgreSQL."""

import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from schemas.node import Connection, ConnectionSettings, Connector
from service.store import connections, connectors
from service.store.store import Store, open_store
from service.store.tables import metadata
from service.store.vault import Vault
from tests.support import postgres

NOW = 1_760_000_000_000

SYSTEMS = (
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    given = os.environ.get(postgres.ENVIRONMENT)
    if given:
        yield given
        return
    if not postgres.available():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres.Postgres() as started:
        yield started.url


@pytest.fixture(scope="session")
def database(server: str) -> Iterator[str]:
    """One for all tests: making one takes seconds on a busy machine."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=SYSTEMS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without rows."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.sqlite"
    found: str = request.getfixturevalue("database")
    with psycopg.connect(found) as c:
        if c.execute("SELECT to_regclass('alembic_version')").fetchone() != (None,):
            for table in reversed(metadata.sorted_tables):
                c.execute(f"DELETE FROM {table.name}")
    return found


@pytest.fixture
def empty_url(url: str) -> str:
    """A database without tables."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as c:
            c.execute("DROP SCHEMA public CASCADE")
            c.execute("CREATE SCHEMA public")
    return url


@pytest.fixture
def vault() -> Vault:
    return Vault([b"k" * 32])


@pytest.fixture
async def store(url: str, vault: Vault) -> AsyncIterator[Store]:
    async with open_store(url, vault=vault) as opened:
        yield opened


@pytest.fixture
def make_connection() -> Callable[..., Connection]:
    def make(id: str = "c1", **changes: object) -> Connection:
        values: dict[str, object] = {
            "id": id,
            "shared": f"shared-{id}",
            "name": f"name {id}",
            "type": "public",
            "mode": "basic",
            "status": "active",
            "local_side": "us",
            "remote_side": "them",
            "connector": "jira",
            "peer": "p1",
            "counterpart": "",
            "settings": ConnectionSettings(project="TIDE"),
            "created": NOW,
            "changed": NOW,
        }
        return Connection(**(values | changes))

    return make


@pytest.fixture
async def ready(store: Store, make_connection: Callable[..., Connection]) -> Store:
    """With the connector `jira` and the connections `c1` and `c2`."""

    def fill(c):
        connectors.add(c, store.vault, Connector("jira", "jira", "jira", {"token": "s3"}, NOW))
        connections.add(c, make_connection("c1"))
        connections.add(c, make_connection("c2"))

    await store.write(fill)
    return store

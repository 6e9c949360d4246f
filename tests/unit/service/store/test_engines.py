import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.errors import ConfigurationError, StoreUnavailable
from service.store.engines import parse_url
from service.store.migration import migrate
from service.store.store import open_store
from service.store.vault import Vault


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "hunter2",
        "",
        "postgresql://u:hunter2@host:port/db",
    ],
)
def test_a_wrong_url_is_refused_without_showing_it(url: str):
    with pytest.raises(ConfigurationError) as caught:
        parse_url(url)
    assert "hunter2" not in str(caught.value)
    assert "sqlite:///" in caught.value.remedy


@pytest.mark.parametrize("name", ["postgresql", "postgres", "postgresql+psycopg"])
def test_all_names_of_postgres_mean_one_driver(name: str):
    assert parse_url(f"{name}://u@host/db").drivername == "postgresql+psycopg"


async def test_an_unreachable_server_is_unavailable_and_shows_no_password():
    url = "postgresql://someone:hunter2@127.0.0.1:1/db"
    with pytest.raises(StoreUnavailable) as caught:
        async with open_store(url, vault=Vault([b"k" * 32])):
            pytest.fail("opened")
    told = f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"
    assert "hunter2" not in told
    assert "PostgreSQL runs" in caught.value.remedy


def test_the_file_is_its_owners_alone_and_safe_in_a_power_cut(engine: sa.Engine):
    path = Path(engine.url.database or "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with engine.begin() as c:
        found = [
            c.execute(sa.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_a_folder_with_a_percent_sign_and_spaces_will_do(tmp_path: Path):
    folder = tmp_path / "100% ünï"
    migrate(f"sqlite:///{folder}/s.db")
    assert (folder / "s.db").exists()


def test_a_path_that_cannot_be_a_file_is_unavailable(tmp_path: Path):
    with pytest.raises(StoreUnavailable) as caught:
        migrate(f"sqlite:///{tmp_path}")
    assert caught.value.remedy


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path):
    (tmp_path / "s.db").write_bytes(b"this is a letter " * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        migrate(f"sqlite:///{tmp_path}/s.db")


async def test_a_full_disk_fails_all_that_share_the_commit(tmp_path: Path):
    path = tmp_path / "s.db"
    async with open_store(f"sqlite:///{path}", vault=Vault([b"k" * 32])) as store:

        def limit(c: sa.Connection) -> None:
            driver = c.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            pages = driver.execute("PRAGMA page_count").fetchone()[0]
            driver.execute(f"PRAGMA max_page_count = {pages + 2}")

        def small(c: sa.Connection) -> None:
            c.execute(sa.text("INSERT INTO settings VALUES ('small', x'00')"))

        def large(c: sa.Connection) -> None:
            c.execute(sa.text("INSERT INTO settings VALUES ('large', zeroblob(9000000))"))

        await store.write(limit)
        works = (small, large)
        results = await asyncio.gather(*map(store.write, works), return_exceptions=True)
        kept = await store.read(lambda c: c.execute(sa.text("SELECT name FROM settings")).all())
        assert isinstance(results[1], StoreUnavailable)
        assert "room" in results[1].remedy
        # Whatever was reported as done is there; whatever failed is not.
        assert (results[0] is None) == (("small",) in kept)
        assert await store.check() == ""

"""A SQLite store for the tests of its parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.store.engines import create_engine, parse_url
from service.store.migration import migrate


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    migrate(url)
    made = create_engine(parse_url(url), "write")
    yield made
    made.dispose()

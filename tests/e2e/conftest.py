"""Servers for whole nodes, and folders that show their logs when a test fails."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support import broker, postgres
from tests.support.broker import Broker

NODES = ("harbor", "lagoon")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For logs and data of a stage. Short: a Unix socket's path must fit 107 bytes."""
    made = tmp_path / "s"
    made.mkdir()
    return made


@pytest.fixture(scope="session")
def private_broker() -> Iterator[Broker]:
    """Always our own: only the owner of a broker may make virtual hosts."""
    if broker.scripts() is None:
        pytest.skip("RabbitMQ is not installed: apt-get install rabbitmq-server")
    with Broker() as made:
        yield made


@pytest.fixture
def buses(private_broker: Broker, tmp_path: Path) -> tuple[str, str]:
    """A virtual host for each node, as two nodes that share a broker have."""
    names = [f"{node}-{uuid.uuid4().hex[:8]}" for node in NODES]
    everything = {"user": "guest", "configure": ".*", "write": ".*", "read": ".*"}
    wanted = {
        "vhosts": [{"name": name} for name in names],
        "permissions": [everything | {"vhost": name} for name in names],
    }
    # All in one: each call of the broker's tool takes seconds.
    definitions = tmp_path / "definitions.json"
    definitions.write_text(json.dumps(wanted))
    private_broker.ctl("import_definitions", str(definitions))
    return private_broker.url + names[0], private_broker.url + names[1]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    given = os.environ.get(postgres.ENVIRONMENT)
    if given:
        yield given
        return
    if not postgres.available():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres.Postgres() as started:
        yield started.url


@pytest.fixture
def stores(postgres_server: str) -> Iterator[tuple[str, str]]:
    """A fresh database for each node."""
    names = [f"{node}_{uuid.uuid4().hex[:8]}" for node in NODES]
    urls = [make_url(postgres_server).set(database=name) for name in names]
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield tuple(url.render_as_string(hide_password=False) for url in urls)
        for name in names:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

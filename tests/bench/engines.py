"""The two ways to run: the embedded default, and RabbitMQ with PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from tests.support.broker import Broker
from tests.support.postgres import Postgres


class Engine(msgspec.Struct, frozen=True):
    name: str
    arguments: tuple[str, ...] = ()
    """Of the quickstart; the private node's come first."""
    broker_url: str = ""


EMBEDDED = "embedded"
SERVERS = "rabbitmq+postgresql"
NODES = ("harbor", "lagoon")


@contextmanager
def started(name: str) -> Iterator[Engine]:
    if name == EMBEDDED:
        yield Engine(name)
        return
    with ExitStack() as servers:
        postgres = servers.enter_context(Postgres())
        broker = servers.enter_context(Broker())
        stores = [servers.enter_context(postgres.database(node)) for node in NODES]
        for node in NODES:
            broker.ctl("add_vhost", node)
            broker.ctl("set_permissions", "-p", node, "guest", ".*", ".*", ".*")
        arguments = [f"--bus={broker.url}{node}" for node in NODES]
        arguments += [f"--store={store}" for store in stores]
        yield Engine(name, tuple(arguments), broker.url)

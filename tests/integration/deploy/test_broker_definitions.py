"""RabbitMQ takes the definitions, and the bus finds in them what it would declare itself."""

import json
import random

import pytest

from service.bus import open_bus
from tests.support import broker as brokers
from tests.support.broker import Broker

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.slow,
    pytest.mark.skipif(
        brokers.scripts() is None,
        reason="RabbitMQ is not installed: apt-get install rabbitmq-server",
    ),
]


@pytest.fixture(scope="module")
def broker():
    """A private one: these definitions take the plain names."""
    with Broker() as made:
        yield made


async def test_the_bus_works_on_imported_definitions(broker, deploy, tmp_path):
    file = deploy / "rabbitmq" / "definitions.json"
    broker.ctl("import_definitions", str(file))
    broker.ctl("set_permissions", "-p", "tidegate", "guest", ".*", ".*", ".*")
    before = broker.ctl("list_queues", "-p", "tidegate", "name", "arguments")
    async with open_bus(
        f"{broker.url}tidegate",
        now=lambda: 1_700_000_000_000,
        random=random.Random(1).random,
        data_dir=tmp_path,
    ) as bus:
        assert not await bus.check()
    # Nothing was added: the definitions are whole.
    assert broker.ctl("list_queues", "-p", "tidegate", "name", "arguments") == before
    exchanges = broker.ctl("list_exchanges", "-p", "tidegate", "name").splitlines()
    wanted = {each["name"] for each in json.loads(file.read_text())["exchanges"]}
    assert {name for name in exchanges if name.startswith("tidegate")} == wanted

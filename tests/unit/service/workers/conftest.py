from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.offer import Adapter
from service.store.store import Store, open_store
from service.store.vault import Vault
from tests.simulation.model_tracker import CAPABILITIES, ModelTracker
from tests.unit.service.workers.workshop import Workshop


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/store.sqlite", vault=Vault([b"k" * 32])) as opened:
        yield opened


@pytest.fixture
async def shop(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    """With the connectors `a` and `b`."""
    workshop = Workshop(store)
    model = Adapter(CAPABILITIES, workshop.open_tracker)
    monkeypatch.setattr("service.workers.systems.system", lambda name: model)
    for name in "ab":
        await workshop.add_connector(name)
    yield workshop
    await workshop.roster.close()


@pytest.fixture
async def local(shop: Workshop) -> Workshop:
    """With a local connection between them."""
    await shop.add_local()
    await shop.roster.reload()
    return shop


@pytest.fixture
async def private(shop: Workshop) -> Workshop:
    """With a connection `c` of connector `a` to another node."""
    await shop.add_peer()
    await shop.add_connection("c", "a")
    await shop.roster.reload()
    return shop


@pytest.fixture
def issue_of() -> Callable[..., str]:
    def make(tracker: ModelTracker, **fields: Any) -> str:
        return tracker.person_creates({"summary": "s", "status": "todo", "labels": (), **fields})

    return make

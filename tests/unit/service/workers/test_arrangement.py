"""Which tasks a node runs for its peers."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from adapters.offer import Adapter
from schemas.node import Peer
from service.store import peers
from service.workers.arrangement import Arrangement
from tests.simulation.model_tracker import CAPABILITIES
from tests.unit.service.workers.company import OPENERS, Company, company, connect
from tests.unit.service.workers.workshop import NOW


class Watched:
    """Runs nothing, and tells what would run."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.started: list[str] = []

    def start(self, name: str, factory: Callable[[], object]) -> None:
        self.running.append(name)
        self.started.append(name)

    async def end(self, name: str) -> None:
        self.running.remove(name)


@pytest.fixture
async def globex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Company]:
    """A private node that has two connections with one public node."""
    monkeypatch.setattr(
        "service.workers.systems.system", lambda name: Adapter(CAPABILITIES, OPENERS[name])
    )
    for name in ("acme", "globex"):
        (tmp_path / name).mkdir()
    async with (
        company(tmp_path / "acme", "acme", "https://acme.example", {}, NOW) as acme,
        company(tmp_path / "globex", "globex", "", {}, NOW) as made,
    ):
        await connect(acme, made)
        await made.shop.add_connection("c2", "k", peer=made.only_peer.id, shared="shared-2")
        await made.shop.roster.reload()
        yield made


def arranged(globex: Company, watched: Watched) -> Arrangement:
    async def nothing() -> None:
        return None

    def scan(name: str) -> Callable[[], object]:
        return nothing

    def reach(peer: Peer) -> Callable[[], object]:
        return nothing

    return Arrangement(watched, globex.shop.roster, scan=scan, watch=scan, reach=reach)


async def test_two_connections_with_one_node_share_one_poll(globex: Company) -> None:
    watched = Watched()
    arrangement = arranged(globex, watched)
    await arrangement.arrange()
    assert len(globex.shop.roster.connections) == 2
    assert [name.split()[0] for name in watched.running] == ["scan", "peer"]
    await arrangement.arrange()
    assert len(watched.started) == 2


async def test_renewed_keys_are_tried_at_once_and_a_revoked_peer_is_left(globex: Company) -> None:
    watched = Watched()
    arrangement = arranged(globex, watched)

    async def change(**values: object) -> None:
        def work(c) -> None:
            peers.change(
                c, globex.only_peer.id, lambda peer: msgspec.structs.replace(peer, **values)
            )

        await globex.shop.store.write(work)
        await globex.shop.roster.reload()
        await arrangement.arrange()

    await arrangement.arrange()
    await change(serial=NOW)
    assert len(watched.started) == 2
    await change(renewed=NOW)
    assert len(watched.started) == 3
    await change(revoked=True)
    assert [name.split()[0] for name in watched.running] == ["scan"]


async def test_webhooks_are_watched_where_the_tracker_can_tell_of_them(globex: Company) -> None:
    watched = Watched()
    await arranged(globex, watched).arrange()
    assert "watch k" not in watched.running

    async def watch(projects: tuple[str, ...]) -> tuple[str, ...]:
        return ()

    globex.shop.roster.connector_named("k").tracker.watch = watch
    await arranged(globex, watched).arrange()
    assert "watch k" in watched.running

"""One life of the node that connects pairs: begins the task, or goes on with the one that it finds.

Lines of `progress` on standard output tell how far it is; the last one, of `asked`, how often the
tracker was.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, cast

from adapters.offer import Adapter
from schemas.bulk import TaskQuery, TaskStart
from schemas.issue import IssueRef
from schemas.node import Standing
from schemas.pairs_api import PairClaim
from service.store import connections
from service.store.store import Store, open_store
from service.store.tasks import TaskRow
from service.store.vault import Vault
from service.workers import systems
from tests.simulation.model_tracker import CAPABILITIES, Clock, ModelTracker
from tests.unit.service.workers.operations.conftest import Office, Wire
from tests.unit.service.workers.workshop import Workshop

VAULT = Vault([b"k" * 32])
NAME = "acme-globex"


class Asked(ModelTracker):
    """Has as many issues as anybody asks for."""

    def __init__(self) -> None:
        super().__init__("k", Clock(), lambda field, value: value, markers=True)
        self.count = 0

    async def resolve(self, key_or_id: str) -> IssueRef:
        self.count += 1
        await asyncio.sleep(0)
        return IssueRef(key_or_id, f"WEB-{key_or_id}", "")


class Shop(Workshop):
    """By the wall clock, so that progress is told as it is in a node."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


def remote_of(number: int) -> str:
    return str(1_000_000 + number)


async def live(folder: Path, pairs: int) -> None:
    tracker = Asked()
    adapter = Adapter(CAPABILITIES, lambda *_: tracker)
    systems.system = lambda name: adapter
    async with open_store(f"sqlite:///{folder}/node.sqlite", vault=VAULT) as store:
        shop = Shop(store)
        await _found(shop, store)
        await shop.roster.reload()
        office = Office(shop, Wire(), cast(Any, None), b"p", "https://public.example")
        ended = asyncio.Event()

        def tell(row: TaskRow) -> None:
            print("progress", row.progress.done, flush=True)
            if row.status not in ("waiting", "running"):
                ended.set()

        office.bulk._tell = tell
        await office.bulk.recover()
        known = (await office.operations.tasks(TaskQuery(), None)).results
        if known:
            await office.operations.resume_task(known[0].id)
        else:
            claims = tuple(PairClaim(str(n), remote_of(n)) for n in range(1, pairs + 1))
            body = TaskStart("pair", NAME, pairs=claims)
            await office.operations.start_task(body, "campaign")
        await ended.wait()
        await office.bulk.close()
        print("asked", tracker.count, flush=True)
        await shop.roster.close()


async def _found(shop: Shop, store: Store) -> None:
    if await store.read(connections.all):
        return
    await shop.add_connector("k")
    await shop.add_peer()
    await shop.add_connection("c", "k", name=NAME, standing=Standing(inviter=True))


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))

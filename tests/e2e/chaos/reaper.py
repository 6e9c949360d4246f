"""Kills nodes at random moments, and restarts the broker in between."""

import asyncio
import time
from random import Random

from tests.e2e.chaos.plan import Plan
from tests.e2e.chaos.stage import Stage
from tests.e2e.chaos.trackers import SIDES, Side


class Reaper:
    def __init__(self, plan: Plan, stage: Stage) -> None:
        self._plan = plan
        self._stage = stage
        self.kills: dict[Side, int] = dict.fromkeys(SIDES, 0)
        self.broker_restarts = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._kill_nodes())
            if self._stage.broker is not None:
                tasks.create_task(self._restart_broker())

    async def _kill_nodes(self) -> None:
        """A node that is still starting may be killed again: that too must heal."""
        random = Random(f"{self._plan.seed}-reaper")
        moments = sorted(random.uniform(1, self._plan.seconds) for _ in range(self._plan.kills))
        began = time.monotonic()
        for moment in moments:
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            side: Side = random.choice(SIDES)
            node = self._stage.nodes[side]
            await node.kill()
            self.kills[side] += 1
            await node.start()

    async def _restart_broker(self) -> None:
        broker, rounds = self._stage.broker, self._plan.broker_restarts
        for _ in range(rounds):
            await asyncio.sleep(self._plan.seconds / (rounds + 1))
            if broker is not None:
                await asyncio.to_thread(broker.restart)
                self.broker_restarts += 1

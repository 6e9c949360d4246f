"""Sends mutated messages to a running node, many at a time, and keeps what must not happen."""

import asyncio
import time
from collections import Counter

import msgspec

from tests.e2e.attacker import Attacker, own_id
from tests.e2e.companies import eventually
from tests.e2e.mutations.mutations import mutated
from tests.e2e.traces import ROSTER_VERSION, digests

AT_A_TIME = 16
SEED = 20_260_307
MAY_CHANGE = {"invitations": ("tries",), "identity": ("keys", "serial")}
"""A used code can be locked by wrong tries: that is the node's answer to them. And who says to have
a newer card of the node makes it number its own anew, once a minute."""
CARD_RENEWED = "node.card_renewed"


class Outcome(msgspec.Struct, frozen=True):
    seconds: float
    told: dict[str, int]
    """By kind and status."""
    wrong: list[str]
    """Answers that no mutated message may get."""
    changed: list[str]
    """Tables with other rows than before, apart from what is of the attacker itself."""

    @property
    def count(self) -> int:
        return sum(self.told.values())


async def run(attacker: Attacker, count: int, *, seed: int = SEED) -> Outcome:
    own = (own_id(attacker, attacker.own), attacker.own.identity.id, ROSTER_VERSION, CARD_RENEWED)
    before = digests(attacker.data, MAY_CHANGE, apart_from=own)
    queue = mutated(attacker, count, seed)
    told: Counter[str] = Counter()
    wrong: list[str] = []
    began = time.monotonic()

    async def work() -> None:
        for kind, sent in queue:
            status, _, body = await attacker.send(sent)
            told[f"{kind} {status}"] += 1
            if status not in sent.expected:
                wrong.append(f"{status} for {kind} {sent.body[:300]!r}: {body[:200]!r}")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_A_TIME):
            tasks.create_task(work())
    seconds = time.monotonic() - began
    attacker.door.processes.check()
    await eventually(lambda: _alive(attacker), "the node answers")
    after = digests(attacker.data, MAY_CHANGE, apart_from=own)
    changed = [name for name in after if after[name] != before[name]]
    return Outcome(seconds, dict(sorted(told.items())), wrong, changed)


async def _alive(attacker: Attacker) -> bool:
    return (await attacker.door.admin.ask("GET", "/readyz")) is not None


def findings(attacker: Attacker, outcome: Outcome) -> list[str]:
    """What must not be; empty when all is well."""
    log = attacker.door.log()
    crashes = [line for line in log.split("\n") if '"web.incident"' in line or "Traceback" in line]
    return [
        *outcome.wrong[:20],
        *(f"{table} has changed" for table in outcome.changed),
        *crashes[:20],
    ]

"""The campaign in short: the suite's own proof that a killed node loses and doubles nothing."""

from pathlib import Path

import pytest

from service.workers.worker import LEASE
from tests.e2e.chaos.campaign import run
from tests.e2e.chaos.plan import Plan

pytestmark = pytest.mark.slow


async def test_nothing_is_lost_or_doubled_when_nodes_are_killed(tmp_path: Path):
    plan = Plan(
        seed=7, kills=8, edits=60, issues=8, seconds=15, latency=0.05, embedded=True, quiet=12
    )
    result = await run(plan, tmp_path, print)

    told = "\n".join(f"{one.kind}: {one.issue} {one.what}" for one in result.broken)
    assert result.figures.sound, f"{result.figures}\n{told}\n{result.explanation}"
    assert result.figures.kills == plan.kills
    # Nobody waited for the leases of the dead.
    assert result.figures.rest_seconds * 1000 < LEASE / 2

"""A conflict between two nodes: one decision on both, and the loser back with one command."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from service.quickstart.admin import Admin
from service.quickstart.stage import Stage
from tests.e2e.companies import CONNECTION, companies, eventually, people
from tests.e2e.people import Alice, Bob

PATH = f"/api/v2/connections/{CONNECTION}"


@pytest_asyncio.fixture
async def acted(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Stage, Alice, Bob]]:
    async with companies(tmp_path_factory.mktemp("c")) as stage, people(stage) as (alice, bob):
        yield stage, alice, bob


async def test_both_nodes_record_one_decision_and_either_restores_the_loser(
    acted: tuple[Stage, Alice, Bob],
) -> None:
    stage, alice, bob = acted
    key = await alice.create("Before", "")
    item = await eventually(lambda: _item(bob, "Before"), "the issue arrives", stage=stage)
    await stage.harbor_admin.ask("POST", f"{PATH}/pause", {})
    await alice.rename(key, "From Alice")
    await bob.rename(item, "From Bob")
    await stage.harbor_admin.ask("POST", f"{PATH}/resume", {})
    admins = (stage.harbor_admin, stage.lagoon_admin)
    here, there = [
        await eventually(lambda admin=admin: _conflict(admin), "the conflict is told", stage=stage)
        for admin in admins
    ]
    assert (here["field"], here["side"], here["decided_by"]) == ("summary", there["side"], "newest")
    assert there["decided_by"] == "newest"
    kept = here["kept"]
    assert {kept, there["kept"]} == {kept}
    await eventually(lambda: _both_say(alice, bob, key, item, kept), "both agree", stage=stage)
    lost = {"From Alice", "From Bob"} - {kept}
    keeper, record = next(
        (admin, each)
        for admin, each in zip(admins, (here, there), strict=True)
        if each["lost"] in lost
    )
    await keeper.ask("POST", f"/api/v2/conflicts/{CONNECTION}/{record['id']}/restore", {})
    restored = record["lost"]
    await eventually(
        lambda: _both_say(alice, bob, key, item, restored), "the loser is back", stage=stage
    )


async def _item(bob: Bob, title: str) -> str | None:
    for item in await bob.keys():
        if (await bob.look(item)).summary == title:
            return item
    return None


async def _conflict(admin: Admin) -> Any:
    found = (await admin.ask("GET", "/api/v2/conflicts"))["results"]
    return found[0] if found else None


async def _both_say(alice: Alice, bob: Bob, key: str, item: str, words: str) -> bool:
    said = (await alice.look(key)).summary, (await bob.look(item)).summary
    return said == (words, words)

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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def acted(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Stage, Alice, Bob]]:
    async with companies(tmp_path_factory.mktemp("c")) as stage, people(stage) as (alice, bob):
        yield stage, alice, bob


@pytest.mark.asyncio(loop_scope="module")
async def test_both_nodes_record_one_decision_and_either_restores_the_loser(
    acted: tuple[Stage, Alice, Bob],
) -> None:
    stage, alice, bob = acted
    key = await alice.create("Before", "")
    item = await eventually(lambda: _item(bob, "Before"), "the issue arrives", stage=stage)
    await _both_edit(stage, alice, bob, key, item)
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


@pytest.mark.asyncio(loop_scope="module")
async def test_both_agree_to_ask_and_one_decision_frees_both(
    acted: tuple[Stage, Alice, Bob],
) -> None:
    stage, alice, bob = acted
    here, there = stage.harbor_admin, stage.lagoon_admin
    wish = {"conflict_policy": "park", "paragraphs": ["description"]}
    answer = await here.ask("POST", f"{PATH}/agreement", wish)
    assert answer["settings"].get("conflict_policy") is None
    assert answer["wish_here"] == wish
    heard = await eventually(lambda: _field(there, "wish_there"), "the wish is told", stage=stage)
    assert heard == wish
    for admin in (here, there):
        finding = await eventually(lambda admin=admin: _unmet(admin), "health tells it")
        assert finding["status"] == "warn"
    accepted = await there.ask("POST", f"{PATH}/agreement", wish)
    assert (accepted["settings"]["conflict_policy"], accepted["wish_there"]) == ("park", None)
    await eventually(lambda: _asks(here), "both agree", stage=stage)
    key = await alice.create("Asked", "")
    item = await eventually(lambda: _item(bob, "Asked"), "the issue arrives", stage=stage)
    await _both_edit(stage, alice, bob, key, item)
    waits = [
        await eventually(lambda admin=admin: _waits(admin), "it waits") for admin in (here, there)
    ]
    values = [{each["choices"][0]["here"], each["choices"][0]["there"]} for each in waits]
    assert values == [{"From Alice", "From Bob"}] * 2
    path = f"/api/v2/errors/{CONNECTION}/{waits[1]['twin']}/retry"
    await there.ask("POST", path, {"keep": "remote"})
    kept = waits[1]["choices"][0]["there"]
    await eventually(lambda: _both_say(alice, bob, key, item, kept), "both agree", stage=stage)
    for admin in (here, there):
        await eventually(lambda admin=admin: _nothing_waits(admin), "nothing waits")


async def _both_edit(stage: Stage, alice: Alice, bob: Bob, key: str, item: str) -> None:
    """Before either hears of the other."""
    await stage.harbor_admin.ask("POST", f"{PATH}/pause", {})
    await alice.rename(key, "From Alice")
    await bob.rename(item, "From Bob")
    await stage.harbor_admin.ask("POST", f"{PATH}/resume", {})


async def _field(admin: Admin, name: str) -> Any:
    return (await admin.ask("GET", PATH))[name]


async def _unmet(admin: Admin) -> Any:
    """Health is looked at afresh every two seconds."""
    found = (await admin.ask("GET", "/health"))["checks"].get(f"agreement:{CONNECTION}")
    return found[0] if found else None


async def _asks(admin: Admin) -> bool:
    return bool((await _field(admin, "settings")).get("conflict_policy") == "park")


async def _waits(admin: Admin) -> Any:
    found = (await admin.ask("GET", "/api/v2/errors"))["results"]
    return found[0] if found else None


async def _nothing_waits(admin: Admin) -> bool:
    return await _waits(admin) is None


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

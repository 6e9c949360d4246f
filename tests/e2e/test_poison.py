"""One issue whose rule fails is parked and tells why; its neighbours notice nothing."""

import statistics
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from service.quickstart.admin import Admin
from service.quickstart.stage import Stage
from tests.e2e.companies import CONNECTION, RULES, companies, eventually, people
from tests.e2e.people import Alice, Bob

NEIGHBOURS = 20
WORST_RATIO = 3.0

RAISES = "    raise ValueError('the rule cannot cope')\n"
NEVER_ENDS = "    while True:\n        pass\n"
THREE = """\
    if issue.summary.startswith('Poison of three'):
        raise ValueError('the rule cannot cope')
    if issue.summary == 'Unmapped':
        must_map('status', {}, issue.status)
    for comment in issue.comments:
        if text(comment.body).startswith('Poison'):
            raise ValueError('the comment cannot be had')
"""


class Neighbourhood(msgspec.Struct, frozen=True):
    stage: Stage
    alice: Alice
    bob: Bob
    pairs: list[tuple[str, str]]
    """Issues that nothing is wrong with: the key and the item of each."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def around(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Neighbourhood]:
    async with companies(tmp_path_factory.mktemp("p")) as stage, people(stage) as (alice, bob):
        yield Neighbourhood(stage, alice, bob, await _neighbours(stage, alice, bob))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("direction", "poison"),
    [
        pytest.param("outgoing", RAISES, id="the outgoing rule raises"),
        pytest.param("incoming", RAISES, id="the incoming rule raises"),
        pytest.param("outgoing", NEVER_ENDS, id="the outgoing rule never ends"),
    ],
)
async def test_a_poisoned_issue_stops_nobody_else(
    around: Neighbourhood, direction: str, poison: str, request: pytest.FixtureRequest
) -> None:
    stage, alice, bob = around.stage, around.alice, around.bob
    owner = stage.harbor_admin if direction == "outgoing" else stage.lagoon_admin
    good = await owner.ask("GET", RULES)
    line = await _spoil(owner, good, direction, poison)
    title = f"Poison, {request.node.callspec.id}"
    before = await _latencies(around, f"calm before {title}")
    poisoned = await alice.create(title, "Harmless to look at")
    error = await eventually(lambda: _only_error(owner), "the poisoned issue is parked")
    assert (error["file"], error["line"], error["fault"]) == (f"{direction}.py", line, "rule")
    assert error["remedy"]
    after = await _latencies(around, f"beside {title}", poisoned)
    assert len(await _errors(owner)) == 1
    assert title not in await _titles(bob)
    alone, beside = statistics.median(before), statistics.median(after)
    ratio = beside / alone
    print(f"median {alone:.3f} s alone, {beside:.3f} s beside the poison: x{ratio:.2f}")
    assert ratio < WORST_RATIO
    await alice.rename(poisoned, f"{title}, again")
    await _correct_and_retry(owner, good, error)
    await eventually(lambda: _has_title(bob, f"{title}, again"), "the freed issue arrives")
    assert await _errors(owner) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_bad_rule_an_unmapped_value_and_a_poisoned_comment_hold_up_their_twins_alone(
    around: Neighbourhood,
) -> None:
    alice, owner = around.alice, around.stage.harbor_admin
    before = await _latencies(around, "calm before three")
    commented = await alice.create("Commented", "Harmless to look at")
    await eventually(lambda: _has_title(around.bob, "Commented"), "the issue arrives")
    good = await owner.ask("GET", RULES)
    lines = good["outgoing"].splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("    return "))
    await _put(owner, good, {"outgoing": "".join((*lines[:at], THREE, *lines[at:]))})
    await alice.create("Poison of three", "")
    await alice.create("Unmapped", "")
    await alice.comment(commented, "Poison in a comment")

    async def all_wait() -> list[Any] | None:
        found = await _errors(owner)
        return found if len(found) == 3 else None

    errors = await eventually(all_wait, "three twins wait")
    after = await _latencies(around, "beside three", commented)
    assert sorted(each["fault"] for each in errors) == ["mapping", "rule", "rule"]
    (unmapped,) = [each for each in errors if each["fault"] == "mapping"]
    assert unmapped["field"] == "status"
    assert sorted(each["message"] for each in errors if each["fault"] == "rule") == [
        "ValueError: the comment cannot be had",
        "ValueError: the rule cannot cope",
    ]
    assert len(await _errors(owner)) == 3
    alone, beside = statistics.median(before), statistics.median(after)
    print(f"median {alone:.3f} s alone, {beside:.3f} s beside three: x{beside / alone:.2f}")
    assert beside / alone < WORST_RATIO
    await _put(owner, good, {})
    assert await owner.ask("POST", "/api/v2/errors/retry", {}) == {"count": 3}
    await eventually(lambda: _has_title(around.bob, "Unmapped"), "what waited arrives")
    await eventually(lambda: _nobody_waits(owner), "nobody waits")


async def _nobody_waits(owner: Admin) -> bool:
    return not await _errors(owner)


async def _spoil(owner: Admin, good: Any, direction: str, poison: str) -> int:
    """Puts the poison before the rule's `return`; answers the line that will be told."""
    lines = good[direction].splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("    return "))
    given = "issue" if direction == "outgoing" else "replica"
    body = "".join("    " + line for line in poison.splitlines(keepends=True))
    lines.insert(at, f"    if {given}.summary.startswith('Poison'):\n{body}")
    await _put(owner, good, {direction: "".join(lines)})
    # Where it raises, or where the time ran out: the function as a whole.
    defined = next(i for i, line in enumerate(lines) if line.startswith(f"def {direction}("))
    return at + 2 if poison == RAISES else defined + 1


async def _put(owner: Admin, good: Any, changed: dict[str, str]) -> None:
    rules = {"outgoing": good["outgoing"], "incoming": good["incoming"]} | changed
    saved = await owner.ask("PUT", RULES, rules)
    assert saved["version"] is not None, saved


async def _correct_and_retry(owner: Admin, good: Any, error: Any) -> None:
    await _put(owner, good, {})
    path = f"/api/v2/errors/{CONNECTION}/{error['twin']}/retry"
    assert await owner.ask("POST", path, {}) == {"count": 1}


async def _neighbours(stage: Stage, alice: Alice, bob: Bob) -> list[tuple[str, str]]:
    keys = {f"Neighbour {n}": await alice.create(f"Neighbour {n}", "") for n in range(NEIGHBOURS)}

    async def arrived() -> dict[str, str] | None:
        found = await _titles(bob)
        return found if len(found) == NEIGHBOURS else None

    items = await eventually(arrived, "all neighbours appear", stage=stage)
    return [(key, items[title]) for title, key in keys.items()]


async def _latencies(around: Neighbourhood, word: str, poisoned: str = "") -> list[float]:
    """Seconds until an edit is seen; each neighbour once, so that none rests from another edit."""
    found = []
    for number, (key, item) in enumerate(around.pairs):
        if poisoned:
            await around.alice.rename(poisoned, f"Poison, edit {number}")
        title = f"{word} {number}"
        await around.alice.rename(key, title)
        began = time.monotonic()

        async def seen(item: str = item, title: str = title) -> bool:
            return (await around.bob.look(item)).summary == title

        await eventually(seen, title, stage=around.stage, pause=0.005)
        found.append(time.monotonic() - began)
    return found


async def _errors(owner: Admin) -> list[Any]:
    found: list[Any] = (await owner.ask("GET", "/api/v2/errors"))["results"]
    return found


async def _only_error(owner: Admin) -> Any:
    found = await _errors(owner)
    assert len(found) <= 1, found
    return found[0] if found else None


async def _titles(bob: Bob) -> dict[str, str]:
    return {(await bob.look(item)).summary: item for item in await bob.keys()}


async def _has_title(bob: Bob, title: str) -> bool:
    return title in await _titles(bob)

"""Whatever write is cut off at the receiver's, there is one of everything in the end.

Of each receiver's writes the suite takes those whose number fits; `./tests/pairs/run --accidents`
takes them all, in both ways.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.codec import MarkdownCodec
from service.rules.monty_engine import open_engine
from service.rules.port import RuleEngine
from tests.contract.trackers.harness import Write
from tests.pairs.accidents import Accident, count_writes, with_accident, with_late_error, writes_of
from tests.pairs.systems import SITES

EVERY = 3
_ACCIDENTS: tuple[Accident, ...] = ("cut", "killed")


@pytest.fixture
async def engine() -> AsyncIterator[RuleEngine]:
    async with open_engine(MarkdownCodec()) as opened:
        yield opened


@pytest.mark.parametrize("receiver", SITES)
async def test_no_accident_doubles_or_loses_anything(
    receiver: str, tmp_path: Path, engine: RuleEngine
) -> None:
    writes, calm = await count_writes(receiver, tmp_path, engine)
    assert set(calm.issues.values()) == set(calm.comments.values()) == {1}
    assert calm.sent_back == 0
    first = 1 + list(SITES).index(receiver) % EVERY
    for number in range(first, writes + 1, EVERY):
        accident = _ACCIDENTS[number // EVERY % 2]
        found = await with_accident(receiver, number, accident, tmp_path, engine)
        assert found == calm, (accident, number)


@pytest.mark.parametrize("write", ["issue", "comment", "attachment", "worklog"])
@pytest.mark.parametrize("receiver", ["alm", "azure-devops", "redmine"])
async def test_an_error_after_the_commit_doubles_nothing(
    receiver: str, write: Write, tmp_path: Path, engine: RuleEngine
) -> None:
    if write not in writes_of(receiver):
        pytest.skip("there is no such write")
    _, calm = await count_writes(receiver, tmp_path, engine)
    assert await with_late_error(receiver, write, tmp_path, engine) == calm


async def test_time_told_in_words_is_known_again(tmp_path: Path, engine: RuleEngine) -> None:
    """Azure DevOps keeps neither records of time nor our markers on comments."""
    _, calm = await count_writes("azure-devops", tmp_path, engine)
    assert calm.comments["Looked"] == 1
    for number in (4, 5, 6):
        found = await with_accident("azure-devops", number, "cut", tmp_path, engine)
        assert found.comments == calm.comments, number

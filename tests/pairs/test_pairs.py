"""Between every two systems an issue with everything arrives, both ways, or it is told what does
not; nothing comes back changed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.codec import MarkdownCodec
from service.rules.monty_engine import open_engine
from service.rules.port import RuleEngine
from tests.pairs.systems import PAIRS
from tests.pairs.tour import both_ways

ALWAYS = ("summary", "description", "type", "comment", "comment edited", "comment deleted")


@pytest.fixture
async def engine() -> AsyncIterator[RuleEngine]:
    async with open_engine(MarkdownCodec()) as opened:
        yield opened


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
async def test_nothing_is_lost_in_silence(
    one: str, other: str, tmp_path: Path, engine: RuleEngine
) -> None:
    for trip in await both_ways(one, other, tmp_path, engine):
        assert trip.broken == [], (trip.sender, trip.receiver)
        levels = {name: trip.findings[name].level for name in ALWAYS}
        assert levels == dict.fromkeys(ALWAYS, "whole"), (trip.sender, trip.receiver)

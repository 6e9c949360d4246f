"""All pairs, one after the other, each in both directions."""

import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from service.codec import MarkdownCodec
from service.rules.monty_engine import open_engine
from service.rules.port import RuleEngine
from tests.pairs import stage
from tests.pairs.judge import Finding, Judge
from tests.pairs.story import Story


class Trip(msgspec.Struct, frozen=True):
    """What one company's issue went through on its way to the other, and back."""

    sender: str
    receiver: str
    findings: dict[str, Finding]
    sent_back: tuple[str, ...]
    """Fields that the way back had changed though nobody had touched them: a failure."""
    lost_answers: tuple[str, ...]
    cpu_seconds: float

    @property
    def broken(self) -> list[str]:
        """What the product had not told."""
        silent = [f"{name}: {f.level}" for name, f in self.findings.items() if f.unreported]
        changed = [f"{name}: changed at home by itself" for name in self.sent_back]
        return silent + changed + [f"answer lost: {each}" for each in self.lost_answers]


async def trips(pairs: Iterable[tuple[str, str]]) -> AsyncIterator[Trip]:
    with TemporaryDirectory(prefix="tidegate-pairs-") as folder:
        async with open_engine(MarkdownCodec()) as engine:
            for one, other in pairs:
                for trip in await both_ways(one, other, Path(folder), engine):
                    yield trip


async def both_ways(one: str, other: str, folder: Path, engine: RuleEngine) -> list[Trip]:
    async with stage.opened(one, other, folder, engine) as opened:
        return [await _trip(opened, sender) for sender in (one, other)]


async def _trip(opened: stage.Stage, sender: str) -> Trip:
    began = time.process_time()
    told = await Story(opened, sender).tell()
    judge = Judge(opened, told)
    lost = tuple(judge.lost_answers())
    seconds = round(time.process_time() - began, 2)
    return Trip(sender, told.away, judge.findings(), told.sent_back, lost, seconds)

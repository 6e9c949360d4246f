"""Every accident at every write of every receiver, counted."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from service.codec import MarkdownCodec
from service.rules.monty_engine import open_engine
from service.rules.port import RuleEngine
from tests.pairs import accidents
from tests.pairs.accidents import Accident, Count

_ACCIDENTS: tuple[Accident, ...] = ("cut", "killed")


class Survived(msgspec.Struct, frozen=True):
    receiver: str
    writes: int
    """HTTP requests that write, in the story without an accident."""
    accidents: int
    wrong: tuple[str, ...]
    """What stood there otherwise than without an accident."""


async def campaign(receivers: Iterable[str]) -> AsyncIterator[Survived]:
    with TemporaryDirectory(prefix="tidegate-accidents-") as folder:
        async with open_engine(MarkdownCodec()) as engine:
            for receiver in receivers:
                yield await _of(receiver, Path(folder) / receiver, engine)


async def _of(receiver: str, folder: Path, engine: RuleEngine) -> Survived:
    writes, calm = await accidents.count_writes(receiver, folder, engine)
    found: dict[str, Count] = {}
    for number in range(1, writes + 1):
        for accident in _ACCIDENTS:
            name = f"{accident} at write {number}"
            found[name] = await accidents.with_accident(receiver, number, accident, folder, engine)
    for write in accidents.writes_of(receiver):
        name = f"500 after the commit of the {write}"
        found[name] = await accidents.with_late_error(receiver, write, folder, engine)
    wrong = tuple(f"{name}: {count}" for name, count in found.items() if count != calm)
    return Survived(receiver, writes, len(found), wrong)

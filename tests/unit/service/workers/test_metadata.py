"""What projects know is asked once in a while, by many at once too."""

import asyncio

import pytest

from schemas.errors import Fault, TrackerError
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from service.workers.metadata import LASTS, ProjectMetadata, fields_of
from service.workers.remembered import Remembered
from tests.unit.service.workers.workshop import Workshop

BUG = TypeInfo(Choice("Bug", "1"), (FieldInfo("Severity", "Severity", "option"),))
TASK = TypeInfo(Choice("Task", "2"), (FieldInfo("Effort", "Effort", "number"),))


class Catalogue:
    def __init__(self, shop: Workshop) -> None:
        self.asked: list[str] = []
        self.fault: Fault | None = None
        tracker = shop.trackers["a"]
        tracker.projects, tracker.metadata = self.projects, self.metadata
        self.opened = shop.roster.connector_named("a")

    async def projects(self) -> tuple[Choice, ...]:
        self.asked.append("projects")
        return (Choice("P", "P"),)

    async def metadata(self, project: str) -> Metadata:
        self.asked.append(project)
        await asyncio.sleep(0)
        if self.fault is not None:
            raise TrackerError(self.fault, "no")
        return Metadata(project, (BUG, TASK))


@pytest.fixture
def catalogue(local: Workshop) -> Catalogue:
    return Catalogue(local)


async def test_many_who_ask_at_once_are_one_question(catalogue, local) -> None:
    known = ProjectMetadata(now=local.now)
    found = await asyncio.gather(*(known.metadata(catalogue.opened, "P") for _ in range(5)))
    assert [each.types for each in found] == [(BUG, TASK)] * 5
    await known.metadata(catalogue.opened, "P")
    assert catalogue.asked == ["P"]
    local.at += LASTS
    await known.metadata(catalogue.opened, "P")
    assert catalogue.asked == ["P", "P"]


async def test_a_person_may_have_it_asked_anew(catalogue, local) -> None:
    known = ProjectMetadata(now=local.now)
    for _ in range(2):
        await known.projects(catalogue.opened)
        await known.fields(catalogue.opened, "P", "Bug")
    known.forget("b")
    await known.projects(catalogue.opened)
    assert catalogue.asked == ["projects", "P"]
    known.forget("a")
    await known.projects(catalogue.opened)
    await known.fields(catalogue.opened, "P", "Bug")
    assert catalogue.asked == ["projects", "P"] * 2


async def test_a_tracker_that_cannot_tell_is_not_asked(local) -> None:
    known = ProjectMetadata(now=local.now)
    opened = local.roster.connector_named("b")
    assert await known.projects(opened) is None
    assert await known.metadata(opened, "P") is None
    assert await known.of(opened).fields("P", "") is None


async def test_a_project_that_may_not_be_seen_tells_nothing_and_an_outage_is_one(
    catalogue, local
) -> None:
    known = ProjectMetadata(now=local.now)
    catalogue.fault = Fault.PERMISSION
    assert await known.fields(catalogue.opened, "P", "") is None
    catalogue.fault = Fault.UNAVAILABLE
    with pytest.raises(TrackerError):
        await known.fields(catalogue.opened, "P", "")
    catalogue.fault = None
    assert await known.fields(catalogue.opened, "P", "") is not None


@pytest.mark.parametrize(
    ("type", "names"),
    [("bug", {"Severity"}), ("2", {"Effort"}), ("", {"Severity", "Effort"})],
)
def test_fields_are_those_of_the_type_or_of_all(type, names) -> None:
    assert set(fields_of(Metadata("P", (BUG, TASK)), type)) == names
    assert fields_of(None, type) == {}


async def test_what_is_kept_is_bounded() -> None:
    asked: list[int] = []

    async def ask(number: int) -> int:
        asked.append(number)
        return number

    kept = Remembered[int, int](now=lambda: 0, lasts=1, most=2)
    for number in (1, 2, 3, 2, 1):
        assert await kept.get(number, lambda number=number: ask(number)) == number
    assert asked == [1, 2, 3, 1]


async def test_who_leaves_takes_the_answer_from_nobody() -> None:
    gate = asyncio.Event()

    async def ask() -> str:
        await gate.wait()
        return "answer"

    kept = Remembered[str, str](now=lambda: 0, lasts=1, most=2)
    first = asyncio.create_task(kept.get("k", ask))
    second = asyncio.create_task(kept.get("k", ask))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == "answer"

"""Bulk work: told, cancelled, interrupted, begun again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from schemas.bulk import TaskProgress, TaskStart
from schemas.errors import InputError
from service.store import tasks
from service.store.store import Store
from service.store.tasks import TaskRow
from service.workers.bulk import AT_ONCE, WIDTH, Bulk, Step, Took


class Work:
    """Steps that wait for a word before they end."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.free = asyncio.Event()
        self.waiting = asyncio.Event()

    async def steps(self, *subjects: str) -> AsyncIterator[Step]:
        for subject in subjects:
            yield Step(subject, lambda subject=subject: self._take(subject))

    async def _take(self, subject: str) -> Took:
        self.taken.append(subject)
        match subject:
            case "waits":
                self.waiting.set()
                await self.free.wait()
            case "refused":
                raise InputError("It is refused.", remedy="Ask.")
            case "broken":
                raise RuntimeError("canary")
            case "wrong":
                return Took(problem="It is wrong.")
        return Took()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def told() -> list[TaskRow]:
    return []


@pytest.fixture
def clock() -> list[int]:
    return [1_000]


@pytest.fixture
async def bulk(store: Store, told, clock) -> AsyncIterator[Bulk]:
    bulk = Bulk(store, owner="daemon", now=lambda: clock[0], tell=told.append)
    yield bulk
    await bulk.close()


async def begin(bulk: Bulk, store: Store, steps: Any, id: str = "k") -> TaskRow:
    row = TaskRow(id, 1, "waiting", "", TaskStart("retry"), TaskProgress("ann", 3))
    await store.write(lambda c: tasks.add(c, row))
    return await bulk.start(row, steps)


async def ended(store: Store, *statuses: str, id: str = "k") -> TaskRow:
    async with asyncio.timeout(20):
        while (row := await store.read(lambda c: tasks.get(c, id))) is None or (
            row.status not in statuses
        ):
            await asyncio.sleep(0)
    return row


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0)


async def test_each_step_counts_and_what_goes_wrong_keeps_no_other_back(bulk, store, work, told):
    row = await begin(bulk, store, work.steps("one", "refused", "wrong", "four"))
    assert row.status == "waiting"
    done = await ended(store, "done")
    assert work.taken == ["one", "refused", "wrong", "four"]
    assert (done.progress.done, done.progress.failed) == (4, 2)
    assert [(p.subject, p.detail) for p in done.progress.problems] == [
        ("refused", "It is refused. Ask."),
        ("wrong", "It is wrong."),
    ]
    await until(lambda: told[-1].status == "done")
    assert [each.status for each in told] == ["waiting", "running", "done"]
    assert done.progress.ended == 1_000


async def test_progress_is_told_while_it_goes_on(bulk, store, work, told, clock):
    async def steps() -> AsyncIterator[Step]:
        async for step in work.steps("one", "two", "three"):
            clock[0] += 600
            yield step

    await begin(bulk, store, steps())
    await ended(store, "done")
    running = [each.progress.done for each in told if each.status == "running"]
    assert running == [0, 1, 3]


async def test_a_fault_of_ours_ends_the_task_and_says_nothing_secret(bulk, store, work):
    await begin(bulk, store, work.steps("one", "broken", "three"))
    failed = await ended(store, "failed")
    assert work.taken == ["one", "broken", "three"]
    assert "canary" not in repr(failed)
    assert failed.progress.message


async def test_a_cancelled_task_takes_no_step_more(bulk, store, work):
    await begin(bulk, store, work.steps("waits", "two"))
    await work.waiting.wait()
    await store.write(lambda c: tasks.update(c, "k", "cancelled", "daemon", TaskProgress()))
    bulk.interrupt("k")
    await asyncio.sleep(0)
    work.free.set()
    await bulk.close()
    assert work.taken == ["waits"]
    assert (await ended(store, "cancelled")).status == "cancelled"


async def test_a_task_that_another_daemon_cancelled_stops_too(bulk, store, work, clock):
    await begin(bulk, store, work.steps("waits", "two"))
    await work.waiting.wait()
    await store.write(lambda c: tasks.update(c, "k", "cancelled", "other", TaskProgress()))
    clock[0] += 600
    work.free.set()
    await until(lambda: not bulk._running)
    assert work.taken == ["waits"]
    assert (await ended(store, "cancelled")).owner == "other"


async def test_what_a_stopped_daemon_leaves_is_interrupted_and_can_begin_again(
    bulk, store, work, told, clock
):
    await begin(bulk, store, work.steps("waits", "two"))
    await work.waiting.wait()
    await bulk.close()
    row = await ended(store, "interrupted")
    work.free.set()
    again = Bulk(store, owner="daemon", now=lambda: clock[0], tell=told.append)
    await again.recover()
    await again.start(row, work.steps("waits", "two"))
    assert (await ended(store, "done")).progress.done == 2
    await again.close()


async def test_only_so_many_run_at_a_time(bulk, store, work):
    for number in range(AT_ONCE + 1):
        await begin(bulk, store, work.steps("waits"), id=f"k{number}")
    await ended(store, "running", id=f"k{AT_ONCE - 1}")
    waiting = await store.read(lambda c: tasks.get(c, f"k{AT_ONCE}"))
    assert waiting.status == "waiting"
    work.free.set()
    await ended(store, "done", id=f"k{AT_ONCE}")


async def test_the_report_tells_each_row_and_what_went_well_is_not_done_again(bulk, store, work):
    await begin(bulk, store, work.steps("one", "wrong", "three"))
    await ended(store, "done")
    rows = await store.read(lambda c: tasks.rows(c, "k", offset=0, limit=9))
    assert [(r.number, r.subject, r.outcome, r.detail) for r in rows] == [
        (1, "one", "done", ""),
        (2, "wrong", "failed", "It is wrong."),
        (3, "three", "done", ""),
    ]
    row = await store.read(lambda c: tasks.get(c, "k"))
    await bulk.start(row, work.steps("one", "wrong", "three", "four"))
    again = await ended(store, "done")
    assert work.taken == ["one", "wrong", "three", "wrong", "four"]
    assert (again.progress.done, again.progress.failed) == (4, 1)
    assert await store.read(lambda c: tasks.count_rows(c, "k")) == 4
    assert await store.read(lambda c: tasks.count_rows(c, "k", "failed")) == 1


async def test_steps_go_side_by_side_after_the_first(bulk, store, work):
    await begin(bulk, store, work.steps("one", *["waits"] * (WIDTH + 1)))
    await until(lambda: len(work.taken) > WIDTH)
    assert len(work.taken) == WIDTH + 1
    work.free.set()
    done = await ended(store, "done")
    assert done.progress.done == WIDTH + 2

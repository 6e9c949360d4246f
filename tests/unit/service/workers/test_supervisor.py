import asyncio
from collections.abc import Callable

import pytest

from service.workers import supervisor as module
from service.workers.supervisor import Supervisor


class Pauses:
    """Stands for sleeping: records each delay, and lets a test end it."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.go = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.delays.append(seconds)
        await self.go.acquire()


@pytest.fixture
def clock() -> list[int]:
    return [1_000]


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def supervisor(clock: list[int], pauses: Pauses):
    supervisor = Supervisor(now=lambda: clock[0], random=lambda: 1.0, sleep=pauses.sleep)
    yield supervisor
    await supervisor.stop(0)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)


async def test_a_task_that_raises_or_ends_is_restarted_with_rising_delays(
    supervisor: Supervisor, pauses: Pauses
) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("broken")
        if runs < 4:
            return
        await asyncio.Event().wait()

    supervisor.start("scan", work)
    for expected in (1, 2, 3):
        await until(lambda expected=expected: len(pauses.delays) == expected)
        (state,) = supervisor.states()
        assert not state.running
        assert state.restarts == expected
        assert state.last_error == ("ValueError: broken" if expected == 1 else "ended unasked")
        pauses.go.release()
    await until(lambda: runs == 4)
    assert pauses.delays == [0.5, 1.0, 2.0]
    (state,) = supervisor.states()
    assert state.running
    assert state.since == 1_000


async def test_a_long_run_begins_the_back_off_anew(
    supervisor: Supervisor, pauses: Pauses, clock: list[int]
) -> None:
    end = asyncio.Event()

    async def work() -> None:
        await end.wait()
        end.clear()

    supervisor.start("scan", work)
    for ran, expected in ((0, 0.5), (0, 1.0), (module.SETTLED_MS, 0.5)):
        await until(lambda: supervisor.states()[0].running)
        count = len(pauses.delays)
        clock[0] += ran
        end.set()
        await until(lambda count=count: len(pauses.delays) > count)
        assert pauses.delays[-1] == expected
        pauses.go.release()


async def test_a_foreign_cancellation_and_a_factory_that_raises_are_faults_too(
    supervisor: Supervisor, pauses: Pauses
) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    def broken():
        raise RuntimeError("no coroutine")

    supervisor.start("a", cancelled)
    supervisor.start("b", broken)
    await until(lambda: len(pauses.delays) == 2)
    errors = {state.name: state.last_error for state in supervisor.states()}
    assert errors == {"a": "ended unasked", "b": "RuntimeError: no coroutine"}


async def test_stop_drains_first_then_cancels_the_newest_first(
    supervisor: Supervisor, pauses: Pauses
) -> None:
    order: list[str] = []
    started = 0

    def work(name: str):
        async def run() -> None:
            nonlocal started
            started += 1
            try:
                await asyncio.Event().wait()
            finally:
                order.append(f"end {name}")

        return run

    async def drain() -> None:
        order.append("drained")

    supervisor.start("old", work("old"))
    supervisor.start("new", work("new"), drain=drain)
    await until(lambda: started == 2)
    await supervisor.stop(5)
    assert order == ["drained", "end new", "end old"]
    assert supervisor.states() == ()
    assert pauses.delays == []


async def test_a_task_that_ends_while_it_is_drained_is_not_restarted(
    supervisor: Supervisor,
) -> None:
    finish = asyncio.Event()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        await finish.wait()

    async def drain() -> None:
        finish.set()
        await asyncio.sleep(0)

    supervisor.start("worker", work, drain=drain)
    await until(lambda: runs == 1)
    await supervisor.stop(5)
    assert runs == 1


async def test_a_drain_that_never_ends_is_cut(supervisor: Supervisor) -> None:
    cut = False

    async def work() -> None:
        await asyncio.Event().wait()

    async def drain() -> None:
        nonlocal cut
        try:
            await asyncio.Event().wait()
        finally:
            cut = True

    supervisor.start("worker", work, drain=drain)
    await until(lambda: supervisor.states()[0].running)
    await supervisor.stop(0.01)
    assert cut


async def test_stop_does_not_wait_for_a_back_off(supervisor: Supervisor, pauses: Pauses) -> None:
    async def work() -> None:
        raise ValueError

    supervisor.start("scan", work)
    await until(lambda: bool(pauses.delays))
    async with asyncio.timeout(2):
        await supervisor.stop(60)


async def test_one_task_can_be_ended_alone_and_its_name_used_again(supervisor: Supervisor) -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    supervisor.start("connector:a", work)
    supervisor.start("connector:b", work)
    with pytest.raises(ValueError, match="owned already"):
        supervisor.start("connector:a", work)
    await supervisor.end("connector:a")
    await supervisor.end("connector:unknown")
    assert [state.name for state in supervisor.states()] == ["connector:b"]
    supervisor.start("connector:a", work)


async def test_nothing_is_restarted_while_others_still_drain(
    supervisor: Supervisor, pauses: Pauses
) -> None:
    runs = 0

    async def fails() -> None:
        nonlocal runs
        runs += 1
        raise ValueError

    async def waits() -> None:
        await asyncio.Event().wait()

    async def drain() -> None:
        pauses.go.release()
        for _ in range(5):
            await asyncio.sleep(0)

    supervisor.start("old", fails)
    supervisor.start("new", waits, drain=drain)
    await until(lambda: len(pauses.delays) == 1)
    await supervisor.stop(5)
    assert runs == 1

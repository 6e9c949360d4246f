import asyncio

import pytest

from schemas.errors import StoreUnavailable
from service.web.health import Finding, HealthBoard


def finds(*findings: Finding):
    left = list(findings)

    async def check() -> Finding:
        return left.pop(0) if len(left) > 1 else left[0]

    return check


FINE = Finding()
AWAY = Finding("fail", "away")


async def test_all_well_passes(board: HealthBoard) -> None:
    board.add("store", finds(FINE), vital=True)
    board.add("work", finds(Finding(value=3.5, unit="s")))
    board.open()
    report = await board.report()
    assert (report.status, report.service_id, report.version) == ("pass", "left", "1.2.3")
    assert report.checks["work"][0].observed_value == 3.5
    assert report.checks["work"][0].time == "2023-11-14T22:13:20+00:00"


async def test_a_broken_tracker_or_peer_is_degraded_and_stays_ready(board: HealthBoard) -> None:
    async def connectors() -> dict[str, Finding]:
        return {"connector:a": FINE, "connector:b": AWAY}

    board.add("store", finds(FINE), vital=True)
    board.add_group("connectors", connectors)
    board.open()
    report = await board.report()
    assert (report.status, report.output) == ("warn", "connector:b: away")
    assert report.checks["connector:b"][0].status == "warn"
    assert await board.ready() == ""


async def test_without_its_store_the_node_fails(board: HealthBoard) -> None:
    async def broken() -> Finding:
        raise StoreUnavailable("disk full")

    board.add("store", broken, vital=True)
    board.open()
    assert (await board.report()).status == "fail"
    assert await board.ready() == "store: StoreUnavailable: disk full"


async def test_a_check_that_hangs_is_cut_and_delays_nobody(board: HealthBoard) -> None:
    async def hangs() -> Finding:
        await asyncio.Event().wait()
        return FINE

    board.add("bus", hangs)
    board.add("store", finds(FINE), vital=True)
    board.open()
    async with asyncio.timeout(2):
        report = await board.report()
    assert report.status == "warn"
    assert "No answer" in report.checks["bus"][0].output
    assert report.checks["store"][0].status == "pass"


async def test_results_are_kept_two_seconds_and_rounds_are_shared(
    board: HealthBoard, clock: list[int]
) -> None:
    asked = 0

    async def check() -> Finding:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return FINE

    board.add("bus", check)
    board.open()
    await asyncio.gather(*(board.report() for _ in range(10)))
    assert asked == 1
    clock[0] += 1_999
    await board.report()
    assert asked == 1
    clock[0] += 1
    await board.report()
    assert asked == 2


async def test_one_caller_that_goes_does_not_spoil_the_round(board: HealthBoard) -> None:
    release = asyncio.Event()

    async def check() -> Finding:
        await release.wait()
        return FINE

    board.add("bus", check)
    board.open()
    leaving, staying = (asyncio.create_task(board.report()) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    release.set()
    assert (await staying).status == "pass"


async def test_starting_and_draining_are_not_ready(board: HealthBoard) -> None:
    assert await board.ready() == "starting"
    board.open()
    assert await board.ready() == ""
    board.close("draining")
    assert await board.ready() == "draining"
    assert (await board.report()).status == "fail"


@pytest.mark.parametrize("status", ["pass", "warn"])
async def test_what_is_vital_may_warn(board: HealthBoard, status) -> None:
    board.add("store", finds(Finding(status, "slow")), vital=True)
    board.open()
    assert (await board.report()).status == status

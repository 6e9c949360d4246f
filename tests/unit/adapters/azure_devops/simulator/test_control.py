"""What a test of whole processes asks of the simulator itself."""

import pytest


async def test_it_tells_calls_of_its_api_and_nothing_else(session, simulator) -> None:
    async with session.get(simulator.url + "/_apis/projects?api-version=7.1") as answer:
        assert answer.status == 401
    for _ in range(2):
        async with session.get(simulator.origin + "/simulator/calls") as answer:
            calls = await answer.json()
            assert sum(calls.values()) == 1


async def test_its_latency_can_be_set(session, simulator) -> None:
    body = {"seconds": 0.25}
    async with session.put(simulator.origin + "/simulator/latency", json=body) as answer:
        assert answer.status == 200
    assert simulator.latency == 0.25


@pytest.mark.parametrize("seconds", [-1, 61, "1", None])
async def test_a_latency_that_makes_no_sense_is_refused(session, simulator, seconds) -> None:
    body = {"seconds": seconds}
    async with session.put(simulator.origin + "/simulator/latency", json=body) as answer:
        assert answer.status == 400
    assert simulator.latency == 0

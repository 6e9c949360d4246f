"""What a test of whole processes asks of the simulator itself."""

import pytest


async def test_it_tells_calls_of_its_api_and_nothing_else(jira, session) -> None:
    headers = {"Authorization": f"Bearer {jira.config.token}"}
    async with session.get(jira.url + "/rest/api/2/myself", headers=headers) as answer:
        assert answer.status == 200
    for _ in range(2):
        async with session.get(jira.url + "/simulator/calls") as answer:
            assert await answer.json() == {"GET /rest/api/2/myself": 1}


async def test_its_latency_can_be_set(jira, session) -> None:
    async with session.put(jira.url + "/simulator/latency", json={"seconds": 0.25}) as answer:
        assert answer.status == 200
    assert jira.latency == 0.25


@pytest.mark.parametrize("seconds", [-1, 61, "1", None, True])
async def test_a_latency_that_makes_no_sense_is_refused(jira, session, seconds) -> None:
    async with session.put(jira.url + "/simulator/latency", json={"seconds": seconds}) as answer:
        assert answer.status == 400
    assert jira.latency == 0

"""What the tests of all adapters stand on: a clock that they turn, and HTTP as the node does it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from schemas.errors import TrackerError
from tests.support.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as made:
        yield made


@pytest.fixture
def refusal() -> Callable[[Awaitable[object]], Awaitable[TrackerError]]:
    """The error that a call ends with."""

    async def caught(call: Awaitable[object]) -> TrackerError:
        with pytest.raises(TrackerError) as raised:
            await call
        return raised.value

    return caught

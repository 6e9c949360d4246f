"""Requests that are held until there is news: such a one is no request too often."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from service.peers.port import Allowance

T = TypeVar("T")

HELD = 1.0
"""Seconds from which on a request was held."""


async def held(allowance: Allowance, caller: str, news: Awaitable[T]) -> T:
    """The news; what the request took of the caller's allowance is given back if they were long in
    coming."""
    clock = asyncio.get_running_loop().time
    began = clock()
    found = await news
    if clock() - began >= HELD:
        allowance.give_back(caller)
    return found

"""Large texts are converted beside the event loop: a thread costs less than what it holds up."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from schemas.rich_text import RichText

R = TypeVar("R")

LARGE = 16_384
"""Characters, or bytes of a tree: some milliseconds of work."""

_encode = msgspec.json.Encoder().encode


async def converted(work: Callable[[], R], size: int) -> R:
    return await asyncio.to_thread(work) if size > LARGE else work()


def size_of_texts(values: Iterable[object]) -> int:
    return sum(len(value) for value in values if isinstance(value, str))


def size_of_trees(values: Iterable[object]) -> int:
    """Encoding is a fraction of the work of rendering."""
    return sum(len(_encode(value)) for value in values if isinstance(value, RichText))

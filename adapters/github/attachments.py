"""GitHub's API takes no files and lists none: they stand as links in texts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.github.errors import github_error
from adapters.port import ByteStream
from schemas.errors import Fault, TrackerError


def refused(filename: str) -> TrackerError:
    return github_error(
        Fault.VALIDATION,
        f"GitHub takes no files over its API, so {filename!r} was not added.",
        field="attachments",
        remedy="Leave attachments out of the incoming rule, or put a link into the text.",
    )


@asynccontextmanager
async def open_nothing(attachment_id: str) -> AsyncIterator[ByteStream]:
    raise github_error(Fault.NOT_FOUND, f"GitHub keeps no attachment {attachment_id[:80]!r}.")
    yield _nothing()


async def _nothing() -> ByteStream:
    return
    yield b""

"""GitHub's API takes no files and lists none: they stand as links in texts."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import NoReturn

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


class NoAttachment(AbstractAsyncContextManager[ByteStream]):
    """Raises NOT_FOUND when it is entered."""

    def __init__(self, attachment_id: str) -> None:
        self._id = attachment_id

    async def __aenter__(self) -> NoReturn:
        raise github_error(Fault.NOT_FOUND, f"GitHub keeps no attachment {self._id[:80]!r}.")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Never entered, so never left."""

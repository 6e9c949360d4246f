"""What a repository and its owner know: milestones, issue types, issue fields, labels."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from adapters.github import answers, wire
from adapters.github.client import GitHubClient
from adapters.github.memory import Memory
from adapters.http import segment
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

T = TypeVar("T")


class Catalogue:
    """Remembered for ten minutes; `owner` is the first part of a project."""

    def __init__(self, client: GitHubClient, now: Callable[[], Millis]) -> None:
        self._client = client
        self._milestones: Memory[tuple[answers.Milestone, ...]] = Memory(now)
        self._types: Memory[tuple[answers.IssueType, ...]] = Memory(now)
        self._fields: Memory[tuple[answers.IssueField, ...]] = Memory(now)

    async def milestones(
        self, repository: int, *, fresh: bool = False
    ) -> tuple[answers.Milestone, ...]:
        key = str(repository)
        if fresh:
            self._milestones.forget(key)
        pages = self._client.pages(
            f"/repositories/{repository}/milestones",
            wire.milestones,
            {"state": "all"},
            what="list the milestones",
        )
        return await self._milestones.get(key, lambda: _all(pages))

    async def types(self, owner: str) -> tuple[answers.IssueType, ...]:
        """() where the owner has none: a person, or an older server."""

        async def read() -> tuple[answers.IssueType, ...]:
            path = f"/orgs/{segment(owner)}/issue-types"
            try:
                found = await self._client.get(path, wire.issue_types, what="list the issue types")
            except TrackerError as error:
                return _without(error)
            return tuple(one for one in found if one.is_enabled)

        return await self._types.get(owner.casefold(), read)

    async def fields(self, owner: str) -> tuple[answers.IssueField, ...]:
        async def read() -> tuple[answers.IssueField, ...]:
            path = f"/orgs/{segment(owner)}/issue-fields"
            try:
                return await self._client.get(path, wire.issue_fields, what="list the issue fields")
            except TrackerError as error:
                return _without(error)

        return await self._fields.get(owner.casefold(), read)

    async def labels(self, repository: int) -> tuple[str, ...]:
        pages = self._client.pages(
            f"/repositories/{repository}/labels", wire.labels, what="list the labels"
        )
        return tuple(label.name for label in await _all(pages))


async def _all(pages: AsyncIterator[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple([item async for page in pages for item in page])


def _without(error: TrackerError) -> tuple[()]:
    if error.fault not in (Fault.NOT_FOUND, Fault.PERMISSION):
        raise error
    return ()

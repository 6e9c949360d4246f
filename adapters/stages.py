"""The connection check: one stage after the other, up to the first that fails."""

from collections.abc import Awaitable, Callable

from adapters.port import Stage, StageResult
from schemas.errors import TrackerError

Probe = Callable[[], Awaitable[str]]
"""Answers what was found, in words for people; raises `TrackerError` when the stage fails."""


async def checked(
    *, server: Probe, credentials: Probe, project: Probe, permissions: Probe
) -> tuple[StageResult, ...]:
    stages: tuple[tuple[Stage, Probe], ...] = (
        ("server", server),
        ("credentials", credentials),
        ("project", project),
        ("permissions", permissions),
    )
    results: list[StageResult] = []
    for stage, probe in stages:
        try:
            results.append(StageResult(stage, True, await probe()))
        except TrackerError as error:
            results.append(StageResult(stage, False, error.message, error.remedy))
            break
    return tuple(results)

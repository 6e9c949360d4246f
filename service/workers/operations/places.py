"""Where incoming issues are made: in a project and of a type that are there."""

from adapters.port import StageResult
from schemas.errors import InputError, TrackerError
from schemas.metadata import Metadata
from schemas.node import ConnectionSettings
from service.workers.metadata import ProjectMetadata
from service.workers.operations.nearest import alternatives, nearest
from service.workers.roster import OpenConnector


async def check_place(
    known: ProjectMetadata, opened: OpenConnector, settings: ConnectionSettings
) -> None:
    """Raises `InputError` when incoming issues could not be made there."""
    if not settings.project:
        return
    stages = await opened.tracker.check(settings.project)
    failed = next((stage for stage in stages if not stage.passed), None)
    if failed is not None:
        raise await _refused(opened, settings.project, failed)
    if settings.issue_type:
        _check_type(await _metadata(known, opened, settings.project), settings)


async def _refused(opened: OpenConnector, project: str, failed: StageResult) -> InputError:
    remedy = await alternatives(opened, project) if failed.stage == "project" else ""
    return InputError(
        f"Incoming issues cannot be made in the project {project!r} of the connector"
        f" {opened.record.name!r}: {failed.message}",
        remedy=remedy
        or failed.remedy
        or "Name a project that the connector's account may write to.",
    )


async def _metadata(known: ProjectMetadata, opened: OpenConnector, project: str) -> Metadata | None:
    """As they are now: a person may have added the type a moment ago."""
    known.forget(opened.record.id)
    try:
        return await known.metadata(opened, project)
    except TrackerError:
        # An account that may write issues need not see how they are set up.
        return None


def _check_type(metadata: Metadata | None, settings: ConnectionSettings) -> None:
    if metadata is None or not metadata.types:
        return
    types = tuple(each.type for each in metadata.types)
    wanted = settings.issue_type
    if any(wanted.casefold() in (t.name.casefold(), t.id.casefold()) for t in types):
        return
    names = {choice.id: choice.name for choice in types}
    near = [names[id] for id in nearest(wanted, types)]
    there = f"Did you mean {', '.join(near)}?" if near else ""
    raise InputError(
        f"The project {settings.project!r} has no issue type {wanted!r}.",
        remedy=there or f"Its types: {', '.join(sorted(names.values()))}.",
    )

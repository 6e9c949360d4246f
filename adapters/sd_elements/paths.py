"""Where things lie below `/api/v2`. A task's id begins with its project's."""

from adapters.http import segment
from adapters.sd_elements.mapping import project_of
from schemas.errors import Fault, TrackerError


def project_path(project: str) -> str:
    return f"/projects/{segment(project)}/"


def tasks_path(project: str) -> str:
    return f"{project_path(project)}tasks/"


def task_path(task_id: str) -> str:
    """Raises NOT_FOUND for what cannot be a task's id."""
    project = project_of(task_id)
    if not project:
        raise TrackerError(
            Fault.NOT_FOUND,
            f"{task_id!r} is no task of SD Elements.",
            remedy="Write it with its project in front, such as 1-T2.",
        )
    return f"{tasks_path(project)}{segment(task_id)}/"

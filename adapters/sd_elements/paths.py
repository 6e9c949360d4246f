"""Where things lie below `/api/v2`. A task's id begins with its project's."""

from adapters.http import segment
from adapters.sd_elements.mapping import project_of

_NOWHERE = "-"
"""What is no task's id names no project: the server says that it is not found."""


def project_path(project: str) -> str:
    return f"/projects/{segment(project)}/"


def tasks_path(project: str) -> str:
    return f"{project_path(project)}tasks/"


def task_path(task_id: str) -> str:
    return f"{tasks_path(project_of(task_id) or _NOWHERE)}{segment(task_id or _NOWHERE)}/"

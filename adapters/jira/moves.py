"""An issue's status: whether it is to change, and with which fields."""

from typing import Any

from adapters.jira import errors
from adapters.jira.workflow import Workflow
from schemas.issue import Issue
from schemas.rich_text import RichText
from schemas.values import Fields, Value


class Moves:
    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow

    def wanted(self, held: Fields, wanted: Fields) -> str:
        """The status to move to; '' when the issue stays where it is."""
        status, now = wanted.get("status"), held.get("status")
        if status is None:
            return ""
        if not isinstance(status, str):
            raise errors.refused("status", "its value is no text")
        same = isinstance(now, str) and now.casefold() == status.strip().casefold()
        return "" if same else status

    async def move(
        self, issue: Issue, status: str, late: dict[str, Any], written: frozenset[str]
    ) -> dict[str, Any]:
        """`late` goes with the transitions, `written` are fields that were written just now.
        Answers what of `late` no transition took."""
        scope = (issue.project, str(issue.fields.get("type") or ""))
        start = str(issue.fields.get("status") or "")
        filled = {name for name, value in issue.fields.items() if not _is_empty(value)}
        held = frozenset(errors.jira_name(name) for name in filled) | written
        taken = await self._workflow.move(issue.ref.id, scope, start, status, late, held)
        return {name: value for name, value in late.items() if name not in taken}


def _is_empty(value: Value) -> bool:
    return value is None or value in ("", (), RichText(()))

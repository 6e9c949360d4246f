"""What the account may not do is told, and nothing of it happens."""

import pytest

from schemas.errors import Fault
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange, WorklogDraft
from schemas.rich_text import plain

CALLS = {
    "CREATE_ISSUES": lambda tracker, issue, draft: tracker.create(draft("m-2")),
    "EDIT_ISSUES": lambda tracker, issue, draft: tracker.update(
        issue, FieldChange({"summary": "New"})
    ),
    "TRANSITION_ISSUES": lambda tracker, issue, draft: tracker.update(
        issue, FieldChange({"status": "In Progress"})
    ),
    "ADD_COMMENTS": lambda tracker, issue, draft: tracker.add_comment(
        issue.ref.id, CommentDraft(plain("x"), "c-1")
    ),
    "WORK_ON_ISSUES": lambda tracker, issue, draft: tracker.add_worklog(
        issue.ref.id, WorklogDraft(60, 0, "w-1")
    ),
    "LINK_ISSUES": lambda tracker, issue, draft: tracker.update(
        issue, FieldChange(add={"links": (f"relates {int(issue.ref.id) - 1}",)})
    ),
}


@pytest.mark.parametrize("permission", CALLS)
async def test_a_missing_permission_is_told(
    start_jira, connect, draft, refusal, permission
) -> None:
    jira = await start_jira(permissions_denied=(permission,))
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    for _ in range(2):
        held = jira.state.create({"fields": fields}, jira.state.users["bob"])
    tracker = connect(jira)
    before = await tracker.read(held.id, ALL_PARTS)
    error = await refusal(CALLS[permission](tracker, before, draft))
    assert error.fault is Fault.PERMISSION
    assert "permission" in error.remedy
    assert await tracker.read(held.id, ALL_PARTS) == before
    assert len(jira.state.issues) == 2

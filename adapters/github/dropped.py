"""What GitHub left out without a word: without the right to triage it drops some fields."""

from typing import Any

from adapters.github import answers
from adapters.github.client import GitHubClient
from adapters.github.errors import github_error, invalid
from adapters.github.mapping import label_names
from adapters.http import segment
from schemas.errors import Fault, TrackerError


def dropped(body: dict[str, Any], found: answers.Issue) -> tuple[str, ...]:
    """Neutral names of what was asked for and did not come back."""
    missing = []
    if "title" in body and found.title != body["title"]:
        missing.append("summary")
    if "state" in body and found.state != body["state"]:
        missing.append("status")
    if not _folded(body.get("labels", ())) <= _folded(label_names(found)):
        missing.append("labels")
    if "assignees" in body:
        held = [account.login for account in found.assignees or ()]
        if _folded(body["assignees"]) != _folded(held):
            missing.append("assignee")
    number = found.milestone.number if found.milestone else None
    if "milestone" in body and body["milestone"] != number:
        missing.append("milestone")
    kind = found.type.name if found.type else None
    if "type" in body and body["type"] != kind:
        missing.append("type")
    return tuple(missing)


async def refuse_dropped(
    client: GitHubClient, repository: int, body: dict[str, Any], found: answers.Issue
) -> None:
    """PERMISSION that names the fields; VALIDATION for a person who cannot be assigned."""
    missing = dropped(body, found)
    if not missing:
        return
    if missing == ("assignee",):
        await _check_assignable(client, repository, body["assignees"])
    raise github_error(
        Fault.PERMISSION,
        f"GitHub took the issue but dropped {', '.join(missing)}.",
        field=missing[0],
        remedy="Give the connector's account the role Triage or Write in the repository,"
        " or leave these fields out of the incoming rule.",
    )


async def _check_assignable(client: GitHubClient, repository: int, logins: list[str]) -> None:
    for login in logins:
        path = f"/repositories/{repository}/assignees/{segment(login)}"
        try:
            await client.answer(path, what="ask whom to assign")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            raise invalid(
                f"{login} cannot be assigned in this repository.",
                "assignee",
                "Give that person access to the repository, or map to another login.",
            ) from error


def _folded(names: object) -> set[str]:
    return {str(name).casefold() for name in names} if isinstance(names, list | tuple) else set()

"""What would have been allowed, added to a refusal."""

from adapters.jira import wire
from adapters.jira.client import JiraClient, segment
from schemas.errors import Fault, TrackerError


async def explain(client: JiraClient, error: TrackerError, project: str) -> TrackerError:
    """The same refusal with the allowed values in its remedy, where Jira tells them."""
    if error.fault is not Fault.VALIDATION:
        return error
    try:
        names = await _allowed(client, error.field, project)
    except TrackerError:
        return error  # the refusal itself matters more than its explanation
    if not names:
        return error
    return TrackerError(
        error.fault,
        error.message,
        remedy=f"Map the field {error.field!r} to one of: {', '.join(names)}.",
        status=error.status,
        field=error.field,
    )


async def _allowed(client: JiraClient, field: str, project: str) -> list[str]:
    what = f"list the values of {field!r}"
    if field in ("priority", "resolution"):
        body = await client.get(f"/{field}", what=what)
        return [item.name for item in wire.read(wire.named, body, what)]
    if field == "type":
        body = await client.get(f"/project/{segment(project)}", what=what)
        return [item.name for item in wire.read(wire.project, body, what).issue_types]
    if field == "components":
        body = await client.get(f"/project/{segment(project)}/components", what=what)
        return [item.name for item in wire.read(wire.named, body, what)]
    if field in ("fix_versions", "affected_versions"):
        body = await client.get(f"/project/{segment(project)}/versions", what=what)
        return [item.name for item in wire.read(wire.named, body, what)]
    return []

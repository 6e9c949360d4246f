"""A public client library finds in the simulator what it finds in a real Redmine."""

import asyncio
from typing import Any

import pytest

redminelib = pytest.importorskip("redminelib", reason="python-redmine is not installed")


def everything(url: str, key: str) -> dict[str, Any]:
    redmine = redminelib.Redmine(url, key=key)
    seen: dict[str, Any] = {"me": redmine.user.get("current").login}
    project = redmine.project.get("sim")
    seen["project"] = (project.identifier, project.name)
    seen["statuses"] = [status.name for status in redmine.issue_status.all()][:2]
    issue = redmine.issue.create(
        project_id="sim",
        subject="By a library é",
        description="Words",
        tracker_id=1,
        custom_fields=[{"id": 1, "value": "x"}],
    )
    redmine.issue.update(issue.id, status_id=2, notes="A note", private_notes=True)
    other = redmine.issue.create(project_id="sim", subject="Another", parent_issue_id=issue.id)
    upload = redmine.upload(_file(), filename="plan.txt")
    redmine.issue.update(issue.id, uploads=[{"token": upload["token"], "filename": "plan.txt"}])
    again = redmine.issue.get(issue.id, include=["journals", "attachments", "relations"])
    seen["issue"] = (again.subject, again.description, again.status.name)
    seen["custom"] = {field.name: field.value for field in again.custom_fields}["Customer"]
    seen["notes"] = [(note.notes, note.private_notes) for note in again.journals if note.notes]
    seen["files"] = [(file.filename, file.filesize) for file in again.attachments]
    seen["parent"] = redmine.issue.get(other.id).parent.id == issue.id
    entry = redmine.time_entry.create(
        issue_id=issue.id, hours=1.5, activity_id=9, spent_on="2026-01-31", comments="did"
    )
    seen["time"] = [
        (time.hours, time.comments) for time in redmine.time_entry.filter(issue_id=issue.id)
    ]
    redmine.time_entry.delete(entry.id)
    found = redmine.issue.filter(project_id="sim", status_id="*", sort="updated_on:desc")
    seen["listed"] = {issue.id, other.id} <= {each.id for each in found}
    try:
        redmine.issue.create(project_id="sim", subject="")
    except redminelib.exceptions.ValidationError as error:
        seen["refused"] = str(error)
    redmine.issue.delete(other.id)
    try:
        redmine.issue.get(other.id)
    except redminelib.exceptions.ResourceNotFoundError:
        seen["gone"] = True
    return seen


def _file() -> Any:
    from io import BytesIO

    return BytesIO(b"data")


SEEN = {
    "me": "tidegate",
    "project": ("sim", "Simulated project"),
    "statuses": ["New", "In Progress"],
    "issue": ("By a library é", "Words", "In Progress"),
    "custom": "x",
    "notes": [("A note", True)],
    "files": [("plan.txt", 4)],
    "parent": True,
    "time": [(1.5, "did")],
    "listed": True,
    "refused": "Subject cannot be blank",
    "gone": True,
}


async def test_python_redmine_works_with_the_simulator(redmine) -> None:
    seen = await asyncio.to_thread(everything, redmine.url, redmine.config.token)
    assert seen == SEEN

"""The process that the simulated projects follow: types, states, fields, people."""

from typing import Literal

import msgspec

Kind = Literal["text", "html", "number", "identity", "date", "tags"]


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str
    unique_name: str


SYNC = Person("5a0c2f3e-0000-4000-8000-000000000001", "Tidegate Sync", "sync@example.com")
"""Owner of the token."""
SAM = Person("5a0c2f3e-0000-4000-8000-000000000002", "Sam Okafor", "sam@example.com")
"""Who edits on the page."""
PEOPLE = (
    SYNC,
    SAM,
    Person("5a0c2f3e-0000-4000-8000-000000000003", "Zoë Müller", "zoe@example.com"),
    Person("5a0c2f3e-0000-4000-8000-000000000004", "دانا حداد", "dana@example.com"),
)

_AGILE = (("New", "Proposed"), ("Active", "InProgress"), ("Resolved", "Resolved"))
STATES: dict[str, tuple[tuple[str, str], ...]] = {
    "Bug": (*_AGILE, ("Closed", "Completed")),
    "Task": (("New", "Proposed"), ("Active", "InProgress"), ("Closed", "Completed")),
    "User Story": (*_AGILE, ("Closed", "Completed"), ("Removed", "Removed")),
    "Issue": (("To Do", "Proposed"), ("Doing", "InProgress"), ("Done", "Completed")),
}
"""Each type's states with their category; the first is where an item begins."""

FIELDS: dict[str, Kind] = {
    "System.Title": "text",
    "System.State": "text",
    "System.Reason": "text",
    "System.WorkItemType": "text",
    "System.AreaPath": "text",
    "System.IterationPath": "text",
    "System.AssignedTo": "identity",
    "System.Tags": "tags",
    "System.Description": "html",
    "System.History": "html",
    "System.TeamProject": "text",
    "Microsoft.VSTS.TCM.ReproSteps": "html",
    "Microsoft.VSTS.TCM.SystemInfo": "html",
    "Microsoft.VSTS.Common.AcceptanceCriteria": "html",
    "Microsoft.VSTS.Common.Priority": "number",
    "Microsoft.VSTS.Common.Severity": "text",
    "Microsoft.VSTS.Scheduling.DueDate": "date",
    "Microsoft.VSTS.Scheduling.StoryPoints": "number",
    "Microsoft.VSTS.Scheduling.RemainingWork": "number",
    "Custom.Team": "text",
}
READ_ONLY = frozenset(
    "System." + name
    for name in ("Id", "Rev", "CreatedBy", "CreatedDate", "ChangedBy", "ChangedDate")
)
IDENTITIES = frozenset({"System.AssignedTo", "System.CreatedBy", "System.ChangedBy"})
PRIORITIES = (1, 2, 3, 4)
TITLE_LENGTH = 255


def states_of(kind: str) -> tuple[str, ...]:
    return tuple(name for name, _ in STATES[kind])

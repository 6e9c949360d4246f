"""The process that the simulated projects follow: types, states, fields, links, people."""

from typing import Literal

import msgspec

FieldType = Literal[
    "string",
    "plainText",
    "html",
    "history",
    "integer",
    "double",
    "boolean",
    "dateTime",
    "treePath",
    "identity",
    "picklistString",
    "tags",
]


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str
    unique_name: str


class Field(msgspec.Struct, frozen=True):
    """`types` of work items that have it; all when empty."""

    label: str
    type: FieldType
    values: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    read_only: bool = False


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
HIDDEN = ("Code Review Request",)
"""Types that tools make, and nobody by hand."""

REASONS: dict[str, tuple[str, ...]] = {
    "Proposed": ("New", "Moved to the backlog"),
    "InProgress": ("Implementation started", "Reactivated"),
    "Resolved": ("Fixed", "As Designed", "Cannot Reproduce", "Deferred", "Duplicate", "Obsolete"),
    "Completed": ("Completed", "Verified", "Cut", "Duplicate", "Obsolete"),
    "Removed": ("Removed from the backlog",),
}
"""By category; the first is taken where none is given."""

_COMMON = "Microsoft.VSTS.Common."
_SCHEDULING = "Microsoft.VSTS.Scheduling."
FIELDS: dict[str, Field] = {
    "System.Title": Field("Title", "string"),
    "System.State": Field("State", "string"),
    "System.Reason": Field("Reason", "string", tuple(r for some in REASONS.values() for r in some)),
    "System.WorkItemType": Field("Work Item Type", "string"),
    "System.AreaPath": Field("Area Path", "treePath"),
    "System.IterationPath": Field("Iteration Path", "treePath"),
    "System.AssignedTo": Field("Assigned To", "identity"),
    "System.Tags": Field("Tags", "tags"),
    "System.Description": Field("Description", "html"),
    "System.History": Field("History", "history"),
    "System.TeamProject": Field("Team Project", "string"),
    "System.Id": Field("ID", "integer", read_only=True),
    "System.Rev": Field("Rev", "integer", read_only=True),
    "System.CreatedBy": Field("Created By", "identity", read_only=True),
    "System.CreatedDate": Field("Created Date", "dateTime", read_only=True),
    "System.ChangedBy": Field("Changed By", "identity", read_only=True),
    "System.ChangedDate": Field("Changed Date", "dateTime", read_only=True),
    "System.CommentCount": Field("Comment Count", "integer", read_only=True),
    "Microsoft.VSTS.TCM.ReproSteps": Field("Repro Steps", "html", types=("Bug",)),
    "Microsoft.VSTS.TCM.SystemInfo": Field("System Info", "html", types=("Bug",)),
    _COMMON + "AcceptanceCriteria": Field("Acceptance Criteria", "html", types=("User Story",)),
    _COMMON + "Priority": Field("Priority", "integer", ("1", "2", "3", "4")),
    _COMMON + "Severity": Field(
        "Severity",
        "string",
        ("1 - Critical", "2 - High", "3 - Medium", "4 - Low"),
        types=("Bug",),
    ),
    _COMMON + "ResolvedReason": Field("Resolved Reason", "string", read_only=True),
    _COMMON + "ResolvedDate": Field("Resolved Date", "dateTime", read_only=True),
    _COMMON + "ClosedDate": Field("Closed Date", "dateTime", read_only=True),
    _SCHEDULING + "DueDate": Field("Due Date", "dateTime"),
    _SCHEDULING + "StartDate": Field("Start Date", "dateTime"),
    _SCHEDULING + "StoryPoints": Field("Story Points", "double"),
    _SCHEDULING + "OriginalEstimate": Field("Original Estimate", "double"),
    _SCHEDULING + "RemainingWork": Field("Remaining Work", "double"),
    _SCHEDULING + "CompletedWork": Field("Completed Work", "double"),
    "Custom.Team": Field("Team", "string"),
    "Custom.Impact": Field("Impact", "html"),
    "Custom.Notes": Field("Notes", "plainText"),
    "Custom.Cost": Field("Cost", "double"),
    "Custom.Approved": Field("Approved", "boolean"),
    "Custom.GoLive": Field("Go live", "dateTime"),
    "Custom.Tier": Field("Tier", "picklistString", ("Gold", "Silver", "Bronze")),
    "Custom.Contact": Field("Contact", "identity"),
}
PRIORITIES = (1, 2, 3, 4)
TITLE_LENGTH = 255

OPPOSITE = {
    "System.LinkTypes.Related": "System.LinkTypes.Related",
    "System.LinkTypes.Hierarchy-Forward": "System.LinkTypes.Hierarchy-Reverse",
    "System.LinkTypes.Dependency-Forward": "System.LinkTypes.Dependency-Reverse",
    "System.LinkTypes.Duplicate-Forward": "System.LinkTypes.Duplicate-Reverse",
    "Microsoft.VSTS.Common.Affects-Forward": "Microsoft.VSTS.Common.Affects-Reverse",
    "Microsoft.VSTS.Common.TestedBy-Forward": "Microsoft.VSTS.Common.TestedBy-Reverse",
}
OPPOSITE |= {there: here for here, there in OPPOSITE.items()}
RELATION_NAMES = {
    "System.LinkTypes.Related": "Related",
    "System.LinkTypes.Hierarchy-Forward": "Child",
    "System.LinkTypes.Hierarchy-Reverse": "Parent",
    "System.LinkTypes.Dependency-Forward": "Successor",
    "System.LinkTypes.Dependency-Reverse": "Predecessor",
    "System.LinkTypes.Duplicate-Forward": "Duplicate",
    "System.LinkTypes.Duplicate-Reverse": "Duplicate Of",
    "Microsoft.VSTS.Common.Affects-Forward": "Affects",
    "Microsoft.VSTS.Common.Affects-Reverse": "Affected By",
    "Microsoft.VSTS.Common.TestedBy-Forward": "Tested By",
    "Microsoft.VSTS.Common.TestedBy-Reverse": "Tests",
    "AttachedFile": "Attached File",
    "Hyperlink": "Hyperlink",
    "ArtifactLink": "Artifact Link",
}
TREES = frozenset({"System.LinkTypes.Hierarchy-Reverse", "System.LinkTypes.Dependency-Reverse"})
"""In these a circle is refused, looked at upwards."""


def states_of(kind: str) -> tuple[str, ...]:
    return tuple(name for name, _ in STATES[kind])


def category_of(kind: str, state: str) -> str:
    return dict(STATES.get(kind, ())).get(state, "")


def fields_of(kind: str) -> dict[str, Field]:
    return {name: one for name, one in FIELDS.items() if not one.types or kind in one.types}

"""The three types of issues, and where each keeps what the neutral fields mean."""

from collections.abc import Mapping

import msgspec

from adapters.rally.params import RallyParams


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """As people call it, and as `fields["type"]` says."""
    element: str
    """As Rally calls it in JSON."""
    fields: Mapping[str, str]
    """Neutral name -> attribute, of those that are written as a value or a reference."""
    links: Mapping[str, str] = {}
    """Kind of link -> collection."""

    @property
    def path(self) -> str:
        return self.element.lower()


_COMMON = {
    "summary": "Name",
    "description": "Description",
    "assignee": "Owner",
    "fix_versions": "Release",
    "iteration": "Iteration",
}

DEFECT = Kind(
    name="Defect",
    element="Defect",
    fields={
        **_COMMON,
        "resolution": "Resolution",
        "priority": "Priority",
        "reporter": "SubmittedBy",
        "due": "TargetDate",
        "parent": "Requirement",
    },
    links={"duplicates": "Duplicates"},
)
STORY = Kind(
    name="User Story",
    element="HierarchicalRequirement",
    fields={**_COMMON, "parent": "Parent"},
    links={"follows": "Predecessors", "precedes": "Successors"},
)
TASK = Kind(
    name="Task",
    element="Task",
    fields={
        **_COMMON,
        "parent": "WorkProduct",
        "estimate": "Estimate",
        "remaining": "ToDo",
        "spent": "Actuals",
    },
)
KINDS = (DEFECT, STORY, TASK)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_ELEMENT = {kind.element: kind for kind in KINDS}
TYPES = ",".join(kind.path for kind in KINDS)

STAGES = (
    ("Defined", "Submitted"),
    ("In-Progress", "Open"),
    ("Completed", "Fixed"),
    ("Accepted", "Closed"),
)
"""Statuses of Rally's own that mean the same in different types."""
HOURS = frozenset({"estimate", "remaining", "spent"})
BESIDE = (
    "Notes",
    "State",
    "ScheduleState",
    "FlowState",
    "Severity",
    "Environment",
    "FoundInBuild",
    "FixedInBuild",
    "TargetBuild",
    "VerifiedInBuild",
    "Package",
    "ReleaseNote",
    "AffectsDoc",
    "Blocked",
    "BlockedReason",
    "Ready",
    "Expedite",
    "PlanEstimate",
)
"""Attributes of Rally's own that are fields under their own names, like custom ones."""


def status_of(kind: Kind, params: RallyParams) -> str:
    if kind is DEFECT:
        return params.defect_status
    return params.story_status if kind is STORY else "State"

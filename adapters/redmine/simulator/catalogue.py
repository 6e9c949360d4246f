"""The fixed lists of a simulated Redmine, as a fresh real one has them."""

import msgspec

TRACKERS = {1: "Bug", 2: "Feature", 3: "Support"}
STATUSES = {
    1: ("New", False),
    2: ("In Progress", False),
    3: ("Resolved", False),
    4: ("Feedback", False),
    5: ("Closed", True),
    6: ("Rejected", True),
}
"""Id -> name, and whether it closes."""
PRIORITIES = {1: "Low", 2: "Normal", 3: "High", 4: "Urgent", 5: "Immediate"}
ACTIVITIES = {8: "Design", 9: "Development"}
CATEGORIES = ("Backend", "Frontend")
VERSIONS = ("1.0", "2.0")
ROLES = {3: "Manager", 4: "Developer", 5: "Reporter"}
PERMISSIONS = {
    "Manager": (
        "view_issues",
        "add_issues",
        "edit_issues",
        "add_issue_notes",
        "edit_issue_notes",
        "edit_own_issue_notes",
        "view_private_notes",
        "set_notes_private",
        "delete_issues",
        "manage_issue_relations",
        "manage_subtasks",
        "set_issues_private",
        "view_time_entries",
        "log_time",
        "edit_time_entries",
    ),
    "Reporter": ("view_issues", "add_issues", "add_issue_notes", "view_time_entries", "log_time"),
    "Anonymous": ("view_issues",),
}
OPPOSITES = {
    "relates": "relates",
    "duplicates": "duplicated",
    "blocks": "blocked",
    "precedes": "follows",
    "copied_to": "copied_from",
}


class Field(msgspec.Struct, frozen=True):
    id: int
    name: str
    format: str
    values: tuple[str, ...] = ()
    multiple: bool = False


FIELDS = (
    Field(1, "Customer", "string"),
    Field(2, "Points", "float"),
    Field(3, "Severity", "list", ("S1", "S2", "S3")),
    Field(4, "Teams", "list", ("Red", "Green", "Blue"), multiple=True),
    Field(5, "Tester", "user"),
    Field(6, "Billable", "bool"),
    Field(7, "Story", "text"),
    Field(8, "Count", "int"),
    Field(9, "Since", "date"),
    Field(10, "Docs", "link"),
    Field(11, "Tidegate marker", "string"),
    Field(12, "Stage", "enumeration", ("Alpha", "Beta")),
)

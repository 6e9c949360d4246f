"""The fixed lists of a simulated Jira: types, priorities, statuses, transitions, links."""

import msgspec

TYPES = {
    "Bug": "10001",
    "Task": "10002",
    "Story": "10003",
    "Improvement": "10004",
    "Epic": "10000",
    "Sub-task": "10005",
}
EPIC = "Epic"
SUB_TASK = "Sub-task"
PRIORITIES = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
RESOLUTIONS = {"Done": "10000", "Won't Do": "10001", "Duplicate": "10002"}
COMPONENTS = {"Backend": "10100", "Frontend": "10101"}
VERSIONS = {"1.0": "10200", "2.0": "10201"}
STATUSES = {
    "To Do": ("10000", "new"),
    "In Progress": ("3", "indeterminate"),
    "In Review": ("10010", "indeterminate"),
    "Done": ("10002", "done"),
}
"""Name -> id and category."""
CATEGORY_NAMES = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
CATEGORY_IDS = {"new": 2, "indeterminate": 4, "done": 3}
INITIAL = "To Do"


class Transition(msgspec.Struct, frozen=True):
    id: str
    name: str
    origin: str
    to: str
    resolution: bool = False
    """Its screen demands a resolution."""
    screen: dict[str, bool] = {}
    """Other fields of its screen, by Jira's ids; True for those that must have a value."""


TRANSITIONS = (
    Transition("11", "Start progress", "To Do", "In Progress"),
    Transition("21", "Stop progress", "In Progress", "To Do"),
    Transition("31", "Ask for review", "In Progress", "In Review"),
    Transition("41", "Reject", "In Review", "In Progress"),
    Transition("51", "Finish", "In Progress", "Done", resolution=True),
    Transition("61", "Approve", "In Review", "Done", resolution=True),
    Transition("71", "Reopen", "Done", "To Do"),
)


class LinkType(msgspec.Struct, frozen=True):
    id: str
    name: str
    inward: str
    outward: str


LINK_TYPES = (
    LinkType("10000", "Blocks", "is blocked by", "blocks"),
    LinkType("10001", "Cloners", "is cloned by", "clones"),
    LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
    LinkType("10003", "Relates", "relates to", "relates to"),
)


def leaving(status: str) -> tuple[Transition, ...]:
    return tuple(item for item in TRANSITIONS if item.origin == status)

"""The words that trackers bring along for status, priority and type, and what they mean: from two
of these come the tables of a new connection."""

from typing import Literal, TypeVar

import msgspec

Stage = Literal["todo", "doing", "review", "done", "dropped"]
Kind = Literal["bug", "story", "task"]
Ending = Literal["solved", "refused", "duplicate", "unclear"]
M = TypeVar("M")

# What comes nearest where a tracker has no word for a stage of its own.
_NEAREST: dict[Stage, tuple[Stage, ...]] = {
    "todo": ("todo",),
    "doing": ("doing", "todo"),
    "review": ("review", "doing", "todo"),
    "done": ("done",),
    "dropped": ("dropped", "done"),
}


class Vocabulary(msgspec.Struct, frozen=True):
    """Of several words for the same, the first is the one that is written."""

    title: str
    statuses: dict[str, Stage]
    priorities: dict[str, int]
    """1 is the most urgent, 5 the least."""
    types: dict[str, Kind]
    resolutions: dict[str, Ending] = {}
    """Empty where an issue has none beside its status."""


class Tables(msgspec.Struct, frozen=True):
    """From the other side's words to ours."""

    type: dict[str, str]
    other_type: str
    status: dict[str, str]
    priority: dict[str, str]
    resolution: dict[str, str]


_JIRA = Vocabulary(
    title="Jira",
    statuses={"To Do": "todo", "In Progress": "doing", "In Review": "review", "Done": "done"},
    priorities={"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5},
    types={"Bug": "bug", "Task": "task", "Story": "story"},
    resolutions={
        "Done": "solved",
        "Fixed": "solved",
        "Won't Do": "refused",
        "Won't Fix": "refused",
        "Duplicate": "duplicate",
        "Cannot Reproduce": "unclear",
    },
)

VOCABULARIES = {
    "jira": _JIRA,
    "jira-cloud": msgspec.structs.replace(_JIRA, title="Jira Cloud"),
    "azure-devops": Vocabulary(
        title="Azure DevOps",
        statuses={
            "New": "todo",
            "Active": "doing",
            "Resolved": "review",
            "Closed": "done",
            "Removed": "dropped",
        },
        priorities={"1": 1, "2": 2, "3": 3, "4": 4},
        types={"Bug": "bug", "Task": "task", "User Story": "story", "Issue": "task"},
    ),
    "github": Vocabulary(
        title="GitHub",
        statuses={"open": "todo", "closed": "done"},
        priorities={"critical": 1, "high": 2, "medium": 3, "low": 4},
        types={"Bug": "bug", "Task": "task", "Feature": "story"},
    ),
    "rally": Vocabulary(
        title="Rally",
        statuses={
            "Defined": "todo",
            "In-Progress": "doing",
            "Completed": "review",
            "Accepted": "done",
            "Submitted": "todo",
            "Open": "doing",
            "Fixed": "review",
            "Closed": "done",
            "Reopened": "todo",
        },
        priorities={
            "Resolve Immediately": 1,
            "High Attention": 2,
            "Normal": 3,
            "Low": 4,
        },
        types={"User Story": "story", "Defect": "bug", "Task": "task"},
    ),
    "redmine": Vocabulary(
        title="Redmine",
        statuses={
            "New": "todo",
            "In Progress": "doing",
            "Resolved": "review",
            "Feedback": "doing",
            "Closed": "done",
            "Rejected": "dropped",
        },
        priorities={"Immediate": 1, "Urgent": 1, "High": 2, "Normal": 3, "Low": 4},
        types={"Bug": "bug", "Feature": "story", "Support": "task"},
    ),
    "alm": Vocabulary(
        title="ALM",
        statuses={
            "New": "todo",
            "Open": "doing",
            "Fixed": "review",
            "Closed": "done",
            "Rejected": "dropped",
            "Reopen": "todo",
        },
        priorities={"5-Urgent": 1, "4-Very High": 2, "3-High": 3, "2-Medium": 4, "1-Low": 5},
        types={"Defect": "bug"},
    ),
}


def tables(local: Vocabulary, remote: Vocabulary) -> Tables:
    stages = _first_words(local.statuses)
    kinds, endings = _first_words(local.types), _first_words(local.resolutions)
    return Tables(
        type={theirs: _kind(kinds, kind) for theirs, kind in remote.types.items()},
        other_type=_kind(kinds, "task"),
        status={theirs: _status(stages, stage) for theirs, stage in remote.statuses.items()},
        priority={
            theirs: _priority(local.priorities, level)
            for theirs, level in remote.priorities.items()
        },
        resolution={
            theirs: endings[ending]
            for theirs, ending in remote.resolutions.items()
            if ending in endings
        },
    )


def _first_words(words: dict[str, M]) -> dict[M, str]:
    return {meaning: word for word, meaning in reversed(words.items())}


def _kind(words: dict[Kind, str], kind: Kind) -> str:
    """A tracker with one type has it for all."""
    return words.get(kind) or next(iter(words.values()))


def _status(stages: dict[Stage, str], stage: Stage) -> str:
    return next(stages[near] for near in _NEAREST[stage] if near in stages)


def _priority(levels: dict[str, int], level: int) -> str:
    return min(levels, key=lambda word: abs(levels[word] - level))

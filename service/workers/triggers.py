"""Which local issues come under sync by themselves."""

import hashlib

from schemas.issue import Issue
from schemas.node import Trigger
from service.sync.markers import made_by
from service.workers.roster import LiveConnection

HOP_LIMIT = 8


def twin_id(live: LiveConnection, issue_id: str) -> str:
    """The same for every attempt to put this issue under this connection from this side."""
    record = live.record
    seed = "\x1f".join((record.shared, record.local_side, record.connector, issue_id))
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def may_match(trigger: Trigger, project: str) -> bool:
    """Before the issue was read; in doubt it may."""
    return not project or project.lower() == trigger.project.lower()


def matches(live: LiveConnection, issue: Issue) -> bool:
    """Mirrors that this very connection made are never taken for new issues."""
    trigger = live.record.settings.trigger
    if trigger is None or made_by(issue.marker, live.record.shared):
        return False
    if issue.project.lower() != trigger.project.lower():
        return False
    if trigger.types and issue.fields.get("type") not in trigger.types:
        return False
    labels = issue.fields.get("labels")
    return set(trigger.labels) <= set(labels if isinstance(labels, tuple) else ())

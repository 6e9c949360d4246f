"""Which local issues come under sync by themselves."""

import hashlib

import structlog

from adapters.port import Searching, Tracker
from schemas.errors import Fault, TrackerError
from schemas.issue import Issue
from schemas.rich_text import RichText
from schemas.triggers import FieldCondition, TriggerSpec
from schemas.values import User, Value
from service.sync.markers import made_by
from service.workers.roster import LiveConnection

log = structlog.get_logger()

HOP_LIMIT = 8


def twin_id(live: LiveConnection, issue_id: str, before: int = 0) -> str:
    """The same for every attempt to put this issue under this connection from this side. `before`:
    how many of its twins were cleaned up."""
    record = live.record
    parts = (record.shared, record.local_side, record.connector, issue_id)
    seed = "\x1f".join((*parts, *([str(before)] if before else [])))
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def may_match(live: LiveConnection, project: str) -> bool:
    """Before the issue was read; in doubt it may."""
    return any(_fits_project(spec, project) for spec in live.triggers)


async def wants(live: LiveConnection, issue: Issue, tracker: Tracker) -> bool:
    """Mirrors that this very connection made are never taken for new issues."""
    if made_by(issue.marker, live.record.shared):
        return False
    for spec in live.triggers:
        if matches(spec, issue) and await _found(spec, issue, tracker, live.record.name):
            return True
    return False


def matches(spec: TriggerSpec, issue: Issue) -> bool:
    """All but its query."""
    if issue.project.lower() != spec.project.lower():
        return False
    if spec.types and issue.fields.get("type") not in spec.types:
        return False
    if not set(spec.labels) <= _words(issue.fields.get("labels")):
        return False
    return all(_holds(condition, issue.fields.get(condition.field)) for condition in spec.fields)


async def _found(spec: TriggerSpec, issue: Issue, tracker: Tracker, connection: str) -> bool:
    """By the tracker itself. A query that it refuses takes nothing in, and the log says so."""
    if not spec.query:
        return True
    if not isinstance(tracker, Searching):
        return False
    try:
        page = await tracker.search(spec.query, (spec.project,), issue=issue.ref.id)
    except TrackerError as error:
        if error.fault is not Fault.VALIDATION:
            raise
        log.warning("trigger.refused", connection=connection, query=spec.query, error=error)
        return False
    return any(found.id == issue.ref.id for found in page.issues)


def _fits_project(spec: TriggerSpec, project: str) -> bool:
    return not project or project.lower() == spec.project.lower()


def _holds(condition: FieldCondition, value: Value) -> bool:
    words = _words(value)
    if condition.filled is not None and condition.filled is not bool(words):
        return False
    if condition.any_of and words.isdisjoint(condition.any_of):
        return False
    return words.isdisjoint(condition.none_of)


def _words(value: Value) -> set[str]:
    """As people write it."""
    match value:
        case None | "" | ():
            return set()
        case tuple():
            return {str(element) for element in value}
        case User():
            return {word for word in (value.name, value.email, value.id) if word}
        case RichText():
            # A text is there or it is not; its words are for the tracker's own query.
            return {""} if value.blocks else set()
        case bool():
            return {str(value).lower()}
        case float():
            return {f"{value:g}"}
    return {str(value)}

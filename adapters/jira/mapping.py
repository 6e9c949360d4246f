"""Jira's issue JSON as our neutral words."""

from typing import Any

import msgspec

from adapters.jira import answers, custom, links, moments, wire
from adapters.jira.fields import Known
from adapters.jira.form import Form
from adapters.jira.users import to_user
from schemas.issue import Attachment, Comment, Issue, IssueRef, Part, Worklog
from schemas.values import Fields, User, as_set

MARKER_KEY = "tidegate"
"""The entity property that keeps our marker on issues and comments."""
INTERNAL_KEY = "sd.public.comment"

_CUSTOM = "customfield_"
_decode = msgspec.json.Decoder().decode


def reference(base: str, issue: answers.Issue) -> IssueRef:
    return IssueRef(issue.id, issue.key, f"{base}/browse/{issue.key}")


def custom_values(body: bytes) -> dict[str, Any]:
    """The custom fields that are not empty, as they stand in an issue's answer."""
    if b'"customfield_' not in body:
        return {}
    held = {
        key: _decode(raw)
        for key, raw in wire.raw_issue.decode(body).fields.items()
        if key.startswith(_CUSTOM)
    }
    return {key: value for key, value in held.items() if value is not None}


def to_issue(
    base: str,
    found: answers.Issue,
    values: dict[str, Any],
    known: Known,
    parts: frozenset[Part],
    form: Form,
    *,
    parent: str | None = None,
    comments: tuple[Comment, ...] | None = None,
    worklogs: tuple[Worklog, ...] | None = None,
) -> Issue:
    """`values` are the custom ones, `parent` the id of the issue's epic."""
    fields = found.fields
    updated = moments.parse_or_zero(fields.updated)
    attachments = None
    if Part.ATTACHMENTS in parts:
        attachments = tuple(to_attachment(item) for item in fields.attachment or ())
    neutral = _neutral(fields, form)
    neutral["parent"] = _parent(fields) or parent
    neutral.update(_custom(values, known, form))
    return Issue(
        ref=reference(base, found),
        version=updated,
        updated=updated,
        project=fields.project.key if fields.project else found.key.rpartition("-")[0],
        fields=neutral,
        comments=comments,
        attachments=attachments,
        comment_count=fields.comment.total if fields.comment else None,
        marker=marker_in((found.properties or {}).get(MARKER_KEY)),
        worklogs=worklogs,
    )


def _neutral(fields: answers.IssueFields, form: Form) -> Fields:
    return {
        "summary": fields.summary or "",
        "description": form.parse(fields.description),
        "environment": form.parse(fields.environment),
        "status": _name(fields.status),
        "resolution": _name(fields.resolution),
        "priority": _name(fields.priority),
        "type": fields.issuetype.name if fields.issuetype else None,
        "labels": as_set(fields.labels or ()),
        "assignee": to_user(fields.assignee),
        "reporter": to_user(fields.reporter),
        "due": fields.duedate,
        "components": _names(fields.components),
        "fix_versions": _names(fields.fix_versions),
        "affected_versions": _names(fields.versions),
        "estimate": fields.timeoriginalestimate,
        "remaining": fields.timeestimate,
        "spent": fields.timespent,
        "links": links.to_links(fields),
    }


def _parent(fields: answers.IssueFields) -> str | None:
    return (fields.parent.id or fields.parent.key) if fields.parent else None


def _custom(values: dict[str, Any], known: Known, form: Form) -> Fields:
    found: Fields = {}
    for key, raw in values.items():
        if key == known.parent or key in known.without_content:
            continue
        value = custom.read(raw, known.kinds.get(key), form)
        if value is not None:
            found[key] = value
    return found


def to_comment(found: answers.Comment, form: Form) -> Comment:
    return Comment(
        id=found.id,
        body=form.parse(found.body),
        author=to_user(found.author) or User(),
        created=moments.parse_or_zero(found.created),
        updated=moments.parse_or_zero(found.updated),
        internal=is_internal(found),
        marker=marker_of(found.properties),
    )


def is_internal(found: answers.Comment) -> bool:
    """Whatever is restricted to a role or group, or hidden from customers, is internal."""
    if found.visibility or found.jsd_public is False:
        return True
    for item in found.properties or ():
        if item.key == INTERNAL_KEY and isinstance(item.value, dict):
            # The flag is kept as a boolean or, by older tools, as a word.
            return str(item.value.get("internal")).lower() == "true"
    return False


def marker_of(properties: tuple[answers.Property, ...] | None) -> str:
    for item in properties or ():
        if item.key == MARKER_KEY:
            return marker_in(item.value)
    return ""


def marker_in(value: object) -> str:
    marker = value.get("marker") if isinstance(value, dict) else None
    return marker if isinstance(marker, str) else ""


def marker_property(marker: str) -> dict[str, Any]:
    return {"key": MARKER_KEY, "value": {"marker": marker}}


def to_attachment(found: answers.Attachment) -> Attachment:
    return Attachment(
        id=str(found.id),
        filename=found.filename,
        size=found.size,
        mime=found.mime_type or "application/octet-stream",
        author=to_user(found.author) or User(),
        created=moments.parse_or_zero(found.created),
    )


def _name(found: answers.Named | None) -> str | None:
    return found.name if found else None


def _names(found: tuple[answers.Named, ...] | None) -> tuple[str, ...]:
    return as_set([item.name for item in found or ()])

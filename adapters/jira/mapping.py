"""Jira's issue JSON as our neutral words."""

from typing import Any

import msgspec

from adapters.jira import answers, markup, moments, wire
from schemas.issue import Attachment, Comment, Issue, IssueRef, Part
from schemas.values import Fields, User, Value, as_set

MARKER_KEY = "tidegate"
"""The entity property that keeps our marker on issues and comments."""
INTERNAL_KEY = "sd.public.comment"

_CUSTOM = "customfield_"
# The development panel prints Java objects with addresses that differ on every read.
_VOLATILE = "com.atlassian.jira.plugin.devstatus"
_decode = msgspec.json.Decoder().decode


def reference(base: str, issue: answers.Issue) -> IssueRef:
    return IssueRef(issue.id, issue.key, f"{base}/browse/{issue.key}")


def to_issue(
    base: str,
    found: answers.Issue,
    body: bytes,
    comments: tuple[Comment, ...] | None,
    parts: frozenset[Part],
) -> Issue:
    """`body` is the answer that `found` was decoded from; custom fields are taken from it."""
    fields = found.fields
    updated = moments.parse_or_zero(fields.updated)
    attachments = None
    if Part.ATTACHMENTS in parts:
        attachments = tuple(to_attachment(item) for item in fields.attachment or ())
    return Issue(
        ref=reference(base, found),
        version=updated,
        updated=updated,
        project=fields.project.key if fields.project else found.key.rpartition("-")[0],
        fields=_neutral(fields, body),
        comments=comments,
        attachments=attachments,
        comment_count=fields.comment.total if fields.comment else None,
        marker=marker_in((found.properties or {}).get(MARKER_KEY)),
    )


def _neutral(fields: answers.IssueFields, body: bytes) -> Fields:
    neutral: Fields = {
        "summary": fields.summary or "",
        "description": markup.parse(fields.description),
        "status": _name(fields.status),
        "resolution": _name(fields.resolution),
        "priority": _name(fields.priority),
        "type": _name(fields.issuetype),
        "labels": as_set(fields.labels or ()),
        "assignee": to_user(fields.assignee),
        "reporter": to_user(fields.reporter),
        "due": fields.duedate,
        "components": _names(fields.components),
        "fix_versions": _names(fields.fix_versions),
        "parent": fields.parent.key if fields.parent else None,
    }
    if b'"customfield_' in body:
        neutral.update(_custom(body))
    return neutral


def _custom(body: bytes) -> Fields:
    found: Fields = {}
    for key, raw in wire.raw_issue.decode(body).fields.items():
        if not key.startswith(_CUSTOM) or bytes(raw) == b"null":
            continue
        value = _simple(_decode(raw))
        if value is not None:
            found[key] = value
    return found


def _simple(value: Any) -> Value:
    """A custom value in our terms; None for shapes that have none."""
    match value:
        case str():
            return None if _VOLATILE in value else value
        case bool() | int() | float():
            return value
        case {"displayName": str()}:
            return to_user(msgspec.convert(value, answers.Account))
        case {"value": str(text)} | {"name": str(text)}:
            return text
        case list():
            texts = [text for text in map(_simple, value) if isinstance(text, str)]
            return as_set(texts) if len(texts) == len(value) else None
        case _:
            return None


def to_comment(found: answers.Comment) -> Comment:
    return Comment(
        id=found.id,
        body=markup.parse(found.body),
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


def to_user(found: answers.Account | None) -> User | None:
    if found is None:
        return None
    login = found.name or found.key or ""
    return User(name=found.display_name or login, email=found.email_address or "", id=login)


def _name(found: answers.Named | None) -> str | None:
    return found.name if found else None


def _names(found: tuple[answers.Named, ...] | None) -> tuple[str, ...]:
    return as_set([item.name for item in found or ()])

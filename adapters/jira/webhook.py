"""Webhooks of Jira Server, Data Center and Cloud: authenticated, then read as hints."""

import hashlib
import hmac
import re
from typing import Annotated, Protocol

import msgspec

from adapters.jira import moments
from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.events import IssueChanged
from schemas.issue import Part

_COMMENT_EVENTS = frozenset({"comment_created", "comment_updated", "comment_deleted"})
_ISSUE_EVENTS = frozenset({"jira:issue_created", "jira:issue_updated", "jira:issue_deleted"})
_WORKLOG_EVENTS = frozenset({"worklog_created", "worklog_updated", "worklog_deleted"})
_LINK_EVENTS = frozenset({"issuelink_created", "issuelink_deleted"})
_WORKLOG_KINDS = frozenset({"issue_work_logged", "issue_worklog_updated", "issue_worklog_deleted"})
_WORKLOG_ITEMS = frozenset({"timespent", "worklogid", "worklogtimespent"})
_IN_SELF = re.compile(r"/issue/([A-Za-z0-9_-]{1,255})/comment/")


Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
# What is stored and used in addresses must be printable, whoever sends it.
Word = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[\x21-\x7e]*(?!\n)$")]


class Secrets(Protocol):
    """Of a connector's settings, what its webhooks must show."""

    @property
    def webhook_secret(self) -> str: ...

    @property
    def webhook_hmac_secret(self) -> str: ...


class _Project(msgspec.Struct, frozen=True):
    key: Word = ""


class _Fields(msgspec.Struct, frozen=True):
    updated: str | None = None
    project: _Project | None = None


class _Issue(msgspec.Struct, frozen=True):
    id: Word | Moment = ""
    fields: _Fields | None = None


class _Comment(msgspec.Struct, frozen=True):
    id: Word | Moment = ""
    self_: str | None = msgspec.field(default=None, name="self")


class _Worklog(msgspec.Struct, frozen=True, rename="camel"):
    issue_id: Word | Moment = ""


class _Link(msgspec.Struct, frozen=True, rename="camel"):
    source_issue_id: Word | Moment = ""
    destination_issue_id: Word | Moment = ""


class _Item(msgspec.Struct, frozen=True):
    field: str = ""


class _Changelog(msgspec.Struct, frozen=True):
    items: tuple[_Item, ...] | None = None


class _Hook(msgspec.Struct, frozen=True):
    event: str = msgspec.field(name="webhookEvent")
    kind: str | None = msgspec.field(default=None, name="issue_event_type_name")
    issue: _Issue | None = None
    comment: _Comment | None = None
    changelog: _Changelog | None = None
    worklog: _Worklog | None = None
    link: _Link | None = msgspec.field(default=None, name="issueLink")
    timestamp: Moment = 0


_decode = msgspec.json.Decoder(_Hook).decode


def parse(connector: str, params: Secrets, request: WebhookRequest) -> tuple[IssueChanged, ...]:
    """Raises InputError 401 for a wrong secret and 400 for a body that is no webhook of Jira."""
    _authenticate(params, request)
    try:
        hook = _decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError(
            "The body is no webhook of Jira.", remedy="Let Jira's own webhook call this address."
        ) from None
    if hook.event in _WORKLOG_EVENTS:
        issues = (hook.worklog.issue_id,) if hook.worklog else ()
        return _hints(connector, hook, issues, Part.WORKLOGS)
    if hook.event in _LINK_EVENTS:
        ends = (hook.link.source_issue_id, hook.link.destination_issue_id) if hook.link else ()
        return _hints(connector, hook, ends, Part.FIELDS)
    if hook.event not in _ISSUE_EVENTS and hook.event not in _COMMENT_EVENTS:
        return ()
    issue = _issue_id(hook)
    if not issue:
        return ()
    fields = hook.issue.fields if hook.issue else None
    return (
        IssueChanged(
            connector=connector,
            issue=issue,
            version=_version(hook),
            parts=_parts(hook),
            new_comment=_new_comment(hook),
            project=fields.project.key if fields and fields.project else "",
            source="webhook",
            deleted=hook.event == "jira:issue_deleted",
            at=hook.timestamp,
        ),
    )


def _hints(
    connector: str, hook: _Hook, issues: tuple[str | int, ...], part: Part
) -> tuple[IssueChanged, ...]:
    """Of events that tell an issue's id and nothing else of it."""
    return tuple(
        IssueChanged(
            connector=connector,
            issue=str(issue),
            version=None,
            parts=(part,),
            source="webhook",
            at=hook.timestamp,
        )
        for issue in issues
        if issue != ""
    )


def _authenticate(params: Secrets, request: WebhookRequest) -> None:
    """Every secret that is set must fit; with none set nobody may call."""
    passed = bool(params.webhook_secret or params.webhook_hmac_secret)
    if params.webhook_secret:
        passed &= _same(request.path_secret, params.webhook_secret)
    if params.webhook_hmac_secret:
        digest = hmac.digest(params.webhook_hmac_secret.encode(), request.body, hashlib.sha256)
        passed &= _same(request.headers.get("x-hub-signature", ""), "sha256=" + digest.hex())
    if not passed:
        raise InputError("Not authorised.", status=401)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def _issue_id(hook: _Hook) -> str:
    if hook.issue is not None and hook.issue.id != "":
        return str(hook.issue.id)
    # Server tells of a comment without its issue, except in the comment's own address.
    found = _IN_SELF.search(hook.comment.self_ or "") if hook.comment else None
    return found[1] if found else ""


def _parts(hook: _Hook) -> tuple[Part, ...]:
    """What changed, as far as it is sure; () says: look at all."""
    if hook.event in _COMMENT_EVENTS:
        return (Part.COMMENTS,)
    if hook.event != "jira:issue_updated":
        return ()
    parts: list[Part] = []
    if hook.comment is not None or (hook.kind or "").startswith("issue_comment"):
        parts.append(Part.COMMENTS)
    items = (hook.changelog.items if hook.changelog else None) or ()
    names = {item.field.casefold() for item in items}
    if "attachment" in names:
        parts.append(Part.ATTACHMENTS)
    if (hook.kind or "") in _WORKLOG_KINDS or names & _WORKLOG_ITEMS:
        parts.append(Part.WORKLOGS)
    if names - {"attachment", "comment"}:
        parts.append(Part.FIELDS)
    if "comment" in names and Part.COMMENTS not in parts:
        parts.append(Part.COMMENTS)
    return tuple(parts)


def _new_comment(hook: _Hook) -> str:
    """Jira tells a comment twice: as an event of its own, and as an update of its issue."""
    told = hook.event == "comment_created" or hook.kind == "issue_commented"
    edited = hook.changelog is not None and bool(hook.changelog.items)
    return str(hook.comment.id) if told and hook.comment is not None and not edited else ""


def _version(hook: _Hook) -> int | None:
    """Of an event with changed fields only: with a comment comes the issue as it was before."""
    items = hook.changelog.items if hook.changelog else None
    fields = hook.issue.fields if hook.issue else None
    if not items or hook.comment is not None or fields is None or not fields.updated:
        return None
    return moments.told_version(moments.parse_or_zero(fields.updated))

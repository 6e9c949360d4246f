"""Webhooks of GitHub: authenticated by their signature, then read as hints."""

import hashlib
import hmac
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec

from adapters.github.places import Place
from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.events import IssueChanged
from schemas.issue import Part

Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
# What is stored and used in addresses must be printable, whoever sends it.
Word = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[\x21-\x7e]*(?!\n)$")]

_FORM = "application/x-www-form-urlencoded"
_WHOLE = frozenset({"opened", "transferred", "deleted"})
"""Actions after which all of an issue is looked at."""


class _Repository(msgspec.Struct, frozen=True):
    id: Number
    full_name: Word = ""


class _Issue(msgspec.Struct, frozen=True):
    number: Number
    pull_request: dict[str, Any] | None = None


class _Comment(msgspec.Struct, frozen=True):
    id: Number


class _Hook(msgspec.Struct, frozen=True):
    action: str = ""
    comment: _Comment | None = None
    repository: _Repository | None = None
    issue: _Issue | None = None
    sub_issue: _Issue | None = None
    sub_issue_repo: _Repository | None = None
    parent_issue: _Issue | None = None
    parent_issue_repo: _Repository | None = None
    blocked_issue: _Issue | None = None
    blocked_issue_repo: _Repository | None = None
    blocking_issue: _Issue | None = None
    blocking_issue_repo: _Repository | None = None


_decode = msgspec.json.Decoder(_Hook).decode
_Found = tuple[_Issue | None, _Repository | None, tuple[Part, ...]]


def parse(connector: str, secret: str, request: WebhookRequest) -> tuple[IssueChanged, ...]:
    """Raises InputError 401 for a wrong signature and 400 for what is no webhook of GitHub."""
    _authenticate(secret, request)
    event = request.headers.get("x-github-event", "")
    hook = _read(request)
    changes = []
    for issue, repository, parts in _concerned(event, hook):
        if issue is None or repository is None or issue.pull_request is not None:
            continue
        changes.append(
            IssueChanged(
                connector=connector,
                issue=Place(repository.id, issue.number).id,
                parts=parts,
                new_comment=_new_comment(event, hook),
                project=repository.full_name,
                source="webhook",
                deleted=event == "issues" and hook.action == "deleted",
            )
        )
    return tuple(changes)


def _authenticate(secret: str, request: WebhookRequest) -> None:
    """Without a secret nobody may call."""
    given = request.headers.get("x-hub-signature-256", "").encode("utf-8", "surrogateescape")
    digest = hmac.digest(secret.encode(), request.body, hashlib.sha256)
    if not secret or not hmac.compare_digest(given, b"sha256=" + digest.hex().encode()):
        raise InputError(
            "Not authorised.",
            status=401,
            remedy="Give the webhook on GitHub the secret 'webhook_hmac_secret' of the connector.",
        )


def _read(request: WebhookRequest) -> _Hook:
    try:
        body = request.body
        if request.headers.get("content-type", "").partition(";")[0].strip() == _FORM:
            # What GitHub sends when nobody chose JSON.
            fields = parse_qs(body.decode("ascii"), max_num_fields=10)
            body = fields.get("payload", [""])[0].encode()
        return _decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        raise InputError(
            "The body is no webhook of GitHub.",
            remedy="Let GitHub's own webhook call this address, with content type JSON.",
        ) from None


def _new_comment(event: str, hook: _Hook) -> str:
    created = event == "issue_comment" and hook.action == "created"
    return str(hook.comment.id) if created and hook.comment else ""


def _concerned(event: str, hook: _Hook) -> tuple[_Found, ...]:
    """The issues that may have changed, each with what is sure to be all that did."""
    here = hook.repository
    fields = (Part.FIELDS,)
    match event:
        case "issues":
            return ((hook.issue, here, () if hook.action in _WHOLE else fields),)
        case "issue_comment":
            return ((hook.issue, here, (Part.COMMENTS,)),)
        case "sub_issues":
            return ((hook.sub_issue, hook.sub_issue_repo or here, fields),)
        case "issue_dependencies":
            return (
                (hook.blocked_issue, hook.blocked_issue_repo or here, fields),
                (hook.blocking_issue, hook.blocking_issue_repo or here, fields),
            )
        case _:
            return ()

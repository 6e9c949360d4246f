"""Webhooks: who sent one, and which issue to look at."""

import hmac
from collections.abc import Callable
from typing import Any

import msgspec

from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.events import IssueChanged
from schemas.issue import Part

_POST = "conversationpost"
_OURS = frozenset({"defect", "hierarchicalrequirement", "userstory", "task"})
_ATTACHED = frozenset({"Attachments"})
_TALKED = frozenset({"Discussion", "LatestDiscussionAgeInMinutes"})
_UNTOLD = frozenset({"VersionId", "LastUpdateDate", "RevisionHistory", "DragAndDropRank"})
"""Move with every save. A change of these alone does not tell what changed."""
_GONE = frozenset({"deleted", "recycled"})

KnownPlace = Callable[[str], str]
"""A project's ObjectID to its key, or '' when it is not known."""


class _Value(msgspec.Struct, frozen=True):
    name: str = ""
    value: Any = None


class _Transaction(msgspec.Struct, frozen=True):
    timestamp: int = 0


class _Message(msgspec.Struct, frozen=True):
    action: str
    object_type: str
    state: dict[str, _Value] = {}
    changes: dict[str, _Value] | None = None
    transaction: _Transaction = _Transaction()
    message_id: str = ""
    detail_link: str | None = None


class _Delivery(msgspec.Struct, frozen=True):
    message: _Message


_decode = msgspec.json.Decoder(_Delivery).decode


class WebhookReader:
    """Rally signs nothing, and may send a message twice: `change` is the message's own id."""

    def __init__(self, connector: str, secret: str, known_place: KnownPlace) -> None:
        self._connector = connector
        self._secret = secret.encode()
        self._known_place = known_place

    def read(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        self._authenticate(request)
        try:
            message = _decode(request.body).message
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(
                f"Not a message of a Rally webhook: {error}.",
                remedy="Have Rally's own webhooks call this address.",
            ) from error
        state = {one.name or key: one.value for key, one in message.state.items()}
        kind = message.object_type.replace(" ", "").casefold()
        if kind == _POST:
            return self._post(message, state)
        return self._issue(message, state) if kind in _OURS else ()

    def _authenticate(self, request: WebhookRequest) -> None:
        given = request.path_secret.encode("utf-8", "surrogatepass")
        if not self._secret or not hmac.compare_digest(given, self._secret):
            raise InputError(
                "The webhook's address ends with a wrong secret.",
                status=401,
                remedy="Put the connector's 'webhook_secret' at the end of the TargetUrl.",
            )

    def _issue(self, message: _Message, state: dict[str, Any]) -> tuple[IssueChanged, ...]:
        issue = _text(state.get("ObjectID")) or _last(message.detail_link)
        if not issue:
            raise InputError("The webhook's message names no issue.")
        version = state.get("VersionId")
        return (
            self._change(
                message,
                issue,
                version=version if isinstance(version, int) and version > 0 else None,
                parts=_parts(message),
                project=self._project(state),
                deleted=message.action.casefold() in _GONE,
            ),
        )

    def _post(self, message: _Message, state: dict[str, Any]) -> tuple[IssueChanged, ...]:
        artifact = state.get("Artifact")
        if not isinstance(artifact, dict):
            return ()
        issue = _last(artifact.get("detail_link")) or _text(artifact.get("formatted_id"))
        if not issue:
            return ()
        created = message.action.casefold() == "created"
        comment = _text(state.get("ObjectID")) if created else ""
        return (self._change(message, issue, parts=(Part.COMMENTS,), new_comment=comment),)

    def _change(self, message: _Message, issue: str, **more: Any) -> IssueChanged:
        return IssueChanged(
            connector=self._connector,
            issue=issue,
            source="webhook",
            change=message.message_id[:64],
            at=message.transaction.timestamp,
            **more,
        )

    def _project(self, state: dict[str, Any]) -> str:
        project = state.get("Project")
        oid = _last(project.get("detail_link")) if isinstance(project, dict) else ""
        return self._known_place(oid) if oid else ""


def _parts(message: _Message) -> tuple[Part, ...]:
    names = {one.name or key for key, one in (message.changes or {}).items()} - _UNTOLD
    if message.action.casefold() != "updated" or not names:
        return ()
    parts: list[Part] = []
    if names - _TALKED - _ATTACHED:
        parts.append(Part.FIELDS)
    if names & _TALKED:
        parts.append(Part.COMMENTS)
    if names & _ATTACHED:
        parts.append(Part.ATTACHMENTS)
    return tuple(parts)


def _text(value: object) -> str:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _last(link: object) -> str:
    """The ObjectID at the end of a link to a detail page."""
    last = link.rpartition("/")[2] if isinstance(link, str) else ""
    return last if last.isascii() and last.isdigit() else ""

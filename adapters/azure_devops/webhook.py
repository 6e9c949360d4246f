"""Service hooks: who sent it, and which work item to look at."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from typing import Annotated

import msgspec

from adapters.azure_devops.moments import millis
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.events import IssueChanged
from schemas.issue import Part

_ITEM_EVENTS = frozenset(
    {"workitem.created", "workitem.commented", "workitem.deleted", "workitem.restored"}
)
_UPDATED = "workitem.updated"
_COMMENT_FIELDS = frozenset({"System.History", "System.CommentCount"})
_UNTOLD = frozenset(
    {
        "System.Rev",
        "System.Watermark",
        "System.AuthorizedAs",
        "System.AuthorizedDate",
        "System.RevisedDate",
        "System.ChangedBy",
        "System.ChangedDate",
        "System.PersonId",
    }
)
"""Move with every save. An update of these alone does not tell what changed."""


_UPDATED_ITEM = re.compile(r"/workitems/(\d{1,10})/updates/\d+/?$", re.IGNORECASE)
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Envelope(msgspec.Struct, frozen=True, rename="camel"):
    event_type: str
    resource: msgspec.Raw = msgspec.Raw()
    id: str = ""
    created_date: str = ""


class _ItemFields(msgspec.Struct, frozen=True):
    project: str = msgspec.field(name="System.TeamProject", default="")


class _CommentVersion(msgspec.Struct, frozen=True, rename="camel"):
    comment_id: Number | None = None
    version: Number | None = None


class _Item(msgspec.Struct, frozen=True, rename="camel"):
    id: Number = 0
    rev: Number | None = None
    fields: _ItemFields | None = None
    comment_version_ref: _CommentVersion | None = None
    """The comment that was written with this revision."""

    @property
    def new_comment(self) -> str:
        ref = self.comment_version_ref
        return str(ref.comment_id) if ref and ref.comment_id and ref.version == 1 else ""


class _Relations(msgspec.Struct, frozen=True):
    added: tuple[msgspec.Raw, ...] | None = None
    removed: tuple[msgspec.Raw, ...] | None = None
    updated: tuple[msgspec.Raw, ...] | None = None


class _Update(msgspec.Struct, frozen=True, rename="camel"):
    work_item_id: Number = 0
    rev: Number | None = None
    fields: dict[str, msgspec.Raw] | None = None
    relations: _Relations | None = None
    revision: _Item | None = None
    url: str = ""
    """With minimal details it alone tells the item: `id` is the number of the update."""


_envelope = msgspec.json.Decoder(_Envelope).decode
_item = msgspec.json.Decoder(_Item).decode
_update = msgspec.json.Decoder(_Update).decode


class WebhookReader:
    def __init__(self, connector: str, params: AzureDevOpsParams) -> None:
        self._connector = connector
        self._secret = params.webhook_secret.encode()
        self._credentials = (
            f"{params.webhook_user}:{params.webhook_password}".encode()
            if params.webhook_user
            else b""
        )

    def read(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        self._authenticate(request)
        try:
            envelope = _envelope(request.body)
            if envelope.event_type == _UPDATED:
                return (self._updated(envelope, _update(envelope.resource)),)
            if envelope.event_type in _ITEM_EVENTS:
                return (self._item(envelope, _item(envelope.resource)),)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"Not a service hook message: {error}.",
                remedy="Subscribe with resource details set to All or Minimal, version 1.0.",
            ) from error
        return ()

    def _authenticate(self, request: WebhookRequest) -> None:
        """A setting that is given must be met; with none given nobody can be told apart."""
        allowed = bool(self._secret or self._credentials)
        if self._secret:
            given = request.path_secret.encode("utf-8", "surrogatepass")
            allowed = hmac.compare_digest(given, self._secret)
        if self._credentials:
            given = _basic(request.headers)
            allowed = hmac.compare_digest(given, self._credentials) and allowed
        if not allowed:
            raise InputError(
                "The service hook's credentials are wrong.",
                status=401,
                remedy="Put the connector's webhook credentials into the subscription.",
            )

    def _updated(self, envelope: _Envelope, update: _Update) -> IssueChanged:
        revision = update.revision
        item_id = update.work_item_id or (revision.id if revision else 0)
        if not item_id and (found := _UPDATED_ITEM.search(update.url)):
            item_id = int(found.group(1))
        version = revision.rev if revision and revision.rev else update.rev
        fields = revision.fields if revision else None
        parts, comment = _changed_parts(update), _only_comment(update)
        return self._change(envelope, item_id, version, fields, parts, comment)

    def _item(self, envelope: _Envelope, item: _Item) -> IssueChanged:
        if envelope.event_type != "workitem.commented":
            return self._change(envelope, item.id, item.rev, item.fields, ())
        # Fields that were saved together with the comment come as an update of their own.
        comment = item.new_comment
        parts = (Part.COMMENTS,) if comment else (Part.COMMENTS, Part.FIELDS)
        return self._change(envelope, item.id, item.rev, item.fields, parts, comment)

    def _change(
        self,
        envelope: _Envelope,
        item_id: int,
        version: int | None,
        fields: _ItemFields | None,
        parts: tuple[Part, ...],
        new_comment: str = "",
    ) -> IssueChanged:
        if item_id < 1:
            raise InputError(
                "The service hook message names no work item.",
                remedy="Subscribe with resource details set to All or Minimal.",
            )
        return IssueChanged(
            connector=self._connector,
            issue=str(item_id),
            version=version,
            parts=parts,
            new_comment=new_comment,
            project=fields.project if fields else "",
            source="webhook",
            deleted=envelope.event_type == "workitem.deleted",
            change=envelope.id[:64],
            at=millis(envelope.created_date),
        )


def _only_comment(update: _Update) -> str:
    """An edited comment or a new file makes no revision: what is told then is the one before."""
    names = (update.fields or {}).keys()
    talked = _COMMENT_FIELDS & names and not names - _COMMENT_FIELDS - _UNTOLD
    if update.revision is None or not talked or _is_related(update):
        return ""
    return update.revision.new_comment


def _is_related(update: _Update) -> bool:
    told = update.relations
    return told is not None and bool(told.added or told.removed or told.updated)


def _changed_parts(update: _Update) -> tuple[Part, ...]:
    names = (update.fields or {}).keys()
    related = _is_related(update)
    talked = bool(_COMMENT_FIELDS & names) or (
        update.revision is not None and update.revision.comment_version_ref is not None
    )
    if not (related or talked or names - _UNTOLD):
        return ()
    parts = [Part.FIELDS]
    if talked:
        parts.append(Part.COMMENTS)
    if related:
        parts.append(Part.ATTACHMENTS)
    return tuple(parts)


def _basic(headers: Mapping[str, str]) -> bytes:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""

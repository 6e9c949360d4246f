"""Work items as neutral issues: reading."""

import mimetypes
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from adapters.azure_devops.images import attachment_id, to_names
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.wire import Identity, Relation, WireComment, WorkItem
from adapters.rich_text import html, markdown
from schemas.issue import Attachment, Comment, Issue, IssueRef
from schemas.rich_text import RichText
from schemas.values import Fields, Millis, User, Value, as_set

TITLE = "System.Title"
STATE = "System.State"
TAGS = "System.Tags"
TYPE = "System.WorkItemType"
PROJECT = "System.TeamProject"
DESCRIPTION = "System.Description"
PRIORITY = "Microsoft.VSTS.Common.Priority"

ATTACHED = "AttachedFile"
PARENT = "System.LinkTypes.Hierarchy-Reverse"
HYPERLINK = "Hyperlink"
MARKER = "tidegate:"

REFERENCES = {
    "summary": TITLE,
    "status": STATE,
    "priority": PRIORITY,
    "type": TYPE,
    "labels": TAGS,
    "assignee": "System.AssignedTo",
    "reporter": "System.CreatedBy",
    "area": "System.AreaPath",
    "iteration": "System.IterationPath",
    "parent": "System.Parent",
}
"""Neutral name -> reference name; the description depends on the type."""

_ALWAYS = ("description", "priority", "assignee", "area", "iteration", "parent")
"""Shown as None when the tracker leaves an empty field out."""

_HTML = frozenset(
    {
        DESCRIPTION,
        "Microsoft.VSTS.TCM.ReproSteps",
        "Microsoft.VSTS.TCM.SystemInfo",
        "Microsoft.VSTS.Common.AcceptanceCriteria",
        "Microsoft.VSTS.CMMI.Symptom",
        "Microsoft.VSTS.CMMI.ProposedFix",
    }
)
_BOOKKEEPING = frozenset(
    {
        "System.Id",
        "System.Rev",
        "System.Watermark",
        "System.History",
        "System.CommentCount",
        "System.TeamProject",
        "System.AreaId",
        "System.IterationId",
        "System.NodeName",
        "System.PersonId",
        "System.AuthorizedAs",
        "System.AuthorizedDate",
        "System.RevisedDate",
        "System.ChangedBy",
        "System.ChangedDate",
        "System.CreatedDate",
        "System.IsDeleted",
        "System.BoardColumn",
        "System.BoardColumnDone",
        "System.BoardLane",
        "System.AttachedFileCount",
        "System.ExternalLinkCount",
        "System.HyperLinkCount",
        "System.RelatedLinkCount",
        "System.RemoteLinkCount",
    }
)
"""Moves by itself with every save; no one wants it on the other side."""
_NOISE = ("System.AreaLevel", "System.IterationLevel", "System.ExtensionMarker", "WEF_")

_SHORT = 4096
"""Characters up to which a parsed text is remembered."""
_NAMED = re.compile(r"^(.*?)\s*<([^<>]+)>$")
_DIGITS = re.compile(r"(\d+)/?$")


class Mapper:
    """Reads one connector's JSON; `params` decides names and HTML fields."""

    def __init__(self, params: AzureDevOpsParams) -> None:
        self._params = params
        self._names = {reference: name for name, reference in REFERENCES.items()}
        self._names |= {reference: name for name, reference in params.fields.items()}
        self._html = _HTML | frozenset(params.html_fields)
        self._always = _ALWAYS + tuple(params.fields)

    def description_reference(self, work_item_type: str) -> str:
        return self._params.description_fields.get(work_item_type, DESCRIPTION)

    def is_html(self, reference: str) -> bool:
        return reference in self._html

    def ref(self, item_id: int, project: str) -> IssueRef:
        key = str(item_id)
        place = f"/{quote(project, safe='')}" if project else ""
        return IssueRef(key, key, f"{self._params.url}{place}/_workitems/edit/{key}")

    def issue(self, item: WorkItem, *, attachments_known: bool) -> Issue:
        """`attachments_known` False: no relations in the answer do not mean there are none."""
        raw = item.fields
        project = str(raw.get(PROJECT, ""))
        relations = item.relations
        if relations is None and attachments_known:
            relations = ()
        attached = attachments(relations or ())
        count = raw.get("System.CommentCount")
        return Issue(
            ref=self.ref(item.id, project),
            version=item.rev,
            updated=millis(raw.get("System.ChangedDate")),
            project=project,
            fields=self._fields(item, {one.id: one.filename for one in attached}),
            attachments=None if relations is None else attached,
            comment_count=count if isinstance(count, int) else None,
            marker=_marker(relations or ()),
        )

    def _fields(self, item: WorkItem, files: Mapping[str, str]) -> Fields:
        raw = item.fields
        described = self.description_reference(str(raw.get(TYPE, "")))
        fields: Fields = dict.fromkeys(self._always)
        fields["labels"] = ()
        for reference, value in raw.items():
            if reference in _BOOKKEEPING or reference.startswith(_NOISE):
                continue
            name = "description" if reference == described else self._names.get(reference)
            fields[name or reference] = self._value(reference, value, item.formats, files)
        if fields["parent"] is None:
            fields["parent"] = _parent(item.relations or ())
        return fields

    def _value(
        self, reference: str, value: Any, formats: Mapping[str, str], files: Mapping[str, str]
    ) -> Value:
        if reference == TAGS:
            return split_tags(str(value))
        if reference in self._html:
            return rich(to_names(str(value), files), formats.get(reference, "html"))
        if reference in (PRIORITY, "System.Parent"):
            return str(value)
        if isinstance(value, dict):
            return _user(value)
        if reference in ("System.AssignedTo", "System.CreatedBy"):
            return named_user(str(value))
        if value is None or isinstance(value, bool | int | float | str):
            return value
        return str(value)


def rich(text: str, format_: str) -> RichText | None:
    """None for an empty text: Azure DevOps knows no difference."""
    return _remembered(text, format_) if len(text) <= _SHORT else _parse(text, format_)


def _parse(text: str, format_: str) -> RichText | None:
    parsed = markdown.parse(text) if format_.lower() == "markdown" else html.parse(text)
    return parsed if parsed.blocks else None


# A description is parsed on every read, and hardly ever has it changed.
_remembered = lru_cache(maxsize=1024)(_parse)


def comment(wire: WireComment) -> Comment:
    return Comment(
        id=str(wire.id or wire.comment_id),
        body=rich(wire.text, wire.format) or RichText(()),
        author=user(wire.created_by),
        created=millis(wire.created_date),
        updated=millis(wire.modified_date or wire.created_date),
    )


def attachments(relations: tuple[Relation, ...]) -> tuple[Attachment, ...]:
    found = (attachment(relation) for relation in relations if relation.rel == ATTACHED)
    return tuple(one for one in found if one is not None)


def attachment(relation: Relation) -> Attachment | None:
    guid = attachment_id(relation.url)
    if not guid:
        return None
    details = relation.attributes
    name = details.name or guid
    return Attachment(
        id=guid,
        filename=name,
        size=details.resource_size,
        mime=mimetypes.guess_type(name)[0] or "application/octet-stream",
        created=millis(details.resource_created_date or details.authorized_date),
    )


def _parent(relations: tuple[Relation, ...]) -> str | None:
    for relation in relations:
        if relation.rel == PARENT and (found := _DIGITS.search(relation.url)):
            return found.group(1)
    return None


def split_tags(text: str) -> tuple[str, ...]:
    return as_set([tag for part in text.split(";") if (tag := part.strip())])


def user(identity: Identity) -> User:
    """`uniqueName` is what Azure DevOps takes back as a value, so it is the id."""
    name = identity.unique_name
    return User(
        name=identity.display_name,
        email=name if "@" in name else "",
        id=name or identity.id,
    )


def _user(value: Mapping[str, Any]) -> User:
    return user(
        Identity(
            str(value.get("displayName", "")),
            str(value.get("uniqueName", "")),
            str(value.get("id", "")),
        )
    )


def named_user(text: str) -> User:
    """Older servers and reports write an identity as `Name <unique name>`."""
    found = _NAMED.match(text)
    if found is None:
        return User(name=text, id=text)
    return user(Identity(found.group(1), found.group(2)))


def millis(value: object) -> Millis:
    """0 for a date that is missing or of no meaning."""
    if not isinstance(value, str) or not value:
        return 0
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp() * 1000))


def iso(moment: Millis) -> str:
    text = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _marker(relations: Iterable[Relation]) -> str:
    for relation in relations:
        comment = relation.attributes.comment or ""
        if relation.rel == HYPERLINK and comment.startswith(MARKER):
            return comment.removeprefix(MARKER)
    return ""

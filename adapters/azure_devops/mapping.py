"""Work items as neutral issues: reading."""

import mimetypes
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from adapters.azure_devops import links
from adapters.azure_devops.fields import FieldDirectory
from adapters.azure_devops.images import attachment_id, to_names, tree_to_names
from adapters.azure_devops.links import ATTACHED, HYPERLINK
from adapters.azure_devops.moments import day, iso, millis
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.references import (
    BOOKKEEPING,
    CLOSED,
    DESCRIPTION,
    NOISE,
    PROJECT,
    REASON,
    REFERENCES,
    RESOLVED_REASON,
    TYPE,
)
from adapters.azure_devops.wire import Identity, Relation, WireComment, WorkItem
from adapters.http import segment
from adapters.rich_text import html, markdown
from schemas.issue import Attachment, Comment, Issue, IssueRef
from schemas.rich_text import RichText
from schemas.values import Fields, User, Value, as_set

MARKER = "tidegate:"
SECONDS = 3600
"""Work is kept in hours."""

_ALWAYS = (
    "description",
    "resolution",
    "priority",
    "assignee",
    "area",
    "iteration",
    "due",
    "estimate",
    "remaining",
    "spent",
)
"""Shown as None when the tracker leaves an empty field out."""

_SHORT = 4096
"""Characters up to which a parsed text is remembered."""
_NAMED = re.compile(r"^(.*?)\s*<([^<>]+)>$")


class Mapper:
    """Reads one connector's JSON; `params` decides names, and `fields` knows kinds."""

    def __init__(self, params: AzureDevOpsParams, fields: FieldDirectory) -> None:
        self._params = params
        self._directory = fields
        references = REFERENCES | params.fields
        self._names = {reference: name for name, reference in references.items()}
        self._always = dict.fromkeys((*_ALWAYS, *params.fields))
        self._zone = params.zone()

    def description_reference(self, work_item_type: str) -> str:
        return self._params.description_fields.get(work_item_type, DESCRIPTION)

    def name(self, reference: str, work_item_type: str) -> str:
        """As it stands in `Issue.fields`."""
        if reference == self.description_reference(work_item_type):
            return "description"
        return self._names.get(reference, reference)

    def ref(self, item_id: int, project: str) -> IssueRef:
        key = str(item_id)
        place = f"/{segment(project)}" if project else ""
        return IssueRef(key, key, f"{self._params.url}{place}/_workitems/edit/{key}")

    def issue(self, item: WorkItem) -> Issue:
        """No relations in the answer mean that there are none."""
        raw = item.fields
        project = str(raw.get(PROJECT, ""))
        relations = item.relations or ()
        attached = attachments(relations)
        count = raw.get("System.CommentCount")
        return Issue(
            ref=self.ref(item.id, project),
            version=item.rev,
            updated=millis(raw.get("System.ChangedDate")),
            project=project,
            fields=self._fields(item, relations, {one.id: one.filename for one in attached}),
            attachments=attached,
            comment_count=count if isinstance(count, int) else None,
            marker=_marker(relations),
        )

    def _fields(
        self, item: WorkItem, relations: tuple[Relation, ...], files: Mapping[str, str]
    ) -> Fields:
        raw = item.fields
        described = self.description_reference(str(raw.get(TYPE, "")))
        fields: Fields = {**self._always, "labels": ()}
        for reference, value in raw.items():
            if reference in BOOKKEEPING or reference.startswith(NOISE):
                continue
            name = "description" if reference == described else self._names.get(reference)
            fields[name or reference] = self._value(reference, value, item.formats, files)
        fields["resolution"] = _resolution(raw)
        fields["parent"] = links.parent(relations)
        fields["links"] = links.links(relations)
        fields["children"] = links.children(relations)
        return fields

    def _value(
        self, reference: str, value: Any, formats: Mapping[str, str], files: Mapping[str, str]
    ) -> Value:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, dict):
            return _user(value)
        match self._directory.kind(reference):
            case "labels":
                return split_tags(str(value))
            case "rich_text":
                return _text(str(value), formats.get(reference, "html"), files)
            case "option":
                return str(value)
            case "user":
                return named_user(str(value))
            case "path":
                return " / ".join(str(value).split("\\"))
            case "date":
                return day(str(value), self._zone)
            case "datetime":
                return iso(millis(value))
            case "duration" if isinstance(value, int | float):
                return round(value * SECONDS)
        return value if isinstance(value, int | float | str) else str(value)


def _text(text: str, format_: str, files: Mapping[str, str]) -> RichText | None:
    if not is_markdown(format_):
        return rich(to_names(text, files), format_)
    parsed = rich(text, format_)
    return tree_to_names(parsed, files) if parsed and files else parsed


def _resolution(raw: Mapping[str, Any]) -> str | None:
    """Why the item was resolved, or closed; reasons of other states are none."""
    reason = raw.get(RESOLVED_REASON) or (raw.get(REASON) if raw.get(CLOSED) else None)
    return str(reason) if reason else None


def is_markdown(format_: str) -> bool:
    return format_.lower() == "markdown"


def rich(text: str, format_: str) -> RichText | None:
    """None for an empty text: Azure DevOps knows no difference."""
    return _remembered(text, format_) if len(text) <= _SHORT else _parse(text, format_)


def _parse(text: str, format_: str) -> RichText | None:
    parsed = markdown.parse(text) if is_markdown(format_) else html.parse(text)
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


def _marker(relations: Iterable[Relation]) -> str:
    for relation in relations:
        comment = relation.attributes.comment or ""
        if relation.rel == HYPERLINK and comment.startswith(MARKER):
            return comment.removeprefix(MARKER)
    return ""

"""Neutral values as JSON Patch operations: writing."""

import re
from typing import Any, Literal

import msgspec

from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.images import to_addresses
from adapters.azure_devops.mapping import (
    HYPERLINK,
    MARKER,
    PARENT,
    PRIORITY,
    REFERENCES,
    TAGS,
    TITLE,
    Mapper,
)
from adapters.azure_devops.wire import Relation
from adapters.rich_text import html, markdown
from schemas.errors import Fault
from schemas.issue import Attachment, FieldChange, Issue, IssueDraft
from schemas.rich_text import RichText, plain, to_plain
from schemas.values import Digest, User, Value

TITLE_LENGTH = 255
TAG_LENGTH = 400
NO_SOURCE = "https://tidegate.invalid/issue/"
"""Carries the marker where no link to the other side may be shown; `.invalid` leads nowhere."""

_SEPARATORS = re.compile(r"[;,]")
_NUMERIC = re.compile(r"^\d+$")
_READ_ONLY = frozenset({"reporter"})


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    op: Literal["add", "replace", "remove", "test"]
    path: str
    value: Any = msgspec.UNSET


encode = msgspec.json.Encoder().encode


def test_rev(rev: int) -> Operation:
    return Operation("test", "/rev", rev)


def add_relation(rel: str, url: str, comment: str = "") -> Operation:
    value: dict[str, Any] = {"rel": rel, "url": url}
    if comment:
        value["attributes"] = {"comment": comment}
    return Operation("add", "/relations/-", value)


class _Place(msgspec.Struct, frozen=True):
    """Where a text goes: which fields are Markdown there, and which files it may show."""

    markdown_fields: frozenset[str] = frozenset()
    attachments: tuple[Attachment, ...] = ()


_NEW = _Place()


class PatchWriter:
    """`api` is the base of the addresses of items and attachments."""

    def __init__(self, mapper: Mapper, names: dict[str, str], api: str) -> None:
        self._mapper = mapper
        self._references = REFERENCES | names
        self._api = api

    def creating(self, draft: IssueDraft, kind: str) -> list[Operation]:
        """All but the status: an item begins in its type's first state."""
        operations = []
        for name, value in draft.fields.items():
            if name in ("status", "type", "parent") or value is None or value == ():
                continue
            operations.append(self._set(name, value, kind, _NEW))
        link = draft.source_url
        if not link.startswith(("https://", "http://")):
            link = NO_SOURCE + draft.marker
        operations.append(add_relation(HYPERLINK, link, MARKER + draft.marker))
        parent = draft.fields.get("parent")
        if parent:
            operations.append(self.parent(str(parent)))
        return operations

    def changing(
        self, issue: Issue, change: FieldChange, markdown_fields: frozenset[str]
    ) -> list[Operation]:
        """Without the test of the revision, and without the parent, which is a relation."""
        kind = str(change.set.get("type") or issue.fields.get("type") or "")
        place = _Place(markdown_fields, issue.attachments or ())
        operations = []
        for name, value in change.set.items():
            if name in ("labels", "parent"):
                continue
            if value is None and name not in ("summary", "status", "type"):
                reference = self.reference(name, kind)
                if issue.fields.get(name) is not None:
                    operations.append(Operation("remove", f"/fields/{_pointer(reference)}"))
            else:
                operations.append(self._set(name, value, kind, place))
        tags = self._tags(issue, change)
        if tags is not None:
            operations.append(Operation("add", f"/fields/{TAGS}", "; ".join(tags)))
        return operations

    def state(self, value: Value) -> Operation:
        return self._set("status", value, "", _NEW)

    def parent(self, item_id: str) -> Operation:
        if not _NUMERIC.match(item_id):
            raise tracker_error(
                Fault.VALIDATION, f"parent {item_id!r} is not a work item number.", field="parent"
            )
        return add_relation(PARENT, f"{self._api}/_apis/wit/workItems/{item_id}")

    def reference(self, name: str, kind: str) -> str:
        if name == "description":
            return self._mapper.description_reference(kind)
        found = self._references.get(name)
        if found is None and "." in name:
            found = name
        if found is None or name in _READ_ONLY:
            why = "is set by Azure DevOps itself" if found else "has no counterpart"
            raise tracker_error(
                Fault.VALIDATION,
                f"field {name} {why}.",
                field=name,
                remedy="Leave the field out of the incoming rule, or name its reference name.",
            )
        return found

    def _set(self, name: str, value: Value, kind: str, place: _Place) -> Operation:
        reference = self.reference(name, kind)
        return Operation(
            "add", f"/fields/{_pointer(reference)}", self._raw(name, reference, value, place)
        )

    def _raw(self, name: str, reference: str, value: Value, place: _Place) -> Any:
        match value:
            case RichText() | str() if reference in place.markdown_fields:
                return markdown.render(_as_rich(value))
            case RichText() | str() if self._mapper.is_html(reference):
                return to_addresses(html.render(_as_rich(value)), place.attachments, self._api)
            case RichText():
                return to_plain(value)
            case User():
                return value.email or value.id or value.name
            case tuple():
                return "; ".join(clean_tag(tag) for tag in value)
            case Digest():
                raise tracker_error(
                    Fault.VALIDATION, f"field {name} came without its content.", field=name
                )
            case str() if reference == TITLE:
                return fit_title(value)
            case str() if reference == PRIORITY and _NUMERIC.match(value):
                return int(value)
            case _:
                return "" if value is None else value

    def _tags(self, issue: Issue, change: FieldChange) -> list[str] | None:
        """The whole new list, or None when nothing changes. Tags differ by more than case only."""
        for name in (*change.add, *change.remove):
            if name != "labels":
                raise tracker_error(
                    Fault.VALIDATION, f"field {name} is not a set of values.", field=name
                )
        present = _elements(issue.fields.get("labels"))
        wanted = _elements(change.set["labels"]) if "labels" in change.set else present
        kept = {tag.casefold(): tag for tag in map(clean_tag, wanted) if tag}
        for tag in map(clean_tag, change.remove.get("labels", ())):
            kept.pop(tag.casefold(), None)
        for tag in map(clean_tag, change.add.get("labels", ())):
            if tag:
                kept.setdefault(tag.casefold(), tag)
        same = {tag.casefold() for tag in present} == set(kept)
        return None if same else sorted(kept.values())


def _as_rich(value: RichText | str) -> RichText:
    """Bare words stay words, whatever signs they hold."""
    return plain(value) if isinstance(value, str) else value


def _elements(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _pointer(reference: str) -> str:
    return reference.replace("~", "~0").replace("/", "~1")


def fit_title(text: str) -> str:
    """One line of at most 255 characters, as Azure DevOps counts them (UTF-16)."""
    line = " ".join(text.split())
    if len(line.encode("utf-16-le")) // 2 <= TITLE_LENGTH:
        return line
    return _cut(line, TITLE_LENGTH - 1) + "…"


def clean_tag(tag: str) -> str:
    """Semicolon and comma part tags, so they become an underscore."""
    return _cut(_SEPARATORS.sub("_", " ".join(tag.split())), TAG_LENGTH)


def _cut(text: str, units: int) -> str:
    encoded = text.encode("utf-16-le")[: units * 2]
    return encoded.decode("utf-16-le", errors="ignore").rstrip()


def parent_removal(relations: tuple[Relation, ...]) -> list[Operation]:
    for place, relation in enumerate(relations):
        if relation.rel == PARENT:
            return [Operation("remove", f"/relations/{place}")]
    return []

"""Neutral values as JSON Patch operations: writing."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.fields import FieldDirectory
from adapters.azure_devops.images import to_addresses, tree_to_addresses
from adapters.azure_devops.links import HYPERLINK, PARENT, parent_key, relation_type
from adapters.azure_devops.mapping import MARKER, SECONDS, Mapper
from adapters.azure_devops.moments import beginning
from adapters.azure_devops.operations import Operation, RelationChange, add_relation
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.references import PRIORITY, REFERENCES, TAGS, TITLE
from adapters.rich_text import html, markdown
from schemas.errors import Fault
from schemas.issue import Attachment, FieldChange, Issue, IssueDraft
from schemas.rich_text import RichText, plain, to_plain
from schemas.values import Digest, Fields, User, Value

TITLE_LENGTH = 255
TAG_LENGTH = 400
NO_SOURCE = "https://tidegate.invalid/issue/"
"""Carries the marker where no link to the other side may be shown; `.invalid` leads nowhere."""

_SEPARATORS = re.compile(r"[;,]")
_NUMERIC = re.compile(r"^\d+$")
_READ_ONLY = frozenset({"reporter", "children"})
_RELATED = ("parent", "links")
"""Relations and not fields."""


class _Place(msgspec.Struct, frozen=True):
    """Where a text goes: which fields are Markdown there, and which files it may show."""

    markdown_fields: frozenset[str] = frozenset()
    attachments: tuple[Attachment, ...] = ()


_NEW = _Place()


class PatchWriter:
    """Takes fields whose kinds the directory has learnt."""

    def __init__(self, mapper: Mapper, fields: FieldDirectory, params: AzureDevOpsParams) -> None:
        self._mapper = mapper
        self._directory = fields
        self._references = REFERENCES | params.fields
        self._api = params.url
        """The base of the addresses of items and attachments."""
        self._zone = params.zone()

    def creating(self, draft: IssueDraft, kind: str) -> list[Operation]:
        """All but the status and its reason: an item begins in its type's first state."""
        operations = []
        for name, value in draft.fields.items():
            if name in ("status", "resolution", "type", *_RELATED) or value is None or value == ():
                continue
            operations.append(self._set(name, value, kind, _NEW))
        link = draft.source_url
        if not link.startswith(("https://", "http://")):
            link = NO_SOURCE + draft.marker
        operations.append(add_relation(HYPERLINK, link, MARKER + draft.marker))
        parent = draft.fields.get("parent")
        if parent:
            operations.append(self.parent(str(parent)))
        operations += [self.link(one) for one in _elements(draft.fields.get("links"))]
        return operations

    def changing(
        self, issue: Issue, change: FieldChange, markdown_fields: frozenset[str]
    ) -> list[Operation]:
        """Without the test of the revision, and without relations."""
        kind = str(change.set.get("type") or issue.fields.get("type") or "")
        place = _Place(markdown_fields, issue.attachments or ())
        operations = []
        for name, value in change.set.items():
            if name in ("labels", *_RELATED) or (name == "resolution" and value is None):
                # A reason leaves with its state.
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

    def relating(self, issue: Issue, change: FieldChange) -> RelationChange:
        present = set(_elements(issue.fields.get("links")))
        wanted = set(_elements(change.set["links"])) if "links" in change.set else set(present)
        wanted -= set(change.remove.get("links", ()))
        wanted |= set(change.add.get("links", ()))
        add = {link: self.link(link) for link in sorted(wanted - present)}
        remove = present - wanted
        held, parent = issue.fields.get("parent"), change.set.get("parent")
        moves = "parent" in change.set and parent != held
        if moves and held:
            remove.add(parent_key(str(held)))
        if moves and parent:
            add[parent_key(str(parent))] = self.parent(str(parent))
        return RelationChange(add, frozenset(remove), moves)

    def references(self, names: Iterable[str]) -> list[str]:
        """Of those that may have to be learnt."""
        return [self._references.get(name, name) for name in names]

    def moving(self, fields: Fields) -> list[Operation]:
        """Of a new item, which could not yet be given them."""
        return [
            self._set(name, value, "", _NEW)
            for name in ("status", "resolution")
            if (value := fields.get(name))
        ]

    def link(self, link: str) -> Operation:
        relation, item_id = relation_type(link)
        return add_relation(relation, f"{self._api}/_apis/wit/workItems/{item_id}")

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
        kind = self._directory.kind(reference)
        match value:
            case RichText() | str() if reference in place.markdown_fields:
                shown = tree_to_addresses(_as_rich(value), place.attachments, self._api)
                return markdown.render(shown)
            case RichText() | str() if kind == "rich_text":
                return to_addresses(html.render(_as_rich(value)), place.attachments, self._api)
            case RichText():
                return to_plain(value)
            case User():
                return value.email or value.id or value.name
            case tuple():
                return self._elements(name, reference, value)
            case Digest():
                raise tracker_error(
                    Fault.VALIDATION, f"field {name} came without its content.", field=name
                )
            case str() if reference == TITLE:
                return fit_title(value)
            case str() if reference == PRIORITY and _NUMERIC.match(value):
                return int(value)
            case str() if kind == "path":
                return "\\".join(part.strip() for part in value.split(" / "))
            case str() if kind == "date":
                return self._begin(name, value)
            case int() | float() if kind == "duration":
                return round(value / SECONDS, 6)
            case _:
                return "" if value is None else value

    def _begin(self, name: str, value: str) -> str:
        try:
            return beginning(value, self._zone)
        except ValueError as error:
            raise tracker_error(
                Fault.VALIDATION,
                f"field {name}: {value[:40]!r} is no date.",
                field=name,
                remedy="Write it like 2026-01-31.",
            ) from error

    def _elements(self, name: str, reference: str, value: tuple[str, ...]) -> str:
        if reference == TAGS:
            return "; ".join(clean_tag(tag) for tag in value)
        if len(value) > 1:
            raise tracker_error(
                Fault.VALIDATION,
                f"field {name} holds one value, not {len(value)}.",
                field=name,
                remedy="Let the incoming rule choose one.",
            )
        return value[0] if value else ""

    def _tags(self, issue: Issue, change: FieldChange) -> list[str] | None:
        """The whole new list, or None when nothing changes. Tags differ by more than case only."""
        for name in (*change.add, *change.remove):
            if name not in ("labels", "links"):
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

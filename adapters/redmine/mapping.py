"""Redmine's issue JSON as our neutral words."""

from collections.abc import Iterable, Mapping

from adapters.redmine import marker, moments, wire
from adapters.redmine.directory import FILE_FORMAT, CustomField, Directory
from adapters.redmine.links import to_links
from adapters.redmine.markup import Markup
from adapters.redmine.people import People
from schemas.issue import Attachment, Comment, Issue, IssueRef, Part, Worklog
from schemas.metadata import FieldKind
from schemas.rich_text import plain
from schemas.values import Fields, User, Value, as_set


def reference(base: str, issue: wire.Issue) -> IssueRef:
    number = str(issue.id)
    return IssueRef(number, "#" + number, f"{base}/issues/{number}")


class Reader:
    """Looks up what an issue tells by id only, then maps it."""

    def __init__(
        self, base: str, directory: Directory, people: People, markup: Markup, marker_field: str
    ) -> None:
        self._base = base
        self._directory = directory
        self._people = people
        self._markup = markup
        self._marker_field = marker_field

    async def issue(
        self, found: wire.Issue, parts: frozenset[Part], worklogs: tuple[Worklog, ...] | None = None
    ) -> Issue:
        project = await self._directory.project(found.project.id)
        await self._people.learn((found.author, found.assigned_to))
        fields, description_marker = await self._fields(found)
        updated = moments.parse(found.updated_on)
        with_comments = Part.COMMENTS in parts
        with_attachments = Part.ATTACHMENTS in parts
        return Issue(
            ref=reference(self._base, found),
            version=updated,
            updated=updated,
            project=project.identifier,
            fields=fields,
            comments=await self.comments(found.journals) if with_comments else None,
            attachments=await self._attachments(found.attachments) if with_attachments else None,
            marker=self._marker_in_field(found) or description_marker,
            worklogs=worklogs,
        )

    async def comments(self, journals: Iterable[wire.Journal]) -> tuple[Comment, ...]:
        """Journals without a note tell changes of fields, which are none of ours."""
        noted = sorted((item for item in journals if (item.notes or "").strip()), key=_when)
        await self._people.learn(item.user for item in noted)
        return tuple([await self.comment(item) for item in noted])

    async def comment(self, journal: wire.Journal) -> Comment:
        body, signed = await self._markup.parse(journal.notes)
        created = moments.parse(journal.created_on)
        return Comment(
            id=str(journal.id),
            body=body,
            author=self._people.shown(journal.user) or User(),
            created=created,
            # Redmine keeps no time of an edit, so an equal one would say nothing.
            updated=0,
            internal=journal.private_notes,
            marker=signed,
        )

    async def attachment(self, found: wire.Attachment) -> Attachment:
        await self._people.learn((found.author,))
        return self._to_attachment(found)

    async def worklog(self, entry: wire.TimeEntry) -> Worklog:
        await self._people.learn((entry.user,))
        text, signed = marker.split_plain(entry.comments)
        return Worklog(
            id=str(entry.id),
            seconds=moments.seconds(entry.hours) or 0,
            started=moments.start_of(entry.spent_on),
            author=self._people.shown(entry.user) or User(),
            comment=plain(text) if text else None,
            updated=moments.parse(entry.updated_on),
            marker=signed,
        )

    async def _attachments(self, found: tuple[wire.Attachment, ...]) -> tuple[Attachment, ...]:
        await self._people.learn(item.author for item in found)
        return tuple(map(self._to_attachment, sorted(found, key=lambda item: item.id)))

    def _to_attachment(self, found: wire.Attachment) -> Attachment:
        return Attachment(
            id=str(found.id),
            filename=found.filename,
            size=found.filesize,
            mime=found.content_type or "application/octet-stream",
            author=self._people.shown(found.author) or User(),
            created=moments.parse(found.created_on),
        )

    async def _fields(self, found: wire.Issue) -> tuple[Fields, str]:
        description, signed = await self._markup.parse(found.description)
        fields: Fields = {
            "summary": found.subject,
            "description": description,
            "status": found.status.name,
            "priority": found.priority.name or None,
            "type": found.tracker.name,
            "assignee": self._people.shown(found.assigned_to),
            "reporter": self._people.shown(found.author),
            "components": (found.category.name,) if found.category else (),
            "fix_versions": (found.fixed_version.name,) if found.fixed_version else (),
            "due": found.due_date,
            "start_date": found.start_date,
            "done_ratio": found.done_ratio,
            "private": found.is_private,
            "estimate": moments.seconds(found.estimated_hours),
            "spent": moments.seconds(found.spent_hours),
            "parent": str(found.parent.id) if found.parent else None,
            "links": to_links(found),
        }
        fields.update(await self._custom(found))
        return fields, signed

    async def _custom(self, found: wire.Issue) -> Fields:
        definitions = await self._directory.custom_fields() if found.custom_fields else {}
        custom: Fields = {}
        for item in found.custom_fields:
            definition = definitions.get(item.id)
            is_file = definition is not None and definition.format == FILE_FORMAT
            if is_file or self._is_marker(item):
                continue
            kind = self._directory.kind(item.id, definitions)
            custom[f"cf_{item.id}"] = await self._custom_value(item, kind, definition)
        return custom

    async def _custom_value(
        self, item: wire.CustomValue, kind: FieldKind, definition: CustomField | None
    ) -> Value:
        if kind == "rich_text":
            return (await self._markup.parse(_first(item.value)))[0]
        if kind in ("user", "users"):
            users = [await self._people.named(int(t)) for t in _texts(item.value) if t.isdigit()]
            if kind == "users":
                return as_set([user.name or user.id for user in users])
            return users[0] if users else None
        texts = _texts(item.value)
        if kind in ("option", "options"):
            texts = [_shown(text, definition) for text in texts]
        if item.multiple or kind in ("options", "labels"):
            return as_set(texts)
        return _simple(texts[0], kind) if texts else None

    def _is_marker(self, item: wire.CustomValue) -> bool:
        return self._marker_field in (f"cf_{item.id}", item.name)

    def _marker_in_field(self, found: wire.Issue) -> str:
        if not self._marker_field:
            return ""
        held = (item.value for item in found.custom_fields if self._is_marker(item))
        return next((text for value in held for text in _texts(value)), "")


def _simple(text: str, kind: FieldKind) -> Value:
    if kind == "boolean":
        return text == "1"
    if kind == "number":
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() and "." not in text else number
    return text


def _shown(value: str, definition: CustomField | None) -> str:
    """Lists of keys and values keep the key; people know the value."""
    choices: Mapping[str, str] = (
        {choice.value: choice.label for choice in definition.choices if choice.label}
        if definition
        else {}
    )
    return choices.get(value, value)


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and item]


def _first(value: object) -> str:
    return next(iter(_texts(value)), "")


def _when(journal: wire.Journal) -> tuple[str, int]:
    return (journal.created_on, journal.id)

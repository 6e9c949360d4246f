"""What a project knows: trackers, statuses, fields with their kinds and allowed values."""

from collections.abc import Iterable

from adapters.redmine import wire
from adapters.redmine.capabilities import LINK_KINDS
from adapters.redmine.client import RedmineClient
from adapters.redmine.directory import FILE_FORMAT, CustomField, Directory, Project
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo

_PAGE = 100


class Catalogue:
    def __init__(self, client: RedmineClient, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    async def projects(self) -> tuple[Choice, ...]:
        found: list[wire.Project] = []
        while True:
            page = await self._client.get(
                "/projects.json",
                wire.projects,
                what="list the projects",
                query={"offset": str(len(found)), "limit": str(_PAGE)},
            )
            found += page.projects
            if not page.projects or len(found) >= page.total_count:
                return tuple(Choice(item.name, item.identifier) for item in found)

    async def metadata(self, key: str) -> Metadata:
        self._directory.forget()
        project = await self._directory.project(key)
        statuses = _choices(await self._directory.statuses())
        standard = await self._standard(project, statuses)
        definitions = await self._directory.custom_fields()
        types = tuple(
            TypeInfo(
                type=Choice(tracker.name, str(tracker.id)),
                fields=(*standard, *self._custom(definitions.values(), tracker.id)),
                statuses=statuses,
            )
            for tracker in project.trackers
        )
        return Metadata(project.identifier, types, LINK_KINDS)

    async def _standard(
        self, project: Project, statuses: tuple[Choice, ...]
    ) -> tuple[FieldInfo, ...]:
        priorities = _choices(await self._directory.priorities())
        versions = _choices(await self._directory.versions(project.id))
        categories = _choices(project.categories)
        return (
            FieldInfo("summary", "Subject", "text", required=True),
            FieldInfo("description", "Description", "rich_text"),
            FieldInfo("status", "Status", "option", choices=statuses),
            FieldInfo("priority", "Priority", "option", choices=priorities),
            FieldInfo("type", "Tracker", "option", choices=_choices(project.trackers)),
            FieldInfo("assignee", "Assignee", "user"),
            FieldInfo("reporter", "Author", "user", writable=False),
            FieldInfo("components", "Category", "options", choices=categories),
            FieldInfo("fix_versions", "Target version", "options", choices=versions),
            FieldInfo("due", "Due date", "date"),
            FieldInfo("start_date", "Start date", "date"),
            FieldInfo("done_ratio", "% Done", "number"),
            FieldInfo("estimate", "Estimated time", "duration"),
            FieldInfo("spent", "Spent time", "duration", writable=False),
            FieldInfo("private", "Private", "boolean"),
            FieldInfo("parent", "Parent task", "issue"),
            FieldInfo("links", "Relations", "links"),
        )

    def _custom(self, fields: Iterable[CustomField], tracker: int) -> list[FieldInfo]:
        definitions = {field.id: field for field in fields}
        return [
            FieldInfo(
                name=field.name,
                label=field.label,
                kind=self._directory.kind(field.id, definitions),
                required=field.required,
                choices=_values(field),
            )
            for field in definitions.values()
            if tracker in field.trackers and field.format != FILE_FORMAT
        ]


def _values(field: CustomField) -> tuple[Choice, ...]:
    """Users are asked for by name instead."""
    if field.kind in ("user", "users", "boolean"):
        return ()
    return tuple(Choice(item.label or item.value, item.value) for item in field.choices)


def _choices(
    items: Iterable[wire.Ref] | Iterable[wire.Status] | Iterable[wire.Enumerated],
) -> tuple[Choice, ...]:
    return tuple(Choice(item.name, str(item.id)) for item in items)

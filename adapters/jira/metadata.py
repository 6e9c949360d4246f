"""What a project knows: types, fields with their kinds and allowed values, statuses, links."""

from collections.abc import Iterable

from adapters.jira import answers, errors, kinds, wire
from adapters.jira.capabilities import FIELDS, READ_ONLY
from adapters.jira.client import JiraClient, segment
from adapters.jira.fields import CustomFields, Known
from adapters.jira.links import Links
from schemas.errors import Fault, TrackerError
from schemas.metadata import Choice, FieldInfo, FieldKind, Metadata, TypeInfo

_PAGE = 200
_TIME = "timetracking"
_WHAT = "list what can be written in a new issue"
_ESTIMATES = (("estimate", "Original estimate"), ("remaining", "Remaining estimate"))

Screens = dict[answers.IssueType, tuple[answers.CreateField, ...]]


class Catalogue:
    def __init__(self, client: JiraClient, fields: CustomFields, links: Links) -> None:
        self._client = client
        self._fields = fields
        self._links = links

    async def projects(self) -> tuple[Choice, ...]:
        what = "list the projects"
        body = await self._client.get("/project", what=what)
        return tuple(Choice(each.name, each.key) for each in wire.read(wire.projects, body, what))

    async def metadata(self, project: str) -> Metadata:
        known = await self._fields.known()
        link_kinds = await self._links.kinds()
        statuses = await self._statuses(project)
        resolutions = await self._resolutions()
        screens = await self._screens(project)
        parents = any(type_.subtask for type_ in screens) or bool(known.parent)
        always = (
            FieldInfo("resolution", "Resolution", "option", choices=resolutions),
            FieldInfo("spent", "Time spent", "duration", writable=False),
            FieldInfo("links", "Links", "links", writable=bool(link_kinds)),
        )
        types = []
        for type_, fields in screens.items():
            # A sub-task has a parent, and no epic of its own.
            epic = "" if type_.subtask else known.parent
            infos = [info for field in fields for info in _infos(field, known, epic)]
            if parents and not any(info.name == "parent" for info in infos):
                infos.append(FieldInfo("parent", "Parent", "issue", writable=False))
            names = {info.name for info in infos}
            infos += [info for info in always if info.name not in names]
            choice = Choice(type_.name, type_.id)
            types.append(TypeInfo(choice, tuple(infos), statuses.get(type_.name, ())))
        return Metadata(project, tuple(types), link_kinds)

    async def _statuses(self, project: str) -> dict[str, tuple[Choice, ...]]:
        what = "list the statuses"
        body = await self._client.get(f"/project/{segment(project)}/statuses", what=what)
        return {
            each.name: tuple(Choice(status.name, status.id) for status in each.statuses)
            for each in wire.read(wire.type_statuses, body, what)
        }

    async def _resolutions(self) -> tuple[Choice, ...]:
        what = "list the resolutions"
        found = wire.read(wire.named, await self._client.get("/resolution", what=what), what)
        return tuple(Choice(each.name, each.id) for each in found)

    async def _screens(self, project: str) -> Screens:
        path = f"/issue/createmeta/{segment(project)}/issuetypes"
        try:
            types = await self._types(path)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            return await self._old_screens(project)
        return {each: await self._screen(f"{path}/{segment(each.id)}") for each in types}

    async def _types(self, path: str) -> tuple[answers.IssueType, ...]:
        found: list[answers.IssueType] = []
        while True:
            body = await self._client.get(path, _page(len(found)), what=_WHAT)
            page = wire.read(wire.create_types, body, _WHAT)
            found += page.values
            if not page.values or len(found) >= page.total:
                return tuple(found)

    async def _screen(self, path: str) -> tuple[answers.CreateField, ...]:
        found: list[answers.CreateField] = []
        while True:
            body = await self._client.get(path, _page(len(found)), what=_WHAT)
            page = wire.read(wire.create_fields, body, _WHAT)
            found += page.values
            if not page.values or len(found) >= page.total:
                return tuple(found)

    async def _old_screens(self, project: str) -> Screens:
        """Servers before 8.4 tell all at once."""
        query = {"projectKeys": project, "expand": "projects.issuetypes.fields"}
        body = await self._client.get("/issue/createmeta", query, what=_WHAT)
        screens: Screens = {}
        for each in wire.read(wire.old_create_meta, body, _WHAT).projects:
            for type_ in each.issuetypes:
                plain = answers.IssueType(type_.name, type_.id, type_.subtask)
                screens[plain] = tuple(
                    answers.CreateField(
                        key, key, field.name, field.required, field.schema, field.operations,
                        field.allowed_values,
                    )
                    for key, field in type_.fields.items()
                )  # fmt: skip
        return screens


def _page(start: int) -> dict[str, str]:
    return {"startAt": str(start), "maxResults": str(_PAGE)}


def _infos(field: answers.CreateField, known: Known, epic: str) -> list[FieldInfo]:
    """As a rule one; Jira's field of both estimates is two of ours."""
    key = field.field_id or field.key
    if key == _TIME:
        return [FieldInfo(name, label, "duration", field.required) for name, label in _ESTIMATES]
    if key == known.parent:
        return [FieldInfo("parent", field.name, "issue", field.required)] if epic else []
    if key.startswith("customfield_"):
        return _custom(key, field, known)
    name = errors.NEUTRAL_NAMES.get(key, key)
    if name not in FIELDS or name == "status":
        return []
    return [
        FieldInfo(
            name,
            field.name,
            FIELDS[name],
            field.required,
            name not in READ_ONLY,
            _choices(field.allowed_values or (), FIELDS[name]),
        )
    ]


def _custom(key: str, field: answers.CreateField, known: Known) -> list[FieldInfo]:
    kind = known.kinds.get(key) or kinds.kind_of(field.schema)
    if kind is None or key in known.without_content:
        return []
    return [
        FieldInfo(
            key,
            field.name,
            kind,
            field.required,
            kinds.is_writable(field.schema),
            _choices(field.allowed_values or (), kind),
        )
    ]


def _choices(allowed: Iterable[answers.Allowed], kind: FieldKind) -> tuple[Choice, ...]:
    if kind not in ("option", "options", "cascading"):
        return ()
    found = []
    for each in allowed:
        name = each.name or each.value
        found.append(Choice(name, each.id))
        found += [Choice(f"{name} / {child.value}", child.id) for child in each.children]
    return tuple(found)

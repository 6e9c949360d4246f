"""What a project knows: types, fields with their kinds and allowed values, statuses, links."""

from collections.abc import Iterable

from adapters.jira import answers, errors, kinds, wire
from adapters.jira.capabilities import FIELDS, READ_ONLY
from adapters.jira.client import JiraClient, segment
from adapters.jira.fields import CustomFields, Known
from adapters.jira.links import Links
from adapters.jira.screens import Screens
from schemas.metadata import Choice, FieldInfo, FieldKind, Metadata, TypeInfo

_TIME = "timetracking"
_ESTIMATES = (("estimate", "Original estimate"), ("remaining", "Remaining estimate"))


class Catalogue:
    def __init__(
        self, client: JiraClient, fields: CustomFields, links: Links, screens: Screens
    ) -> None:
        self._client = client
        self._fields = fields
        self._links = links
        self._screens = screens

    async def projects(self) -> tuple[Choice, ...]:
        what = "list the projects"
        body = await self._client.get("/project", what=what)
        return tuple(Choice(each.name, each.key) for each in wire.read(wire.projects, body, what))

    async def metadata(self, project: str) -> Metadata:
        known = await self._fields.known()
        link_kinds = await self._links.kinds()
        statuses = await self._statuses(project)
        resolutions = await self._resolutions()
        screens = await self._screens.read(project)
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


def _infos(field: answers.CreateField, known: Known, epic: str) -> list[FieldInfo]:
    """As a rule one; Jira's field of both estimates is two of ours."""
    key = field.field_id or field.key
    if key == _TIME:
        return [FieldInfo(name, label, "duration", field.required) for name, label in _ESTIMATES]
    if key == known.parent != "parent":
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

"""Rally's JSON as our neutral words."""

from adapters.rally import markup, moments, wire
from adapters.rally.client import RallyClient
from adapters.rally.kinds import BY_ELEMENT, DEFECT, HOURS, KINDS, Kind, status_of
from adapters.rally.params import RallyParams
from adapters.rally.people import shown
from adapters.rally.schema import Attribute, Schema
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.errors import Fault, TrackerError
from schemas.issue import Attachment, Comment, Issue, IssueRef
from schemas.rich_text import RichText
from schemas.values import Fields, User, Value, as_set

NONE = "None"
"""How Rally writes that a rating is not set."""
_DETAIL = {kind.element: kind.path for kind in KINDS} | {"HierarchicalRequirement": "userstory"}


def reference(base: str, item: Item) -> IssueRef:
    oid = wire.oid(item)
    place = _DETAIL.get(str(item.get("_type")), "artifact")
    return IssueRef(oid, str(item.get("FormattedID") or oid), f"{base}/#/detail/{place}/{oid}")


def kind_of(item: Item) -> Kind:
    found = BY_ELEMENT.get(str(item.get("_type")))
    if found is None:
        raise TrackerError(
            Fault.NOT_FOUND,
            f"Rally's {item.get('FormattedID', 'item')} is no defect, user story or task.",
            remedy="Sync defects, user stories and tasks.",
        )
    return found


class Reader:
    def __init__(
        self, client: RallyClient, params: RallyParams, schema: Schema, workspace: Workspace
    ) -> None:
        self._client = client
        self._params = params
        self._schema = schema
        self._workspace = workspace

    async def issue(
        self,
        item: Item,
        comments: tuple[Comment, ...] | None = None,
        attachments: tuple[Attachment, ...] | None = None,
    ) -> Issue:
        kind = kind_of(item)
        place = await self._workspace.place(wire.oid(item.get("Project")))
        description, _ = await markup.parse(item.get("Description"))
        fields: Fields = {"type": kind.name, "description": description, "area": place.area}
        fields.update(await self._own(kind, item))
        attributes = await self._schema.attributes(kind)
        for attribute in self._schema.beside(kind, attributes):
            fields[attribute.name] = await self._beside(item, attribute)
        return Issue(
            ref=reference(self._client.base, item),
            version=version(item),
            updated=moments.parse(item.get("LastUpdateDate")),
            project=place.project,
            fields=fields,
            comments=comments,
            attachments=attachments,
            comment_count=wire.count(item, "Discussion"),
            marker=await self.marker(item),
        )

    async def marker(self, item: Item) -> str:
        held = item.get(self._params.marker_field) if self._params.marker_field else None
        return (
            held if isinstance(held, str) and held else (await markup.parse(item.get("Notes")))[1]
        )

    async def _own(self, kind: Kind, item: Item) -> Fields:
        zone = (await self._workspace.space()).zone
        milestones = await self.names(item, "Milestones")
        release = wire.name(item.get("Release"))
        status = item.get(status_of(kind, self._params))
        fields: Fields = {
            "summary": wire.texts(item, "Name"),
            "status": _option(status),
            "labels": as_set(await self.names(item, "Tags")),
            "milestone": min(milestones) if milestones else None,
            "fix_versions": (release,) if release else (),
            "iteration": wire.name(item.get("Iteration")) or None,
            "assignee": shown(item.get("Owner")),
            "reporter": shown(item.get("SubmittedBy" if kind is DEFECT else "CreatedBy")),
            "parent": wire.oid(item.get(kind.fields["parent"])) or None,
            "links": await self._links(kind, item),
        }
        for name, attribute in kind.fields.items():
            if name in HOURS:
                fields[name] = moments.seconds(item.get(attribute))
            elif name in ("resolution", "priority"):
                fields[name] = _option(item.get(attribute))
            elif name == "due":
                fields[name] = moments.day(item.get(attribute), zone)
        return fields

    async def names(self, item: Item, collection: str) -> list[str]:
        """Of what is in the collection. Rally mostly tells them along; if not, they are asked."""
        held = item.get(collection)
        if not isinstance(held, dict) or not wire.count(item, collection):
            return []
        told = held.get("_tagsNameArray")
        if isinstance(told, list) and len(told) >= wire.count(item, collection):
            return [name for one in told if (name := _called(one))]
        asked = {"fetch": "Name,StringValue,ObjectID"}
        what = f"list its {collection}"
        return [
            name
            for one in await self._client.find_all(wire.ref(held), asked, what=what)
            if (name := _called(one))
        ]

    async def _links(self, kind: Kind, item: Item) -> tuple[str, ...]:
        links: list[str] = []
        for word, collection in kind.links.items():
            if wire.count(item, collection):
                place = wire.ref(item[collection])
                asked = {"fetch": "ObjectID"}
                found = await self._client.find_all(place, asked, what=f"list its {collection}")
                links += [f"{word} {wire.oid(one)}" for one in found]
        return as_set(links)

    async def _beside(self, item: Item, attribute: Attribute) -> Value:
        held = item.get(attribute.name)
        match attribute.kind:
            case "rich_text":
                rich, _ = await markup.parse(held)
                return rich if rich.blocks else None
            case "options":
                return as_set(await self.names(item, attribute.name))
            case "user":
                return shown(held) if isinstance(held, dict) else None
            case "date":
                return moments.day(held, (await self._workspace.space()).zone)
            case "url":
                return (wire.texts(held, "LinkID") or None) if isinstance(held, dict) else None
            case "option":
                return _option(held)
            case "boolean":
                return bool(held)
        return held if isinstance(held, str | int | float) and held != "" else None


def version(item: Item) -> int:
    told = str(item.get("VersionId") or item.get("_objectVersion") or "0")
    return int(told) if told.isdigit() else 0


async def comment(item: Item) -> Comment:
    body, signed = await markup.parse(item.get("Text"))
    created = moments.parse(item.get("CreationDate"))
    return Comment(
        id=wire.oid(item),
        body=body,
        author=shown(item.get("User")) or User(),
        created=created,
        updated=moments.parse(item.get("LastUpdateDate")) or created,
        marker=signed,
    )


def attachment(item: Item) -> Attachment:
    size = item.get("Size")
    return Attachment(
        id=wire.oid(item),
        filename=wire.name(item),
        size=size if isinstance(size, int) else 0,
        mime=wire.texts(item, "ContentType") or "application/octet-stream",
        author=shown(item.get("User")) or User(),
        created=moments.parse(item.get("CreationDate")),
    )


def _option(held: object) -> str | None:
    name = wire.name(held) if isinstance(held, dict) else held
    return name if isinstance(name, str) and name not in ("", NONE) else None


def _called(item: Item) -> str:
    return wire.texts(item, "Name", "StringValue", "_refObjectName")


def is_empty(value: Value) -> bool:
    return value in (None, "", (), User()) or (isinstance(value, RichText) and not value.blocks)

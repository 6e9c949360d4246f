"""Making, finding and changing entities."""

from collections.abc import Mapping

from adapters.alm import audits, errors, links, memo, query
from adapters.alm.client import AlmClient
from adapters.alm.customization import Customizations
from adapters.alm.holds import Holds
from adapters.alm.ids import EntityType, IssueId
from adapters.alm.mapping import PLAIN_TYPE, Reader
from adapters.alm.memo import Memos
from adapters.alm.moments import ServerClock
from adapters.alm.params import AlmParams
from adapters.alm.people import People
from adapters.alm.slots import SETS, slots
from adapters.alm.wire import Entity
from adapters.alm.writing import Writer, merged, ordered
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, IssueDraft
from schemas.rich_text import RichText
from schemas.values import Fields, Millis

Texts = Mapping[str, tuple[str, ...]]

_EDIT = "edit the issue"
_FIND = "look for a marker"
_MARGIN = 24 * 60 * 60 * 1000
"""ALM tells the day alone on which an entity was made, in its own time zone."""
_PAGE = 200
_GIVEN_BY_ALM = frozenset(
    {"id", "ver-stamp", "last-modified", "parent-id", "subtype-id", "type-id"}
)


class Issues:
    def __init__(
        self,
        client: AlmClient,
        params: AlmParams,
        customizations: Customizations,
        people: People,
        reader: Reader,
        writer: Writer,
        memos: Memos,
        clock: ServerClock,
        holds: Holds,
    ) -> None:
        self._client = client
        self._params = params
        self._customizations = customizations
        self._people = people
        self._reader = reader
        self._writer = writer
        self._memos = memos
        self._clock = clock
        self._holds = holds
        self._links = links.Links(client)

    async def get(self, issue: IssueId) -> Entity:
        return await self._client.one(issue.path, what="read the issue")

    async def links_of(self, issue: IssueId, found: Entity) -> tuple[str, ...] | None:
        """None where no link can be: nothing but defects is linked."""
        if "defect" not in self._params.entities:
            return None
        return await self._links.of(issue, found)

    async def create(self, kind: EntityType, draft: IssueDraft) -> tuple[IssueId, Entity]:
        """Whatever fails once the entity stands raises UNKNOWN_OUTCOME, so that the caller looks
        the marker up and does not create a second one."""
        wanted: Fields = {n: value for n, value in draft.fields.items() if value is not None}
        linked = links.as_links(wanted.pop("links", ()))
        links.check(kind, linked)
        body = await self._draft_body(kind, draft, wanted)
        made = await self._client.create(f"/{kind}s", kind, ordered(body), what="create an issue")
        issue = IssueId(kind, made.id)
        try:
            return issue, await self._complete(issue, made, draft, linked)
        except TrackerError as error:
            raise errors.unconfirmed(error, f"{issue} was created") from error

    async def find_by_marker(self, wanted: str, since: Millis) -> IssueId | None:
        for kind in self._params.entities:
            found = await self._marked(kind, wanted, since)
            if found is not None:
                return IssueId(kind, found)
        return None

    async def update(
        self, issue: IssueId, version: int, known: Fields, change: FieldChange
    ) -> tuple[Entity, Entity | None]:
        """The entity afterwards, and as our write met it where that is not what we had seen."""
        held = await self.get(issue)
        if held.version > version:
            raise errors.refused(Fault.CONFLICT, f"{issue} was changed in between.")
        add, remove = links.changes(known, change)
        links.check(issue.type, add)
        hidden = ""
        if "description" in change.set and not self._params.marker_field:
            _, hidden = await self._reader.fields(issue, held)
        wanted = await self._wanted(issue, known, change)
        body = await self._writer.fields(issue.type, wanted, issue, hidden)
        after, met = held, None
        if body:
            after, met = await self._put(issue, held, body)
        if add or remove:
            await self._links.change(issue, add, remove)
            after = await self._afterwards(issue)
        return after, met

    async def _put(self, issue: IssueId, held: Entity, body: Texts) -> tuple[Entity, Entity | None]:
        async with self._holds.checked_out(issue, held) as checked_in:
            after = await self._client.update(issue.path, issue.type, ordered(body), what=_EDIT)
        if checked_in:
            return await self._afterwards(issue), None
        if after.version <= held.version + 1:
            return after, None
        # The version tells of a write between our look and ours.
        return after, await audits.replaced(self._client, issue, held, body)

    async def _wanted(self, issue: IssueId, known: Fields, change: FieldChange) -> Fields:
        customization = await self._customizations.of(issue.type)
        places = slots(issue.type, self._params, customization)
        wanted: Fields = {name: value for name, value in change.set.items() if name != "links"}
        for name in {*change.add, *change.remove} - {"links"}:
            slot = places.get(name)
            single = slot is not None and slot.kind in SETS and not slot.field.multi
            base = wanted if isinstance(wanted.get(name), tuple) else known
            added, removed = change.add.get(name, ()), change.remove.get(name, ())
            wanted[name] = merged(base.get(name), added, removed, single)
        return wanted

    async def _draft_body(
        self, kind: EntityType, draft: IssueDraft, wanted: Fields
    ) -> dict[str, tuple[str, ...]]:
        hidden = "" if self._params.marker_field else draft.marker
        if hidden:
            wanted.setdefault("description", RichText(()))
        body = await self._writer.fields(kind, {**wanted, "type": draft.type}, None, hidden)
        given = {
            self._params.marker_field: draft.marker,
            self._params.source_field: draft.source_url,
        }
        body |= {name: (value,) for name, value in given.items() if name and value}
        await self._fill(kind, body)
        return body

    async def _fill(self, kind: EntityType, body: dict[str, tuple[str, ...]]) -> None:
        """What ALM requires of a new entity and the draft does not bring."""
        known = await self._customizations.of(kind)
        if kind == "requirement":
            body.setdefault("parent-id", ("0",))
            body.setdefault("type-id", ("0",))
        if kind == "test":
            body.setdefault("parent-id", (await self._test_folder(),))
            body.setdefault("subtype-id", ("MANUAL",))
        for name, text in self._params.defaults.items():
            if name in known.fields:
                body.setdefault(name, (text,))
        for field in known.fields.values():
            if not field.required or body.get(field.name) or field.name in _GIVEN_BY_ALM:
                continue
            if field.type == "UsersList":
                body[field.name] = ((await self._people.myself()).id,)
            elif field.type == "Date":
                body[field.name] = (await self._clock.today(),)
            else:
                raise errors.refused(
                    Fault.VALIDATION,
                    f"ALM requires the field {field.label!r} of a new {PLAIN_TYPE[kind]}.",
                    remedy=f"Map a value to {field.name!r} in the incoming rule, or give one in the"
                    " connector's setting 'defaults'.",
                    field=field.name,
                )

    async def _complete(
        self, issue: IssueId, made: Entity, draft: IssueDraft, linked: tuple[str, ...]
    ) -> Entity:
        # Under version control a new entity is checked out, and nobody else sees it.
        async with self._holds.checked_out(issue, made) as checked_in:
            made = await self._with_images(issue, made, draft)
        if checked_in:
            made = await self.get(issue)
        if linked:
            await self._links.change(issue, linked, ())
            made = await self.get(issue)
        return made

    async def _with_images(self, issue: IssueId, made: Entity, draft: IssueDraft) -> Entity:
        """Only now it has an address under which its images will be."""
        description = draft.fields.get("description")
        if not isinstance(description, RichText) or not memo.has_files(description):
            return made
        hidden = "" if self._params.marker_field else draft.marker
        wanted: Fields = {"description": description}
        body = await self._writer.fields(issue.type, wanted, issue, hidden)
        return await self._client.update(issue.path, issue.type, ordered(body), what=_EDIT)

    async def _afterwards(self, issue: IssueId) -> Entity:
        """A look after a write that stands."""
        try:
            return await self.get(issue)
        except TrackerError as error:
            raise errors.unconfirmed(error, f"{issue} was written") from error

    async def _marked(self, kind: EntityType, wanted: str, since: Millis) -> str | None:
        field = self._params.marker_field
        if field:
            condition = {field: query.equals(wanted)}
        else:
            day = (await self._clock.to_local(since - _MARGIN))[:10]
            condition = {await self._birthday(kind): query.at_least(day)}
        read = 0
        while True:
            asked = {
                "query": query.statement(condition),
                "fields": f"id,{field}" if field else "id,description",
                "order-by": query.order("id"),
                "page-size": str(_PAGE),
                "start-index": str(read + 1),
            }
            page = await self._client.many(f"/{kind}s", asked, what=_FIND)
            for item in page.items:
                if await self._marker_of(item) == wanted:
                    return item.id
            read += len(page.items)
            if not page.items or read >= page.total:
                return None

    async def _birthday(self, kind: EntityType) -> str:
        known = await self._customizations.of(kind)
        return "creation-time" if "creation-time" in known.fields else "req-time"

    async def _marker_of(self, item: Entity) -> str:
        """A literal that could not be quoted was a pattern, so it is compared again."""
        if self._params.marker_field:
            return item.text(self._params.marker_field)
        text = item.text("description")
        if "[tidegate:" not in text:
            return ""
        return (await self._memos.parse(text))[1]

    async def _test_folder(self) -> str:
        named = self._params.test_folder
        if named.isdecimal():
            return named
        wanted = {"name": query.equals(named)} if named else {"parent-id": "0"}
        asked = {"query": query.statement(wanted), "fields": "id,name"}
        found = await self._client.many("/test-folders", asked, what="list the test folders")
        fitting = [one for one in found.items if not named or one.text("name") == named]
        if not fitting:
            which = f"folder {named!r}" if named else "folder"
            raise errors.refused(
                Fault.CONFIGURATION,
                f"The ALM project shows no test {which} to the connector's account.",
                remedy="Make it, or give the id or name of a folder in the connector's setting"
                " 'test_folder'.",
            )
        return fitting[0].id

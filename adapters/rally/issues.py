"""Creating, finding and updating issues, with an eye on what Rally leaves out and only warns of."""

from typing import Any

import msgspec

from adapters.rally import attachments, errors, marker, markup, moments, query, wire
from adapters.rally.client import RallyClient, left_out
from adapters.rally.items import Items, Owner
from adapters.rally.kinds import BY_NAME, KINDS, TASK, Kind
from adapters.rally.links import change_links, checked_links
from adapters.rally.mapping import Reader, kind_of, version
from adapters.rally.names import Names
from adapters.rally.params import RallyParams
from adapters.rally.schema import Schema
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from adapters.rally.writing import Target, Writer, items, text
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Issue, IssueDraft
from schemas.rich_text import RichText
from schemas.values import Fields, Millis, Value, as_set

_MARGIN = 10 * 60 * 1000
"""Rally's clock and ours may differ by this many milliseconds."""
_CREATE = "create an issue"
_EDIT = "edit the issue"
_FIND = "look for a marker"


class Sets(msgspec.Struct, frozen=True):
    """Changes of collections: attribute -> references."""

    add: dict[str, list[str]]
    remove: dict[str, list[str]]


class Issues:
    def __init__(
        self,
        client: RallyClient,
        params: RallyParams,
        schema: Schema,
        workspace: Workspace,
        items_: Items,
        names: Names,
        writer: Writer,
        reader: Reader,
    ) -> None:
        self._client = client
        self._params = params
        self._schema = schema
        self._workspace = workspace
        self._items = items_
        self._names = names
        self._writer = writer
        self._reader = reader

    async def create(self, draft: IssueDraft) -> Item:
        """One call. Whatever fails once the issue stands raises UNKNOWN_OUTCOME, so that the caller
        looks the marker up and does not create a second one."""
        kind = BY_NAME.get(draft.type)
        if kind is None:
            raise errors.invalid(
                "type",
                f"Rally has no type {draft.type!r} here",
                errors.choose(list(BY_NAME), "Map the type"),
            )
        wanted: Fields = {n: value for n, value in draft.fields.items() if value is not None}
        links = items("links", wanted.get("links"))
        checked_links(kind, links)
        body = await self._draft_body(kind, draft, wanted)
        query_ = {"fetch": await self._schema.fetch(), **await self._workspace.scope()}
        made = await self._client.attach(kind.element, body, query_, what=_CREATE, lane="")
        made = self._items.seen({"_type": kind.element, **made})
        try:
            return await self._complete(Owner(kind, wire.oid(made)), made, links, draft.marker)
        except TrackerError as error:
            done = f"The issue {made.get('FormattedID', '')} was created"
            raise errors.unconfirmed(error, done) from error

    async def _complete(
        self, owner: Owner, made: Item, links: tuple[str, ...], signed: str
    ) -> Item:
        if await self._reader.marker(made) != signed:
            # The marker's own field did not take it; without one the issue could be made twice.
            notes = marker.sign(str(made.get("Notes") or ""), signed)
            made = {**made, **await self._write(owner, {"Notes": notes})}
        _all_taken(made)
        if not links:
            return made
        await change_links(self._client, owner, links, ())
        return await self._items.get(owner.oid)

    async def find_by_marker(self, wanted: str, since: Millis) -> Item | None:
        """In its own field, where a type has that; else in Notes."""
        field = self._params.marker_field
        for kind in KINDS:
            if field and field in await self._schema.attributes(kind):
                condition = query.text(field, "=", wanted)
                found = await self._marked(f"/{kind.path}", condition, wanted)
                if found is not None:
                    return found
        condition = query.all_of(
            query.text("CreationDate", ">=", moments.text(since - _MARGIN)),
            query.text("Notes", "contains", marker.word(wanted)),
        )
        return await self._marked("/artifact", condition, wanted)

    async def update(self, issue: Issue, change: FieldChange) -> Item:
        """A read and a write; one more for each collection that changes, and a read then."""
        held = await self._items.get(issue.ref.id)
        if version(held) > issue.version:
            raise errors.refused(Fault.CONFLICT, f"{issue.ref.key} was changed in between.")
        owner = Owner(kind_of(held), wire.oid(held))
        _same_type(owner.kind, change)
        add, remove = _link_changes(issue.fields, change)
        checked_links(owner.kind, add)
        wanted = await self._wanted(held, change)
        target = await self._target(owner, held, issue.project, wanted)
        body = await self._writer.body(target, wanted)
        if target.project != wire.oid(held.get("Project")):
            body["Project"] = f"/project/{target.project}"
        sets = await self._sets(held, change)
        after = await self._write(owner, body) if body else held
        await self._collect(owner, sets)
        await change_links(self._client, owner, add, remove)
        if sets.add or sets.remove or add or remove:
            after = await self._items.get(owner.oid)
        return {"_type": owner.kind.element, **after}

    async def _write(self, owner: Owner, body: Item) -> Item:
        asked = {"fetch": await self._schema.fetch(), **await self._workspace.scope()}
        done = await self._client.change(
            owner.ref, owner.kind.element, body, asked, what=_EDIT, lane=owner.oid
        )
        _all_taken(done)
        return done

    async def _collect(self, owner: Owner, sets: Sets) -> None:
        for way, changes in (("remove", sets.remove), ("add", sets.add)):
            for collection, refs in changes.items():
                what = f"change its {collection}"
                await self._client.collect(
                    owner.ref, collection, way, refs, what=what, lane=owner.oid
                )

    async def _draft_body(self, kind: Kind, draft: IssueDraft, wanted: Fields) -> dict[str, Any]:
        project = await self._workspace.project(draft.project)
        if area := wanted.get("area"):
            project = await self._workspace.below(draft.project, text("area", area))
        target = Target(kind, project.oid)
        body = await self._writer.body(target, wanted)
        body["Project"] = f"/project/{project.oid}"
        if kind is TASK and not body.get("WorkProduct"):
            body |= await self._home_of_tasks()
        if tags := items("labels", wanted.get("labels")):
            body["Tags"] = _refs(await self._names.tags(tags, make=True))
        if milestone := wanted.get("milestone"):
            body["Milestones"] = _refs([await self._names.milestone(text("milestone", milestone))])
        if self._params.source_field and draft.source_url:
            body[self._params.source_field] = draft.source_url
        return await self._writer.signed(kind, body, draft.marker)

    async def _home_of_tasks(self) -> Item:
        """Rally may demand that a task hangs below a user story or a defect."""
        if self._params.task_parent:
            home = await self._items.get(self._params.task_parent, "ObjectID,FormattedID")
            return {"WorkProduct": Owner(kind_of(home), wire.oid(home)).ref}
        attribute = (await self._schema.attributes(TASK)).get("WorkProduct")
        if attribute is None or not attribute.required:
            return {}
        raise errors.invalid(
            "parent",
            "here a task must hang below a user story or a defect",
            "Sync its parent as well, name a user story in the connector's setting 'task_parent',"
            " or map the type to User Story.",
        )

    async def _target(self, owner: Owner, held: Item, project: str, wanted: Fields) -> Target:
        place = wire.oid(held.get("Project"))
        area = text("area", wanted["area"]) if wanted.get("area") else None
        if "area" in wanted and area != (await self._workspace.place(place)).area:
            place = (await self._workspace.below(project, area or "")).oid
        files: dict[str, str] = {}
        if any(isinstance(v, RichText) and markup.names_files(v) for v in wanted.values()):
            files = await attachments.ids_by_name(self._client, held)
        return Target(owner.kind, place, held, files)

    async def _wanted(self, held: Item, change: FieldChange) -> Fields:
        """Sets that are no collections of their own call are written whole."""
        wanted: Fields = dict(change.set)
        for name in {*change.add, *change.remove} - {"links", "labels"}:
            base: Value = wanted.get(name)
            if not isinstance(base, tuple):
                release = wire.name(held.get("Release"))
                before = (
                    ((release,) if release else ())
                    if name == "fix_versions"
                    else tuple(await self._reader.names(held, name))
                )
                base = as_set(before)
            added = change.add.get(name, ())
            after = as_set((set(base) | set(added)) - set(change.remove.get(name, ())))
            # One place only: what comes new takes it.
            wanted[name] = added[:1] if name == "fix_versions" and added else after
        return wanted

    async def _sets(self, held: Item, change: FieldChange) -> Sets:
        tags = set(await self._reader.names(held, "Tags"))
        wanted = set(items("labels", change.set.get("labels", as_set(tags))))
        wanted = (wanted | set(change.add.get("labels", ()))) - set(change.remove.get("labels", ()))
        add: dict[str, list[str]] = {}
        remove: dict[str, list[str]] = {}
        if new := tuple(sorted(wanted - tags)):
            add["Tags"] = await self._names.tags(new, make=True)
        if old := tuple(sorted(tags - wanted)):
            remove["Tags"] = await self._names.tags(old, make=False)
        if "milestone" in change.set:
            await self._milestone(held, change.set["milestone"], add, remove)
        return Sets(add, {name: refs for name, refs in remove.items() if refs})

    async def _milestone(
        self, held: Item, value: Value, add: dict[str, list[str]], remove: dict[str, list[str]]
    ) -> None:
        """Takes the place of the one that was shown, and leaves others alone."""
        there = await self._reader.names(held, "Milestones")
        shown = min(there) if there else ""
        wanted = text("milestone", value) if value else ""
        if wanted and wanted not in there:
            add["Milestones"] = [await self._names.milestone(wanted)]
        if shown and shown != wanted:
            remove["Milestones"] = [await self._names.milestone(shown)]

    async def _marked(self, path: str, condition: str, wanted: str) -> Item | None:
        asked = {
            "query": condition,
            "fetch": f"ObjectID,FormattedID,Notes,{self._params.marker_field}".rstrip(","),
            "order": "ObjectID",
            **await self._workspace.scope(),
        }
        for item in await self._client.find_all(path, asked, what=_FIND):
            if await self._reader.marker(item) == wanted:
                return self._items.seen(item)
        return None


def _all_taken(item: Item) -> None:
    left = left_out(item)
    if left:
        raise errors.refused(
            Fault.PERMISSION,
            f"Rally left out: {', '.join(left)}.",
            remedy="The project or the account's role hides the field. Show it in the workspace's"
            " settings, or leave it out of the incoming rule.",
            field=errors.field_in(f"Defect.{left[0]}"),
        )


def _same_type(kind: Kind, change: FieldChange) -> None:
    wanted = change.set.get("type")
    if wanted is not None and wanted != kind.name:
        raise errors.invalid(
            "type",
            f"a {kind.name} cannot become {wanted!r}",
            "Leave the type out of the incoming rule for issues that exist.",
        )


def _link_changes(held: Fields, change: FieldChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    add, remove = set(change.add.get("links", ())), set(change.remove.get("links", ()))
    if "links" in change.set:
        before = set(items("links", held.get("links")))
        wanted = set(items("links", change.set["links"]))
        add |= wanted - before
        remove |= before - wanted
    return tuple(sorted(add - remove)), tuple(sorted(remove - add))


def _refs(refs: list[str]) -> list[Item]:
    return [{"_ref": ref} for ref in refs]

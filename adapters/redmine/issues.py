"""Creating, finding and updating issues, with an eye on what Redmine leaves out in silence."""

from collections.abc import Awaitable, Callable
from typing import Any

from adapters.redmine import errors, marker, moments, wire
from adapters.redmine.client import RedmineClient, segment
from adapters.redmine.directory import Directory
from adapters.redmine.items import Items
from adapters.redmine.links import change_links, checked_links
from adapters.redmine.writing import SINGLE_SETS, Writer, dropped, merged
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Issue, IssueDraft
from schemas.rich_text import RichText
from schemas.values import Fields, Millis, Value

_MARGIN = 10 * 60 * 1000
"""Redmine's clock and ours may differ by this many milliseconds."""
_PAGE = 100
_CREATE = "create an issue"
_FIND = "look for a marker"


class Issues:
    def __init__(
        self,
        client: RedmineClient,
        items: Items,
        directory: Directory,
        writer: Writer,
        marker_field: str,
        source_field: str,
    ) -> None:
        self._client = client
        self._items = items
        self._directory = directory
        self._writer = writer
        self._marker_field = marker_field
        self._source_field = source_field

    async def create(self, draft: IssueDraft) -> wire.Issue:
        """Whatever fails once the issue stands raises UNKNOWN_OUTCOME, so that the caller looks the
        marker up and does not create a second one."""
        wanted: Fields = {n: value for n, value in draft.fields.items() if value is not None}
        links = _as_links(wanted.pop("links", ()))
        checked_links(links)
        body = await self._fresh(lambda: self._draft_body(draft, wanted))
        made = (
            await self._client.make("/issues.json", {"issue": body}, wire.one_issue, what=_CREATE)
        ).issue
        try:
            return await self._complete(made, body, links, draft.marker)
        except TrackerError as error:
            raise errors.unconfirmed(error, f"The issue #{made.id} was created") from error

    async def find_by_marker(self, wanted: str, since: Millis) -> wire.Issue | None:
        """Among issues created since then whose description or field holds it."""
        for filtered in await self._places(wanted):
            offset = 0
            while True:
                query = (
                    ("set_filter", "1"),
                    ("f[]", "status_id"),
                    ("op[status_id]", "*"),
                    ("f[]", "created_on"),
                    ("op[created_on]", ">="),
                    ("v[created_on][]", moments.text(since - _MARGIN)),
                    *filtered,
                    ("sort", "id:asc"),
                    ("offset", str(offset)),
                    ("limit", str(_PAGE)),
                )
                page = await self._client.get("/issues.json", wire.issues, what=_FIND, query=query)
                for issue in page.issues:
                    # A filter that Redmine does not know lets everything through.
                    if self.marker_of(issue) == wanted:
                        return issue
                offset += len(page.issues)
                if not page.issues or offset >= page.total_count:
                    break
        return None

    def marker_of(self, issue: wire.Issue) -> str:
        for item in issue.custom_fields:
            if self._marker_field in (f"cf_{item.id}", item.name) and item.value:
                return str(item.value)
        return marker.split(issue.description)[1]

    async def update(self, issue: Issue, change: FieldChange) -> wire.Issue:
        held = await self._items.get(issue.ref.id, "relations", "allowed_statuses")
        if moments.parse(held.updated_on) > issue.version:
            raise errors.refused(Fault.CONFLICT, f"{issue.ref.key} was changed in between.")
        add, remove = _link_changes(issue.fields, change)
        checked_links(add)
        wanted = _wanted(issue.fields, change)
        body = await self._fresh(lambda: self._change_body(held, wanted))
        await self._check_status(held, body)
        if body:
            await self._put(held.id, body)
        if add or remove:
            await change_links(self._client, held, add, remove)
        return await self._confirmed(held, body)

    async def _fresh(self, body: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Somebody may just have made the name that is not known yet."""
        try:
            return await body()
        except TrackerError as error:
            if error.fault is not Fault.VALIDATION or error.status is not None:
                raise
            self._directory.forget()
            return await body()

    async def _draft_body(self, draft: IssueDraft, wanted: Fields) -> dict[str, Any]:
        project = await self._directory.project(draft.project)
        wanted = {"type": draft.type, **wanted}
        in_text = "" if self._marker_field else draft.marker
        if in_text:
            wanted.setdefault("description", "")
        body = await self._writer.body(project, wanted, None, in_text)
        given = ((self._marker_field, draft.marker), (self._source_field, draft.source_url))
        for name, value in given:
            if name and value:
                number = await self._writer.field_id(name)
                body.setdefault("custom_fields", []).append({"id": number, "value": value})
        return {"project_id": project.id, **body}

    async def _change_body(self, held: wire.Issue, wanted: Fields) -> dict[str, Any]:
        project = await self._directory.project(held.project.id)
        signed = marker.split(held.description)[1] if "description" in wanted else ""
        return await self._writer.body(project, wanted, held, signed)

    async def _complete(
        self,
        made: wire.Issue,
        body: dict[str, Any],
        links: tuple[str, ...],
        signed: str,
    ) -> wire.Issue:
        """What creation left out is tried once more as an edit, which says why it fails."""
        if self.marker_of(made) != signed:
            await self._sign(made, signed)
        left = set(dropped(body, made))
        if left:
            again = {key: value for key, value in body.items() if dropped({key: value}, made)}
            again.pop("project_id", None)
            await self._check_status(await self._items.get(str(made.id), "allowed_statuses"), again)
            await self._put(made.id, again)
        if links:
            await change_links(self._client, made, links, ())
        return await self._confirmed(made, body)

    async def _sign(self, made: wire.Issue, signed: str) -> None:
        """The marker's own field did not take it; without one the issue could be made twice."""
        text = marker.sign(made.description or "", signed)
        await self._put(made.id, {"description": text})

    async def _put(self, number: int, body: dict[str, Any]) -> None:
        path = f"/issues/{segment(str(number))}.json"
        await self._client.write("PUT", path, {"issue": body}, what="edit the issue")

    async def _confirmed(self, before: wire.Issue, body: dict[str, Any]) -> wire.Issue:
        found = await self._items.get(str(before.id), "relations", "attachments")
        left = dropped(body, found)
        if not left:
            return found
        # What is neither as written nor as before was changed by somebody else just now.
        untouched = [name for name in left if name in dropped(body, before)]
        if untouched:
            raise errors.refused(
                Fault.PERMISSION,
                f"Redmine kept its own value of: {', '.join(untouched)}.",
                remedy="The account's role or the workflow does not let it set this, or Redmine"
                " computes it from subtasks. Give the permission, or leave the field out.",
                field=untouched[0],
            )
        return found

    async def _check_status(self, held: wire.Issue, body: dict[str, Any]) -> None:
        """Redmine would leave out in silence a status that the workflow does not allow."""
        number = body.get("status_id")
        allowed = held.allowed_statuses
        if number is None or number == held.status.id or not allowed:
            return
        if all(item.id != number for item in allowed):
            names = {item.id: item.name for item in await self._directory.statuses()}
            raise errors.refused(
                Fault.VALIDATION,
                f"Redmine's workflow leads from {held.status.name!r} to no"
                f" {names.get(number, number)!r} for this account.",
                remedy="Map the status to one of: "
                + ", ".join(item.name for item in allowed)
                + ", or allow the step in the workflow of the account's role.",
                field="status",
            )

    async def _places(self, wanted: str) -> list[tuple[tuple[str, str], ...]]:
        places: list[tuple[tuple[str, str], ...]] = [
            (
                ("f[]", "description"),
                ("op[description]", "~"),
                ("v[description][]", marker.word(wanted)),
            )
        ]
        if self._marker_field:
            name = f"cf_{await self._writer.field_id(self._marker_field)}"
            places.insert(0, (("f[]", name), (f"op[{name}]", "="), (f"v[{name}][]", wanted)))
        return places


def _wanted(held: Fields, change: FieldChange) -> Fields:
    wanted: Fields = {name: value for name, value in change.set.items() if name != "links"}
    for name in {*change.add, *change.remove} - {"links"}:
        base = wanted if isinstance(wanted.get(name), tuple) else held
        after = merged(base, name, change.add.get(name, ()), change.remove.get(name, ()))
        if name in SINGLE_SETS and len(_as_links(after)) > 1:
            # One place only: what comes new takes it.
            after = change.add[name][:1] if change.add.get(name) else after
        wanted[name] = after
    return wanted


def _link_changes(held: Fields, change: FieldChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    add, remove = set(change.add.get("links", ())), set(change.remove.get("links", ()))
    if "links" in change.set:
        wanted, before = set(_as_links(change.set["links"])), set(_as_links(held.get("links")))
        add |= wanted - before
        remove |= before - wanted
    return tuple(sorted(add - remove)), tuple(sorted(remove - add))


def _as_links(value: Value) -> tuple[str, ...]:
    if value is None or isinstance(value, RichText):
        return ()
    return value if isinstance(value, tuple) else ()

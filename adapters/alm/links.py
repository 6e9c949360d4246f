"""Links: between a defect and any entity, without a kind and without a direction."""

from collections.abc import Iterable

from adapters.alm import errors, query
from adapters.alm.client import AlmClient
from adapters.alm.ids import ENTITY_TYPES, EntityType, IssueId
from adapters.alm.ids import parse as parse_id
from adapters.alm.wire import Entity
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange
from schemas.links import RELATES
from schemas.values import Fields, Value, as_set

_LIST = "list the links"
_FIRST, _SECOND, _TYPE = "first-endpoint-id", "second-endpoint-id", "second-endpoint-type"
_MOST = "2000"


class Links:
    def __init__(self, client: AlmClient) -> None:
        self._client = client

    async def of(self, issue: IssueId, found: Entity) -> tuple[str, ...]:
        """Asked for only where the entity says that it has some."""
        if found.text("has-linkage") == "N":
            return ()
        others = await self._others(issue)
        return as_set([f"{RELATES} {other}" for other in others])

    async def change(self, issue: IssueId, add: Iterable[str], remove: Iterable[str]) -> None:
        held = await self._others(issue)
        for link in remove:
            numbers = held.get(str(_other(link)), [])
            for number in numbers:
                await self._delete(number)
        for link in add:
            other = _other(link)
            if str(other) not in held:
                await self._add(issue, other)

    async def _others(self, issue: IssueId) -> dict[str, list[str]]:
        """Linked issue -> the ids of the links to it."""
        found: dict[str, list[str]] = {}
        conditions = [{_SECOND: issue.number, _TYPE: issue.type}]
        if issue.type == "defect":
            conditions.append({_FIRST: issue.number})
        for condition in conditions:
            asked = {"query": query.statement(condition), "page-size": _MOST}
            page = await self._client.many("/defect-links", asked, what=_LIST)
            for item in page.items:
                other = _far_end(item, issue)
                if other is not None and item.id not in found.setdefault(str(other), []):
                    found[str(other)].append(item.id)
        return found

    async def _add(self, issue: IssueId, other: IssueId) -> None:
        first, second = (issue, other) if issue.type == "defect" else (other, issue)
        fields = (
            (_FIRST, (first.number,)),
            (_SECOND, (second.number,)),
            (_TYPE, (second.type,)),
        )
        await self._client.create("/defect-links", "defect-link", fields, what="add a link")

    async def _delete(self, number: str) -> None:
        try:
            await self._client.act("DELETE", f"/defect-links/{number}", what="remove a link")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise


def changes(held: Fields, change: FieldChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Links to add and to remove."""
    add, remove = set(change.add.get("links", ())), set(change.remove.get("links", ()))
    if "links" in change.set:
        wanted, before = set(as_links(change.set["links"])), set(as_links(held.get("links")))
        add |= wanted - before
        remove |= before - wanted
    return tuple(sorted(add - remove)), tuple(sorted(remove - add))


def as_links(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def check(issue_type: EntityType, links: Iterable[str]) -> None:
    """Before anything is written."""
    for link in links:
        kind, _, _ = link.partition(" ")
        other = _other(link)
        if kind != RELATES:
            raise _refused(f"A link of the kind {kind!r} has no place in ALM.", link)
        if "defect" not in (issue_type, other.type):
            raise _refused("ALM links nothing but defects with other issues.", link)


def _other(link: str) -> IssueId:
    try:
        return parse_id(link.partition(" ")[2], "defect")
    except TrackerError as error:
        raise _refused(error.message, link) from error


def _far_end(item: Entity, issue: IssueId) -> IssueId | None:
    """None for ends that are no issues, such as runs."""
    first = IssueId("defect", item.text(_FIRST))
    kind = next((known for known in ENTITY_TYPES if known == item.text(_TYPE)), None)
    if kind is None:
        return None
    second = IssueId(kind, item.text(_SECOND))
    return second if first == issue else first


def _refused(why: str, link: str) -> TrackerError:
    return errors.refused(
        Fault.VALIDATION,
        why,
        remedy=f"Leave the link {link!r} out by the rule, or send it as 'relates' with a defect.",
        field="links",
    )

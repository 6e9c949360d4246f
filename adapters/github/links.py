"""Parents (sub-issues) and dependencies. GitHub names both ends by their ids in all of GitHub."""

from collections.abc import AsyncIterator, Mapping

from adapters.github import answers, wire
from adapters.github.capabilities import BLOCKED_BY, BLOCKS
from adapters.github.client import GitHubClient
from adapters.github.errors import invalid
from adapters.github.places import Place, Repositories, parse_id
from schemas.errors import TrackerError
from schemas.issue import FieldChange
from schemas.values import Fields, Value, as_set

_WRITE = "write a link"


class Links:
    def __init__(self, client: GitHubClient, repositories: Repositories) -> None:
        self._client = client
        self._repositories = repositories

    async def read(self, place: Place, found: answers.Issue) -> Fields:
        """The fields `parent` and `links`. Costs a call more only where there are dependencies."""
        parent = None
        if found.parent_issue_url:
            held = await self._repositories.place_of(found.parent_issue_url)
            parent = held.id if held else None
        links: list[str] = []
        counts = found.issue_dependencies_summary or answers.Dependencies()
        for kind, count, part in (
            (BLOCKED_BY, counts.total_blocked_by, "blocked_by"),
            (BLOCKS, counts.total_blocking, "blocking"),
        ):
            if count:
                links += [f"{kind} {other.id}" async for other in self._others(place, part)]
        return {"parent": parent, "links": as_set(links)}

    async def write(
        self, place: Place, found: answers.Issue, held: Fields, change: FieldChange
    ) -> bool:
        """`held` is what `read` gave. True when something was written."""
        wrote = False
        if "parent" in change.set and change.set["parent"] != held["parent"]:
            await self._set_parent(found, held["parent"], change.set["parent"])
            wrote = True
        present = set(_names(held["links"]))
        wanted = set(_names(change.set["links"])) if "links" in change.set else set(present)
        wanted |= set(change.add.get("links", ()))
        wanted -= set(change.remove.get("links", ()))
        for link in sorted(wanted - present):
            await self._add(place, found, link)
        for link in sorted(present - wanted):
            await self._remove(place, found, link)
        return wrote or wanted != present

    async def _others(self, place: Place, part: str) -> AsyncIterator[Place]:
        pages = self._client.pages(
            f"{place.path}/dependencies/{part}", wire.issues, what="read the links"
        )
        async for page in pages:
            for other in page:
                held = await self._repositories.place_of(other.url)
                if held:
                    yield held

    async def _set_parent(self, found: answers.Issue, before: Value, wanted: Value) -> None:
        if wanted is None or wanted == "":
            path = f"{parse_id(str(before)).path}/sub_issue"
            await self._client.send(
                "DELETE", path, {"sub_issue_id": found.id}, what="take away the parent"
            )
            return
        path = f"{_place_in(str(wanted), 'parent').path}/sub_issues"
        body = {"sub_issue_id": found.id, "replace_parent": True}
        await self._client.send("POST", path, body, what="set the parent")

    async def _add(self, place: Place, found: answers.Issue, link: str) -> None:
        kind, other = _split(link)
        if kind == BLOCKS:
            path, body = f"{other.path}/dependencies/blocked_by", {"issue_id": found.id}
        else:
            path = f"{place.path}/dependencies/blocked_by"
            body = {"issue_id": await self._number(other)}
        await self._client.send("POST", path, body, what=_WRITE)

    async def _remove(self, place: Place, found: answers.Issue, link: str) -> None:
        kind, other = _split(link)
        if kind == BLOCKS:
            path = f"{other.path}/dependencies/blocked_by/{found.id}"
        else:
            path = f"{place.path}/dependencies/blocked_by/{await self._number(other)}"
        await self._client.send("DELETE", path, what=_WRITE)

    async def _number(self, place: Place) -> int:
        return (await self._client.get(place.path, wire.issue, what="read a linked issue")).id


def asks_for_links(change: FieldChange | Mapping[str, Value]) -> bool:
    if isinstance(change, FieldChange):
        names = {*change.set, *change.add, *change.remove}
    else:
        names = set(change)
    return bool(names & {"parent", "links"})


def _split(link: str) -> tuple[str, Place]:
    kind, _, other = link.rpartition(" ")
    if kind not in (BLOCKS, BLOCKED_BY):
        raise invalid(
            f"GitHub has no link of the kind {kind!r}.",
            "links",
            f"Map it to {BLOCKS!r} or {BLOCKED_BY!r}, or leave it out.",
        )
    return kind, _place_in(other, "links")


def _place_in(issue_id: str, field: str) -> Place:
    try:
        return parse_id(issue_id)
    except TrackerError as error:
        raise invalid(error.message, field) from error


def _names(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, tuple):
        raise invalid("Links must be a set.", "links")
    return value

"""Links: collections of other issues, by the kinds of `schemas.links`."""

from adapters.rally import errors
from adapters.rally.client import RallyClient
from adapters.rally.items import Owner
from adapters.rally.kinds import Kind


async def change_links(
    client: RallyClient, owner: Owner, add: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    """One call for each collection and way. Adding what is there already does no harm."""
    for way, links in (("remove", remove), ("add", add)):
        for collection, refs in _by_collection(owner.kind, links).items():
            what = "link the issue" if way == "add" else "remove a link"
            await client.collect(owner.ref, collection, way, refs, what=what, lane=owner.oid)


def checked_links(kind: Kind, links: tuple[str, ...]) -> None:
    """Before anything is written: VALIDATION for what this type cannot hold."""
    for link in links:
        word, _, other = link.partition(" ")
        if word not in kind.links or not (other.isascii() and other.isdigit()):
            words = ", ".join(kind.links) or "none"
            raise errors.invalid(
                "links",
                f"a {kind.name} cannot hold {link!r}",
                f"Write a kind and an issue's id; kinds here are: {words}.",
            )


def _by_collection(kind: Kind, links: tuple[str, ...]) -> dict[str, list[str]]:
    """All three collections hold issues of their own type."""
    found: dict[str, list[str]] = {}
    for link in links:
        word, _, other = link.partition(" ")
        if word in kind.links:
            found.setdefault(kind.links[word], []).append(f"/{kind.path}/{other}")
    return found

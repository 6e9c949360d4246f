"""Relations of an issue, as seen from that issue."""

from adapters.redmine import errors, wire
from adapters.redmine.capabilities import LINK_KINDS, LINK_WORDS
from adapters.redmine.client import RedmineClient, segment
from schemas.errors import Fault, TrackerError
from schemas.links import INVERSE
from schemas.values import as_set

_KINDS = {word: kind for kind, word in LINK_WORDS.items()}


def to_links(found: wire.Issue) -> tuple[str, ...]:
    return as_set([_link(found.id, relation) for relation in found.relations])


async def change_links(
    client: RedmineClient, found: wire.Issue, add: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    """`found` was read just now. Adding what is there and removing what is not succeed."""
    held = {_link(found.id, relation): relation.id for relation in found.relations}
    for link in remove:
        if link in held:
            await _remove(client, held[link])
    for link in add:
        if link not in held:
            await _add(client, found.id, link)


def checked_links(links: tuple[str, ...]) -> None:
    """Before anything is written: VALIDATION for what is no link."""
    for link in links:
        _parts(link)


async def _add(client: RedmineClient, issue: int, link: str) -> None:
    kind, other = _parts(link)
    body = {"relation": {"issue_to_id": int(other), "relation_type": LINK_WORDS[kind]}}
    path = f"/issues/{issue}/relations.json"
    try:
        await client.write("POST", path, body, what=f"link the issue to #{other}")
    except TrackerError as error:
        if error.fault is not Fault.VALIDATION:
            raise
        raise errors.refused(
            Fault.VALIDATION,
            error.message,
            remedy="Two issues have one relation at most, none may close a circle, and none may"
            " join an issue with its own subtask.",
            field="links",
        ) from error


async def _remove(client: RedmineClient, relation: int) -> None:
    path = f"/relations/{segment(str(relation))}.json"
    try:
        await client.write("DELETE", path, what="remove a link")
    except TrackerError as error:
        if error.fault is not Fault.NOT_FOUND:
            raise


def _link(issue: int, relation: wire.Relation) -> str:
    kind = _KINDS.get(relation.relation_type, relation.relation_type)
    if relation.issue_id == issue:
        return f"{kind} {relation.issue_to_id}"
    return f"{INVERSE.get(kind, kind)} {relation.issue_id}"


def _parts(link: str) -> tuple[str, str]:
    kind, _, other = link.partition(" ")
    if kind not in LINK_KINDS or not (other.isascii() and other.isdigit()):
        raise errors.refused(
            Fault.VALIDATION,
            f"Redmine cannot hold the link {link!r}.",
            remedy=f"Write a kind and an issue's id; kinds are: {', '.join(LINK_KINDS)}.",
            field="links",
        )
    return kind, other

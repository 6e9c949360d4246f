"""Relations between work items, as links in words that trackers share."""

import re
from collections.abc import Iterable

from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.images import attachment_id
from adapters.azure_devops.wire import Relation
from schemas.errors import Fault
from schemas.links import RELATES, kind_name
from schemas.values import as_set

ATTACHED = "AttachedFile"
HYPERLINK = "Hyperlink"
PARENT = "System.LinkTypes.Hierarchy-Reverse"
CHILD = "System.LinkTypes.Hierarchy-Forward"

RELATIONS = {
    RELATES: "System.LinkTypes.Related",
    "precedes": "System.LinkTypes.Dependency-Forward",
    "follows": "System.LinkTypes.Dependency-Reverse",
    "duplicates": "System.LinkTypes.Duplicate-Reverse",
    "duplicated_by": "System.LinkTypes.Duplicate-Forward",
    "affects": "Microsoft.VSTS.Common.Affects-Forward",
    "affected_by": "Microsoft.VSTS.Common.Affects-Reverse",
}
"""Kind -> relation type. The target of "Dependency-Forward" is the successor, and that of
"Duplicate-Forward" is the duplicate."""
LINK_KINDS = tuple(RELATIONS)

_KINDS = {relation: kind for kind, relation in RELATIONS.items()}
_KINDS |= {PARENT: "parent", CHILD: "child"}
_FAMILY = ("parent ", "child ")
_ITEM = re.compile(r"/workitems/(\d+)/?$", re.IGNORECASE)


def key(relation: Relation) -> str:
    """What tells a relation from the others of its item: "precedes 12", or a file or an address."""
    if relation.rel == ATTACHED:
        return file_key(attachment_id(relation.url))
    target = _ITEM.search(relation.url)
    if target is None or ".Remote." in relation.rel:
        return f"{relation.rel} {relation.url}"
    kind = _KINDS.get(relation.rel) or kind_name(relation.attributes.name or relation.rel)
    return f"{kind} {target.group(1)}"


def file_key(guid: str) -> str:
    return f"{ATTACHED} {guid.lower()}"


def parent_key(item_id: str) -> str:
    return f"parent {item_id}"


def links(relations: Iterable[Relation]) -> tuple[str, ...]:
    """To other items of the same organisation, but for the family."""
    keys = (key(one) for one in relations if _is_link(one))
    return as_set([one for one in keys if not one.startswith(_FAMILY)])


def children(relations: Iterable[Relation]) -> tuple[str, ...]:
    return as_set([key(one) for one in relations if one.rel == CHILD])


def parent(relations: Iterable[Relation]) -> str | None:
    return next((key(one).partition(" ")[2] for one in relations if one.rel == PARENT), None)


def relation_type(link: str) -> tuple[str, str]:
    """Of "precedes 12": the relation's type, and the item. VALIDATION for anything else."""
    kind, _, item_id = link.partition(" ")
    if kind not in RELATIONS or not (item_id.isascii() and item_id.isdigit()):
        raise tracker_error(
            Fault.VALIDATION,
            f"{link[:60]!r} is no link between work items.",
            field="links",
            remedy=f"Write a kind and a number; the kinds are: {', '.join(LINK_KINDS)}.",
        )
    return RELATIONS[kind], item_id


def _is_link(relation: Relation) -> bool:
    return (
        relation.rel not in (ATTACHED, HYPERLINK)
        and ".Remote." not in relation.rel
        and _ITEM.search(relation.url) is not None
    )

"""Relations in the making: which may be added, and which may not."""

from typing import Any

from adapters.azure_devops.simulator.process import OPPOSITE, RELATION_NAMES, TREES
from adapters.azure_devops.simulator.refusal import Refusal
from adapters.azure_devops.simulator.state import Item, State, target_of

ATTRIBUTES = ("name", "comment", "resourceSize", "resourceCreatedDate", "authorizedDate", "id")
_PARENT = "System.LinkTypes.Hierarchy-Reverse"
_CHILD = "System.LinkTypes.Hierarchy-Forward"


def relation(state: State, item_id: int, held: list[dict[str, Any]], value: Any) -> dict[str, Any]:
    """`item_id` is 0 for an item that is not there yet."""
    if not isinstance(value, dict) or "rel" not in value or "url" not in value:
        raise Refusal(400, "VssPropertyValidationException", "TF401349: A relation needs rel, url.")
    rel, url = str(value["rel"]), str(value["url"])
    if rel not in RELATION_NAMES:
        raise Refusal(400, "WorkItemLinkTypeNotFoundException", f"VS402340: Unknown type {rel}.")
    given = value.get("attributes") or {}
    attributes = {key: given[key] for key in ATTRIBUTES if key in given}
    attributes |= {"authorizedDate": state.moment(), "id": len(held) + 1}
    if rel == "AttachedFile":
        blob = state.blobs.get(url.partition("/attachments/")[2].partition("?")[0])
        attributes.setdefault("name", blob.filename)
        attributes |= {"resourceSize": blob.size, "resourceCreatedDate": blob.created}
        attributes |= {"resourceModifiedDate": blob.created}
    if rel in OPPOSITE:
        attributes |= {"name": RELATION_NAMES[rel], "isLocked": False}
        _check_link(state, item_id, held, rel, state.item(target_of(url)))
    elif any(one["rel"] == rel and one["url"] == url for one in held):
        raise _exists(rel)
    return {"rel": rel, "url": url, "attributes": attributes}


def _check_link(
    state: State, item_id: int, held: list[dict[str, Any]], rel: str, target: Item
) -> None:
    if any(one["rel"] == rel and target_of(one["url"]) == target.id for one in held):
        raise _exists(rel)
    if target.id == item_id:
        raise Refusal(
            400, "WorkItemLinkInvalidException", "TF201035: A work item cannot link to itself."
        )
    name = RELATION_NAMES[rel]
    lonely = rel == _PARENT and any(one["rel"] == _PARENT for one in held)
    theirs = rel == _CHILD and any(one["rel"] == _PARENT for one in target.relations)
    if lonely or theirs:
        raise Refusal(
            400,
            "WorkItemLinkInvalidException",
            f"TF201036: You cannot add a {name} link between work items {item_id} and {target.id}"
            " because a work item can have only one Parent link.",
        )
    if rel in TREES and item_id in _above(state, target, rel):
        raise _circle(name, item_id, target.id)
    if OPPOSITE[rel] in TREES and target.id in _above_id(state, item_id, OPPOSITE[rel]):
        raise _circle(name, item_id, target.id)


def _above_id(state: State, item_id: int, rel: str) -> set[int]:
    return _above(state, state.items[item_id], rel) if item_id in state.items else set()


def _above(state: State, item: Item, rel: str) -> set[int]:
    found: set[int] = set()
    waiting = [item]
    while waiting:
        one = waiting.pop()
        for relation in one.relations:
            if relation["rel"] == rel and (target := target_of(relation["url"])) not in found:
                found.add(target)
                waiting.append(state.items[target])
    return found


def _circle(name: str, here: int, there: int) -> Refusal:
    return Refusal(
        400,
        "WorkItemLinkInvalidException",
        f"TF201035: You cannot add a {name} link between work items {here} and {there}"
        " because it would close a circle.",
    )


def _exists(rel: str) -> Refusal:
    return Refusal(400, "WorkItemLinkAddException", f"VS403186: The relation {rel} exists already.")

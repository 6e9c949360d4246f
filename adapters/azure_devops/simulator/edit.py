"""JSON Patch documents and the rules of the process: what a save would change."""

from typing import Any, Literal

import msgspec

from adapters.azure_devops.simulator.process import (
    FIELDS,
    PRIORITIES,
    READ_ONLY,
    STATES,
    SYNC,
    TITLE_LENGTH,
    Person,
    states_of,
)
from adapters.azure_devops.simulator.refusal import Refusal, refuse_field
from adapters.azure_devops.simulator.state import Item, State

PRIORITY = "Microsoft.VSTS.Common.Priority"
ATTRIBUTES = ("name", "comment", "resourceSize", "resourceCreatedDate", "authorizedDate", "id")


class PatchOperation(msgspec.Struct, frozen=True):
    op: Literal["add", "replace", "remove", "test"]
    path: str
    value: Any = None


_decode = msgspec.json.Decoder(list[PatchOperation]).decode


class Draft(msgspec.Struct):
    """A save in the making."""

    rev: int
    fields: dict[str, Any]
    changed: dict[str, Any]
    relations: list[dict[str, Any]]


def decode_patch(body: bytes) -> list[PatchOperation]:
    try:
        operations = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(
            400,
            "VssPropertyValidationException",
            "You must pass a valid patch document in the body of the request.",
        ) from error
    if not operations:
        raise Refusal(
            400,
            "VssPropertyValidationException",
            "You must pass a valid patch document in the body of the request.",
        )
    return operations


def create_item(
    state: State,
    project: str,
    kind: str,
    operations: list[PatchOperation],
    *,
    by: Person = SYNC,
    keep: bool = True,
) -> Item:
    found = state.project(project)
    known = {name.casefold(): name for name in STATES}.get(kind.casefold())
    if known is None:
        raise Refusal(
            404,
            "WorkItemTypeNotFoundException",
            f"VS402323: Work item type {kind} does not exist in project {found}.",
        )
    at = state.moment()
    fields: dict[str, Any] = {
        "System.TeamProject": found,
        "System.WorkItemType": known,
        "System.AreaPath": found,
        "System.IterationPath": found,
        "System.State": states_of(known)[0],
        "System.Reason": "New",
        "System.CreatedDate": at,
        "System.CreatedBy": by,
        "System.ChangedDate": at,
        "System.ChangedBy": by,
        "System.CommentCount": 0,
        PRIORITY: 2,
    }
    draft = Draft(0, fields, {}, [])
    for operation in operations:
        _apply(state, draft, operation)
    _check(draft, creating=True)
    item = Item(state.next_id(), found, _without_empty(draft.fields), relations=draft.relations)
    if keep:
        state.add(item, by, at)
    return item


def edit_item(
    state: State,
    item: Item,
    operations: list[PatchOperation],
    *,
    by: Person = SYNC,
    keep: bool = True,
) -> None:
    draft = Draft(item.rev, dict(item.fields), {}, list(item.relations))
    for operation in operations:
        _apply(state, draft, operation)
    _check(draft, creating=False)
    if not keep:
        return
    history = draft.changed.pop("System.History", None)
    state.save(item, draft.changed, draft.relations, by)
    if history:
        state.comment(item, history, by)


def _apply(state: State, draft: Draft, operation: PatchOperation) -> None:
    path = operation.path
    if operation.op == "test":
        _test(draft, operation)
    elif path.startswith("/fields/"):
        name = path.removeprefix("/fields/").replace("~1", "/").replace("~0", "~")
        value = None if operation.op == "remove" else operation.value
        _set_field(state, draft, name, value)
    elif path.startswith("/relations/"):
        _set_relation(state, draft, operation)
    elif path not in ("/id", "/rev"):
        raise Refusal(400, "VssPropertyValidationException", f"TF401349: Bad path {path}.")


def _test(draft: Draft, operation: PatchOperation) -> None:
    if operation.path == "/rev":
        held: Any = draft.rev
    else:
        held = draft.fields.get(operation.path.removeprefix("/fields/"))
    if held != operation.value:
        raise Refusal(
            412,
            "TestPatchOperationFailedException",
            f"VS403351: Test Operation for path {operation.path} failed.",
        )


def _set_field(state: State, draft: Draft, name: str, value: Any) -> None:
    if name in READ_ONLY:
        raise refuse_field(name, "TF401326", f"Invalid field status 'ReadOnly' for field '{name}'.")
    kind = FIELDS.get(name)
    if kind is None:
        raise Refusal(400, "WorkItemFieldInvalidException", f"TF51535: Cannot find field {name}.")
    if value == "":
        value = None
    if value is not None and kind == "identity":
        value = _identity(state, name, value)
    elif value is not None and kind == "tags":
        value = _tags(str(value))
    elif value is not None and kind == "number":
        value = _number(name, value)
    elif value is not None and not isinstance(value, str):
        value = str(value)
    if isinstance(value, str) and "\x00" in value:
        raise refuse_field(name, "TF401320", f"Rule Error for field {name}. Invalid characters.")
    draft.fields[name] = value
    draft.changed[name] = value


def _identity(state: State, name: str, value: Any) -> Person:
    text = value.get("uniqueName", "") if isinstance(value, dict) else str(value)
    person = state.person(text)
    if person is None:
        raise refuse_field(
            name,
            "VS403690",
            f"The identity value '{text}' for field '{name}' is an unknown identity.",
        )
    return person


def _number(name: str, value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise refuse_field(
            name, "TF401320", f"Rule Error for field {name}. Error code: InvalidType."
        ) from error


def _tags(text: str) -> str | None:
    """Kept in order of the alphabet, once each whatever its case."""
    kept: dict[str, str] = {}
    for tag in text.replace(",", ";").split(";"):
        if tag.strip():
            kept.setdefault(tag.strip().casefold(), tag.strip())
    return "; ".join(sorted(kept.values(), key=str.casefold)) or None


def _set_relation(state: State, draft: Draft, operation: PatchOperation) -> None:
    place = operation.path.removeprefix("/relations/")
    if operation.op == "add" and place == "-":
        draft.relations.append(_relation(state, draft, operation.value))
        return
    if operation.op != "remove" or not place.isdigit() or int(place) >= len(draft.relations):
        raise Refusal(
            400, "VssPropertyValidationException", f"Index out of range for path {operation.path}."
        )
    del draft.relations[int(place)]


def _relation(state: State, draft: Draft, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or "rel" not in value or "url" not in value:
        raise Refusal(400, "VssPropertyValidationException", "TF401349: A relation needs rel, url.")
    rel, url = str(value["rel"]), str(value["url"])
    if any(one["rel"] == rel and one["url"] == url for one in draft.relations):
        raise Refusal(
            400, "WorkItemLinkAddException", f"VS403186: The relation {rel} exists already."
        )
    given = value.get("attributes") or {}
    attributes = {key: given[key] for key in ATTRIBUTES if key in given}
    attributes |= {"authorizedDate": state.moment(), "id": len(draft.relations) + 1}
    if rel == "AttachedFile":
        blob = state.blobs.get(url.partition("/attachments/")[2].partition("?")[0])
        attributes.setdefault("name", blob.filename)
        attributes |= {"resourceSize": blob.size, "resourceCreatedDate": blob.created}
        attributes |= {"resourceModifiedDate": blob.created}
    if rel.startswith("System.LinkTypes."):
        state.item(int(url.rstrip("/").rpartition("/")[2]))
    return {"rel": rel, "url": url, "attributes": attributes}


def _check(draft: Draft, *, creating: bool) -> None:
    title = draft.fields.get("System.Title")
    if not title or not title.strip():
        raise refuse_field(
            "System.Title",
            "TF401320",
            "Rule Error for field Title. Error code: Required, InvalidEmpty.",
        )
    if len(title.encode("utf-16-le")) // 2 > TITLE_LENGTH or "\n" in title:
        raise refuse_field(
            "System.Title", "TF401324", "Invalid field value for field Title: too long."
        )
    kind = draft.fields.get("System.WorkItemType")
    if kind not in STATES:
        raise refuse_field("System.WorkItemType", "VS402323", f"Work item type {kind} is unknown.")
    names = states_of(kind)
    state = draft.fields.get("System.State")
    if state not in (names[:1] if creating else names):
        raise refuse_field(
            "System.State",
            "TF401320",
            "Rule Error for field State. Error code: HasValues, LimitedToValues, InvalidListValue.",
        )
    priority = draft.fields.get(PRIORITY)
    if priority is not None and priority not in PRIORITIES:
        raise refuse_field(
            PRIORITY,
            "TF401320",
            "Rule Error for field Priority. Error code: LimitedToValues, InvalidListValue.",
        )


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}

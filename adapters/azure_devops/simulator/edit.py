"""JSON Patch documents and the rules of the process: what a save would change."""

from typing import Any, Literal

import msgspec

from adapters.azure_devops.simulator import rules
from adapters.azure_devops.simulator.process import FIELDS, STATES, SYNC, Person, states_of
from adapters.azure_devops.simulator.refusal import Refusal
from adapters.azure_devops.simulator.relating import relation
from adapters.azure_devops.simulator.state import Item, State
from adapters.azure_devops.simulator.values import kept

_FIELDS = "/fields/"
_FORMATS = "/multilineFieldsFormat/"
_MARKDOWN = "markdown"


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
    formats: dict[str, str]
    id: int = 0


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
        rules.PRIORITY: 2,
    }
    draft = Draft(0, fields, {}, [], {})
    for operation in operations:
        _apply(state, draft, operation)
    rules.check(draft.fields, creating=True)
    filled = {name: value for name, value in draft.fields.items() if value is not None}
    item = Item(state.next_id(), found, filled, relations=draft.relations, formats=draft.formats)
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
    draft = Draft(
        item.rev, dict(item.fields), {}, list(item.relations), dict(item.formats), item.id
    )
    for operation in operations:
        _apply(state, draft, operation)
    by_itself = rules.follow(item.fields, draft.changed, state.moment())
    draft.fields |= by_itself
    draft.changed |= by_itself
    rules.check(draft.fields, creating=False)
    if not keep:
        return
    item.formats = draft.formats
    history = draft.changed.pop("System.History", None)
    state.save(item, draft.changed, draft.relations, by)
    if history:
        state.comment(item, history, by)


def _apply(state: State, draft: Draft, operation: PatchOperation) -> None:
    path = operation.path
    if operation.op == "test":
        _test(draft, operation)
    elif path.startswith(_FIELDS):
        name = path.removeprefix(_FIELDS).replace("~1", "/").replace("~0", "~")
        value = kept(state, name, None if operation.op == "remove" else operation.value)
        draft.fields[name] = draft.changed[name] = value
    elif path.startswith(_FORMATS):
        _set_format(draft, path.removeprefix(_FORMATS), operation.value)
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


def _set_format(draft: Draft, name: str, value: Any) -> None:
    """Once a text is Markdown it stays so."""
    field = FIELDS.get(name)
    if field is None or field.type != "html":
        raise Refusal(400, "WorkItemFieldInvalidException", f"TF51535: No long text {name}.")
    if str(value).lower() == _MARKDOWN:
        draft.formats[name] = _MARKDOWN
    elif draft.formats.get(name) == _MARKDOWN:
        raise Refusal(
            400, "WorkItemFieldInvalidException", f"VS403691: {name} cannot go back to HTML."
        )


def _set_relation(state: State, draft: Draft, operation: PatchOperation) -> None:
    place = operation.path.removeprefix("/relations/")
    if operation.op == "add" and place == "-":
        draft.relations.append(relation(state, draft.id, draft.relations, operation.value))
        return
    if operation.op != "remove" or not place.isdigit() or int(place) >= len(draft.relations):
        raise Refusal(
            400, "VssPropertyValidationException", f"Index out of range for path {operation.path}."
        )
    del draft.relations[int(place)]

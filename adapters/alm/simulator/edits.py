"""Making and changing entities, with ALM's own refusals."""

from datetime import datetime
from html import escape

from adapters.alm.simulator import catalogue
from adapters.alm.simulator.catalogue import Field
from adapters.alm.simulator.model import Audit, Entity, QcError, Values, not_found
from adapters.alm.simulator.state import State
from adapters.alm.simulator.tidy import tidy

_VERSIONED = ("requirement", "test")
_FORMS = {"Date": "%Y-%m-%d", "DateTime": "%Y-%m-%d %H:%M:%S"}


def create(state: State, kind: str, given: Values, user: str) -> Entity:
    _may_write(user)
    values = {name: [text] for name, text in catalogue.STARTS[kind].items()}
    values |= _checked(state, kind, given)
    for field in catalogue.FIELDS[kind]:
        if field.required and not values.get(field.name):
            raise _missing(field)
    at = state.now()
    entity = Entity(kind, state.new_id(kind), values, at, at)
    if kind != "defect":
        born = "req-time" if kind == "requirement" else "creation-time"
        values[born] = [state.local(at)[:10]]
    if state.config.versioned and kind in _VERSIONED:
        entity.checked_out_by = user
    state.entities[kind, entity.id] = entity
    return entity


def update(state: State, entity: Entity, given: Values, user: str) -> None:
    """`ver-stamp` and whatever else ALM tells by itself is passed over in silence."""
    _may_write(user)
    may_change(state, entity, user)
    own = {"id", "ver-stamp", "last-modified"}
    values = _checked(state, entity.type, {n: v for n, v in given.items() if n not in own})
    changes: list[tuple[str, str, str, str]] = []
    for field in catalogue.FIELDS[entity.type]:
        if field.name not in values:
            continue
        if field.required and not values[field.name]:
            raise _missing(field)
        before = entity.values.get(field.name, [])
        if before == values[field.name]:
            continue
        if field.type != "Memo":
            old, new = ";".join(before), ";".join(values[field.name])
            changes.append((field.name, field.label, old, new))
        entity.values[field.name] = values[field.name]
    state.touch(entity)
    if changes:
        number = state.new_id("audit")
        entity.audits.append(Audit(number, user, state.now(), changes))


def may_change(state: State, entity: Entity, user: str) -> None:
    if entity.lock not in ("", user):
        title = f"The {entity.type} {entity.id} is locked by user '{entity.lock}'."
        raise QcError(403, "lock-failure", title)
    if state.config.versioned and entity.type in _VERSIONED and entity.checked_out_by != user:
        title = f"The {entity.type} {entity.id} must be checked out before it is changed."
        raise QcError(403, "check-out-failure", title)


def check_out(state: State, entity: Entity, user: str) -> None:
    _may_write(user)
    if entity.checked_out_by:
        title = f"It is checked out by '{entity.checked_out_by}'."
        raise QcError(403, "check-out-failure", title)
    entity.checked_out_by = user
    state.touch(entity)


def undo_check_out(state: State, entity: Entity, user: str) -> None:
    if entity.checked_out_by != user:
        raise QcError(403, "undo-check-out-failure", "It is not checked out by you.")
    entity.checked_out_by = ""
    state.touch(entity)


def check_in(state: State, entity: Entity, user: str) -> None:
    if entity.checked_out_by != user:
        raise QcError(403, "check-in-failure", "It is not checked out by you.")
    entity.checked_out_by = ""
    entity.vc_version += 1
    state.touch(entity)


def comment(state: State, entity: Entity, text: str, user: str) -> None:
    """As ALM's desktop client adds one, with the day alone."""
    name = next(field.name for field in catalogue.FIELDS[entity.type] if _is_comments(field))
    before = "".join(entity.values.get(name, [])).rpartition("</body>")[0]
    line = _bold("_" * 40) if before else "<html><body>"
    day = f"{datetime.fromtimestamp(state.now() // 1000, state.zone):%d/%m/%Y}"
    full = state.person(user)[1]
    head = (
        '<div align="left"><font face="Arial" color="#000080"><span style="font-size:8pt">'
        f"<b>{escape(full)} &lt;{user}&gt;, {day}: </b></span></font>"
        f'<font face="Arial"><span style="font-size:8pt">{escape(text)}</span></font></div>'
    )
    update(state, entity, {name: [f"{before}{line}{head}</body></html>"]}, user)


def _is_comments(field: Field) -> bool:
    return field.physical.endswith("_DEV_COMMENTS")


def _bold(text: str) -> str:
    return f'<div align="left"><font color="#000080"><b>{text}</b></font></div>'


def _may_write(user: str) -> None:
    if user in catalogue.READERS:
        raise QcError(403, "operation-forbidden", "You have no permission to do this.")


def _checked(state: State, kind: str, given: Values) -> Values:
    known = {field.name: field for field in catalogue.FIELDS[kind]}
    values: Values = {}
    for name, texts in given.items():
        if name not in known:
            title = f"The field '{name}' is unknown in {kind}."
            raise QcError(400, "unknown-field-name", title)
        field = known[name]
        if not field.editable:
            raise QcError(403, "operation-forbidden", f"The field '{field.label}' is read-only.")
        kept = [text for text in texts if text != ""]
        if len(kept) > 1 and not field.multi:
            raise QcError(400, "invalid-value-type-for-field", f"'{field.label}' takes one value.")
        values[name] = [_one(state, kind, field, text) for text in kept]
    return values


def _one(state: State, kind: str, field: Field, text: str) -> str:
    match field.type:
        case "Memo":
            return tidy(text)
        case "Number":
            if field.name == "parent-id" and text not in ("0", "-1"):
                state.entity(kind, int(text) if text.isdigit() else 0)
            return _number(field, text)
        case "Date" | "DateTime":
            return _moment(field, text)
        case "LookupList":
            if text not in catalogue.names(catalogue.LISTS[field.list_id][1]):
                title = f"'{text}' is no value of the field '{field.label}'."
                raise QcError(400, "invalid-list-field-value", title)
        case "UsersList":
            if text not in [person[0] for person in catalogue.PEOPLE]:
                title = f"'{text}' is no user for the field '{field.label}'."
                raise QcError(400, "invalid-list-field-value", title)
        case "Reference":
            _refers(field, text)
        case _:
            if len(text) > field.size:
                title = f"The value of '{field.label}' is longer than {field.size}."
                raise QcError(400, "invalid-value-type-for-field", title)
    return text


def _refers(field: Field, text: str) -> None:
    known: dict[str, dict[str, str]] = {
        "target-rel": catalogue.RELEASES,
        "type-id": catalogue.REQUIREMENT_TYPES,
        "parent-id": catalogue.TEST_FOLDERS,
    }
    if text not in known.get(field.name, {text: text}):
        raise not_found(f"{field.label} {text}")


def _number(field: Field, text: str) -> str:
    try:
        float(text)
    except ValueError:
        raise _wrong(field, text) from None
    return text


def _moment(field: Field, text: str) -> str:
    try:
        datetime.strptime(text, _FORMS[field.type])  # noqa: DTZ007 - ALM knows no zones
    except ValueError:
        raise _wrong(field, text) from None
    return text


def _wrong(field: Field, text: str) -> QcError:
    title = f"'{text}' does not fit the field '{field.label}'."
    return QcError(400, "invalid-value-type-for-field", title)


def _missing(field: Field) -> QcError:
    return QcError(400, "required-field-missing", f"The field '{field.label}' is required.")

"""What a field takes: each value as the server would keep it, or refused."""

from datetime import UTC, datetime
from typing import Any

from adapters.azure_devops.simulator.process import FIELDS, Person
from adapters.azure_devops.simulator.refusal import Refusal, refuse_field
from adapters.azure_devops.simulator.state import State

_FALSE, _TRUE = ("false", "0"), ("true", "1")


def kept(state: State, name: str, value: Any) -> Any:
    """None for what is empty."""
    field = FIELDS.get(name)
    if field is None:
        raise Refusal(400, "WorkItemFieldInvalidException", f"TF51535: Cannot find field {name}.")
    if field.read_only:
        raise refuse_field(name, "TF401326", f"Invalid field status 'ReadOnly' for field '{name}'.")
    if value is None or value == "":
        return None
    match field.type:
        case "identity":
            return _identity(state, name, value)
        case "tags":
            return _tags(str(value))
        case "integer" | "double":
            return _number(name, value)
        case "boolean":
            return _boolean(name, value)
        case "dateTime":
            return _moment(name, value)
        case "treePath":
            return _path(state, name, str(value))
    text = str(value)
    if "\x00" in text:
        raise refuse_field(name, "TF401320", f"Rule Error for field {name}. Invalid characters.")
    if field.type == "picklistString" and text not in field.values:
        raise _unlisted(name)
    return text


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
        return float(value) if "." in str(value) else int(value)
    except (TypeError, ValueError) as error:
        raise _mistyped(name) from error


def _boolean(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text not in (*_TRUE, *_FALSE):
        raise _mistyped(name)
    return text in _TRUE


def _moment(name: str, value: Any) -> str:
    """As it comes back: in UTC, without a fraction of zero."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise _mistyped(name) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    moment = moment.astimezone(UTC)
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def _path(state: State, name: str, value: str) -> str:
    known = state.areas if name == "System.AreaPath" else state.iterations
    for path in known:
        if path.casefold() == value.strip("\\").casefold():
            return path
    raise refuse_field(
        name, "TF401347", f"Invalid tree name given for work item -1, field '{name}'."
    )


def _tags(text: str) -> str | None:
    """Kept in order of the alphabet, once each whatever its case."""
    found: dict[str, str] = {}
    for tag in text.replace(",", ";").split(";"):
        if tag.strip():
            found.setdefault(tag.strip().casefold(), tag.strip())
    return "; ".join(sorted(found.values(), key=str.casefold)) or None


def _mistyped(name: str) -> Refusal:
    return refuse_field(name, "TF401320", f"Rule Error for field {name}. Error code: InvalidType.")


def _unlisted(name: str) -> Refusal:
    return refuse_field(
        name,
        "TF401320",
        f"Rule Error for field {FIELDS[name].label}. Error code: HasValues, LimitedToValues,"
        " InvalidListValue.",
    )
